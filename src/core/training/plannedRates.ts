import type { TrainingSettings } from '../recipe/recipe.ts';
import { decimate, type XY } from '../report/decimate.ts';
import { trainingBatchCount } from '../text/batches.ts';
import { createSchedule } from './schedule.ts';

/** The learning rates of a phase, known before its first step. */
export interface PlannedRates {
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly iterations: number;
  /** Learning rate (y) of steps (x), thinned out where there are many. */
  readonly rates: readonly XY[];
}

/** More points than this a wide chart cannot show. */
const mostPoints = 1000;

/**
 * @param sentences to train on, 1 at least
 * @returns undefined where nothing is trained in 0 epochs
 */
export function plannedRates(
  { epochs, batchSize, schedule }: TrainingSettings,
  sentences: number,
): PlannedRates | undefined {
  if (epochs === 0) return undefined;
  const iterations = trainingBatchCount(sentences, batchSize);
  const rateAt = createSchedule(schedule, iterations);
  const steps = Array.from({ length: epochs * iterations }, (_, step) => step);
  const rates = steps.map((step) => rateAt(step, Math.floor(step / iterations)));
  return { epochs, iterations, rates: decimate(steps, rates, mostPoints) };
}
