import { stat } from 'node:fs/promises';
import type { SavedState } from '../sweep/runner.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/** Writes a training's state; the file is replaced at once, so that a kill leaves the old state or the new one. */
export async function saveState(path: string, state: SavedState): Promise<void> {
  await writeSafetensors(path, state.tensors, { state: JSON.stringify(state.meta) });
}

/** The state in that file, or undefined where there is none. */
export async function loadState(path: string): Promise<SavedState | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { tensors, metadata } = await readSafetensors(path);
  return { tensors, meta: JSON.parse(metadata.state ?? '{}') as Record<string, unknown> };
}
