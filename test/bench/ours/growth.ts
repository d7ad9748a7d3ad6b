import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecipe } from '../../../src/core/recipe/readRecipe.ts';
import { planTrials } from '../../../src/core/sweep/plan.ts';
import { createTrialRunner } from '../../../src/core/sweep/sweepRunner.ts';
import { createTrialStorage } from '../../../src/process/trialStorage.ts';
import type { Measures } from '../lineWorker.ts';

export interface GrowthRequest {
  readonly recipe: string;
  /** For the data and the checkpoints. */
  readonly folder: string;
}

/**
 * Does what a run's worker does, one trial after the other: reads the data, trains, compresses, retrains, reports. Gives
 * the processor's seconds of each, which a busy machine lengthens little, and the largest resident set so far.
 */
export async function growth({ recipe: path, folder }: GrowthRequest): Promise<Measures> {
  const recipe = await readRecipe(path);
  const clock = processorClock();
  const runner = createTrialRunner({ recipe, engine: 'wasm', dataFolder: join(folder, 'data') });
  const { spec } = await runner.prepare();
  const reading = clock();
  const { trials } = planTrials(recipe, spec.embedding.rows, spec.embedding.dimension);
  const [baseline, point] = ['baseline', 'point'].map((kind) => trials.find((trial) => trial.kind === kind));
  if (baseline === undefined || point === undefined) throw new Error('The recipe compresses.');
  const storage = createTrialStorage(folder);
  await runner.run(baseline, storage, () => undefined);
  const training = clock();
  let compressing = 0;
  await runner.run(point, storage, ({ type }) => {
    // Of the factorized model before its retraining.
    if (type === 'evaluation') compressing = clock();
  });
  const retraining = clock();
  await runner.report(point, storage);
  const testing = clock();
  runner.dispose();
  return { reading, training, compressing, retraining, testing, megabytes: peakBytes() / 1e6 };
}

/** The processor's seconds since the last call. */
function processorClock(): () => number {
  let before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    return (user + system) / 1e6;
  };
}

function peakBytes(): number {
  return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? NaN);
}
