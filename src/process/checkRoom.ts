import type { ModelSpec } from '../core/checkpoint/checkpoint.ts';
import { layerCosts, specOfPoint, totalCost } from '../core/cost/cost.ts';
import type { Trial } from '../core/sweep/trial.ts';
import { checkDisk, checkpointBytes } from './diskNeed.ts';
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
}

/** Bytes of the checkpoints, at most, and of the finished models. */
export function bytesToWrite({ trials, finished, spec, meanLength, jobs }: PlannedFiles): {
  readonly checkpoints: number;
  readonly models: number;
} {
  const bytesOf = (trial: Partial<Trial>): number =>
    totalCost(layerCosts(specOfPoint(spec, trial), meanLength)).storageBytes;
  const trialBytes = trials.filter(({ id }) => !finished.has(id)).map(bytesOf);
  const finishedBytes = new Map(trials.map((trial) => [modelName(trial), bytesOf(trial)]));
  // A control's.
  finishedBytes.delete(undefined);
  return {
    checkpoints: checkpointBytes({ modelBytes: bytesOf({}), trialBytes, jobs }),
    models: [...finishedBytes.values()].reduce((a, b) => a + b, 0),
  };
}
