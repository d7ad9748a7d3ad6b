import type { Trial } from './trial.ts';

/** Which settings of the recipe train a trial: `train` what is trained from its start, none what is only measured. */
export function trialPhase({
  from,
  retrain,
}: Pick<Trial, 'from' | 'retrain'>): 'train' | 'retrain' | undefined {
  if (from === undefined) return 'train';
  return retrain === false ? undefined : 'retrain';
}
