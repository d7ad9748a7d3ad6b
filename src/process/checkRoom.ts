import type { ModelSpec } from '../core/checkpoint/checkpoint.ts';
import { layerCosts, specOfPoint, totalCost } from '../core/cost/cost.ts';
import type { PlannedSearch } from '../core/sweep/plan.ts';
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
  /** Their trials' states wait for the next round, and of the points that `models` has tried one is written. */
  readonly searched: readonly PlannedSearch[];
}

/** Bytes of the checkpoints, at most, and of the finished models. */
export function bytesToWrite({ trials, finished, spec, meanLength, jobs, searched }: PlannedFiles): {
  readonly checkpoints: number;
  readonly models: number;
} {
  const bytesOf = (trial: Partial<Trial>): number =>
    totalCost(layerCosts(specOfPoint(spec, trial), meanLength)).storageBytes;
  const trialBytes = trials.filter(({ id }) => !finished.has(id)).map(bytesOf);
  const finishedBytes = new Map(trials.map((trial) => [modelName(trial), bytesOf(trial)]));
  // A control's, and what is no model to keep.
  finishedBytes.delete(undefined);
  // What is trained has no coding yet.
  const stateBytes = ({ coding: _coding, ...trial }: Trial): number => copiesInState * bytesOf(trial);
  const states = searched.map(({ trials: among, rungs }) => {
    // Of those that are measured first half are trained.
    const count = Math.ceil(among.length / (rungs[0] === 0 ? 2 : 1));
    return sum(
      among
        .map(stateBytes)
        .sort((a, b) => b - a)
        .slice(0, count),
    );
  });
  const models = searched.find(({ name }) => name === 'models')?.trials ?? [];
  return {
    checkpoints: checkpointBytes({ modelBytes: bytesOf({}), trialBytes, jobs }) + Math.max(0, ...states),
    models:
      models.length === 0 ? sum([...finishedBytes.values()]) : bytesOf({}) + Math.max(...models.map(bytesOf)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
