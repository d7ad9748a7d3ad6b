import type { ScheduleSettings } from '../../recipe/recipe.ts';
import type { Schedule } from '../schedule.ts';

/** rate * decay^floor(e / E): a fall every E epochs. */
export function stepDecay({
  rate,
  decay,
  decayEpochs,
}: Extract<ScheduleSettings, { readonly name: 'step-decay' }>): Schedule {
  return (_iteration, epoch) => rate * decay ** Math.floor(epoch / decayEpochs);
}

/** rate * decay^(t / N): a little at every one of an epoch's N iterations. */
export function exponential(
  { rate, decay }: Extract<ScheduleSettings, { readonly name: 'exponential' }>,
  iterationsPerEpoch: number,
): Schedule {
  return (iteration) => rate * decay ** (iteration / iterationsPerEpoch);
}
