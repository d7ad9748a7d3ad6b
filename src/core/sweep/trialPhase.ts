import type { Trial } from './trial.ts';

/** Which settings of the recipe train a trial: `train` what is trained from its start, none what is only measured. */
export function trialPhase({
  kind,
  from,
  retrain,
}: Pick<Trial, 'kind' | 'from' | 'retrain'>): 'train' | 'retrain' | undefined {
  if (kind === 'baseline' || (kind === 'point' && from === undefined)) return 'train';
  return retrain === false ? undefined : 'retrain';
}
