import type { ModelSpec } from '../core/checkpoint/checkpoint.ts';
import { layerCosts, specOfPoint, totalCost } from '../core/cost/cost.ts';
import type { Trial } from '../core/sweep/trial.ts';
import { checkDisk, checkpointBytes, copiesInState } from './diskNeed.ts';
import { modelName } from './finishedModels.ts';

/**
 * Finds out before the first trial whether all that the run will write fits the disk.
 *
 * @param finished trials that have written theirs
 * @param models the folder of the finished models
 * @throws UserError `disk-full`
 */
export async function checkRoom(
  run: PlannedFiles & { readonly runFolder: string; readonly models: string },
): Promise<void> {
  const { checkpoints, models } = bytesToWrite(run);
  await checkDisk([
    { folder: run.runFolder, bytes: checkpoints },
    { folder: run.models, bytes: models },
  ]);
}

export interface PlannedFiles {
  readonly trials: readonly Trial[];
  readonly finished: ReadonlySet<string>;
  /** The uncompressed model's. */
  readonly spec: ModelSpec;
  readonly meanLength: number;
  readonly jobs: number;
  /** Whether the points are a search's candidates, whose states wait for the next round, and of which one is written. */
  readonly isSearch: boolean;
}

/** Bytes of the checkpoints, at most, and of the finished models. */
export function bytesToWrite({ trials, finished, spec, meanLength, jobs, isSearch }: PlannedFiles): {
  readonly checkpoints: number;
  readonly models: number;
} {
  const bytesOf = (trial: Partial<Trial>): number =>
    totalCost(layerCosts(specOfPoint(spec, trial), meanLength)).storageBytes;
  const trialBytes = trials.filter(({ id }) => !finished.has(id)).map(bytesOf);
  const finishedBytes = new Map(trials.map((trial) => [modelName(trial), bytesOf(trial)]));
  // A control's.
  finishedBytes.delete(undefined);
  const sizes = [...finishedBytes.values()];
  const points = trials.filter(({ kind }) => kind === 'point');
  // What is trained has no coding yet. Half of the candidates are retrained.
  const states = points
    .map(({ coding: _coding, ...point }) => copiesInState * bytesOf(point))
    .sort((a, b) => b - a);
  return {
    checkpoints:
      checkpointBytes({ modelBytes: bytesOf({}), trialBytes, jobs }) +
      (isSearch ? sum(states.slice(0, Math.ceil(states.length / 2))) : 0),
    models: isSearch ? bytesOf({}) + Math.max(0, ...points.map(bytesOf)) : sum(sizes),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
