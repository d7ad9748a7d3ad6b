import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../core/errors.ts';

export interface CheckpointNeed {
  /** Bytes of the uncompressed model's weights. */
  readonly modelBytes: number;
  /** Bytes of the weights of each trial that is still to run. */
  readonly trialBytes: readonly number[];
  readonly jobs: number;
}

/** Weights and two moments of each weight. */
export const copiesInState = 3;
/** A state is replaced by a whole one, so that both are there for a moment. */
const whileReplacing = 2;

/** Bytes of checkpoints at most: a state for each trial under way, and the best weights of each. */
export function checkpointBytes({ modelBytes, trialBytes, jobs }: CheckpointNeed): number {
  const underWay = Math.min(jobs, trialBytes.length) * modelBytes * (copiesInState * whileReplacing + 1);
  return underWay + trialBytes.reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * @param needs bytes to be written below each folder, which need not exist yet
 * @throws UserError `disk-full` where a disk has less room than what goes to it
 */
export async function checkDisk(
  needs: readonly { readonly folder: string; readonly bytes: number }[],
): Promise<void> {
  const disks = new Map<number, { folder: string; bytes: number }>();
  for (const { folder, bytes } of needs) {
    const { path, device } = await existing(folder);
    disks.set(device, { folder: path, bytes: bytes + (disks.get(device)?.bytes ?? 0) });
  }
  for (const { folder, bytes } of disks.values()) {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    if (bytes <= free) continue;
    throw new UserError(
      'disk-full',
      `The run writes up to ${megabytes(bytes)}, and ${megabytes(free)} of disk are free.`,
      'Free some space, or try fewer ranks, seeds or jobs.',
      { file: folder },
    );
  }
}

/** The folder, or the nearest one above it that exists. */
async function existing(folder: string): Promise<{ readonly path: string; readonly device: number }> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) return { path, device: found.dev };
    if (path === dirname(path)) throw new Error(`No folder above ${folder} exists.`);
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en-US')} MB`;
}
