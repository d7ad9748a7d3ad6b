import type { TrialResult } from '../src/core/sweep/trial.ts';
import type { ModelRow } from './modelRows.ts';

/** Of a model's seeds, the one that stands for it where one checkpoint is wanted: the best on the validation set. */
export function bestTrial({ trials }: ModelRow, finished: readonly TrialResult[]): TrialResult | undefined {
  let best: TrialResult | undefined;
  for (const result of finished) {
    if (!trials.includes(result.trial)) continue;
    if (best === undefined || result.validationAccuracy > best.validationAccuracy) best = result;
  }
  return best;
}
