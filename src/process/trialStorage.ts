import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoint, readModel, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { loadState, saveState } from '../core/checkpoint/savedState.ts';
import type { TrialStorage } from '../core/sweep/runner.ts';
import { runPaths } from './runFolder.ts';

/** The checkpoint of a trial's best epoch. */
export function bestFolder(runFolder: string, trial: string): string {
  return join(runPaths(runFolder).checkpoints, trial, 'best');
}

function statePath(runFolder: string, trial: string): string {
  return join(runPaths(runFolder).checkpoints, trial, 'last.safetensors');
}

/** `checkpoints/TRIAL/last.safetensors` and `checkpoints/TRIAL/best/`. */
export function createTrialStorage(runFolder: string): TrialStorage {
  return {
    loadState: (trial) => loadState(statePath(runFolder, trial)),
    async saveState(trial, state) {
      await mkdir(join(runPaths(runFolder).checkpoints, trial), { recursive: true });
      await saveState(statePath(runFolder, trial), state);
    },
    loadBest: (trial) => readCheckpoint(bestFolder(runFolder, trial)),
    loadBestModel: (trial) => readModel(bestFolder(runFolder, trial)),
    async saveBest(trial, checkpoint) {
      await mkdir(join(runPaths(runFolder).checkpoints, trial), { recursive: true });
      await writeCheckpoint(bestFolder(runFolder, trial), checkpoint);
    },
  };
}

/** Drops what only a trial that goes on needs: the last weights and their moments. */
export async function dropState(runFolder: string, trial: string): Promise<void> {
  await rm(statePath(runFolder, trial), { force: true });
}
