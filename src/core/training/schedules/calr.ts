import type { ScheduleSettings } from '../../recipe/recipe.ts';
import type { Schedule } from '../schedule.ts';
import { stepSizeInIterations, triangleAt } from './stepSize.ts';

/** With this share of an epoch an annealing's first epoch reaches its peak and the next ones meet other phases. */
const autoShare = 0.65;

/**
 * CALR, the Cyclically Annealed Learning Rate (Acharya, Goel, Metallinou, Dhillon, AAAI 2019): a triangle between a
 * lower bound L = U0 * decay^D and an upper bound U = U0 * decay^(e mod (D + 1)) with a period of 2S iterations. In
 * every (D + 1)th epoch the bounds meet, and the next starts at U0 again; the rate jumps at an epoch's border.
 */
export function calr(
  { rate, decay, decayEpochs, stepSize }: Extract<ScheduleSettings, { readonly name: 'calr' }>,
  iterationsPerEpoch: number,
): Schedule {
  const size = stepSizeInIterations(stepSize, autoShare * iterationsPerEpoch);
  const lower = rate * decay ** decayEpochs;
  return (iteration, epoch) => {
    const upper = rate * decay ** (epoch % (decayEpochs + 1));
    return lower + (upper - lower) * triangleAt(iteration, size);
  };
}
