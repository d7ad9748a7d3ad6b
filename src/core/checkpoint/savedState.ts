import { stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { parseJson } from '../parseJson.ts';
import type { SavedState } from '../sweep/runner.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/** Writes a training's state; the file is replaced at once, so that a kill leaves the old state or the new one. */
export async function saveState(path: string, state: SavedState): Promise<void> {
  await writeSafetensors(path, state.tensors, { state: JSON.stringify(state.meta) });
}

/**
 * The state in that file, or undefined where there is none.
 * @throws UserError for a file that is no whole state.
 */
export async function loadState(path: string): Promise<SavedState | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { tensors, metadata } = await readSafetensors(path);
  return { tensors, meta: parseMeta(metadata.state, path) };
}

function parseMeta(text: string | undefined, path: string): Record<string, unknown> {
  try {
    const meta: unknown = parseJson(text ?? '');
    if (typeof meta === 'object' && meta !== null && !Array.isArray(meta))
      return meta as Record<string, unknown>;
  } catch {
    // Reported below, with everything else that is no object.
  }
  throw new UserError(
    'no-training-state',
    'The file holds no state of a training.',
    'Delete it; the trial then starts from its beginning.',
    { file: path, item: 'state' },
  );
}
