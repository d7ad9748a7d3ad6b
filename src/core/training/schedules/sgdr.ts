import type { ScheduleSettings } from '../../recipe/recipe.ts';
import type { Schedule } from '../schedule.ts';

/**
 * SGDR, the cosine annealing with warm restarts of Loshchilov and Hutter (ICLR 2017): in a cycle of T epochs the rate
 * falls from the upper bound to the lower one as lower + (rate - lower) (1 + cos(pi t / T)) / 2, and the next cycle, from
 * the upper bound again, is `cycleGrowth` times as long. t counts parts of epochs, iteration by iteration.
 */
export function sgdr(
  { rate, lowerRate, cycleEpochs, cycleGrowth }: Extract<ScheduleSettings, { readonly name: 'sgdr' }>,
  iterationsPerEpoch: number,
): Schedule {
  return (iteration) => {
    // In iterations, whole numbers, so that a restart is met exactly.
    let cycle = cycleEpochs * iterationsPerEpoch;
    let left = cycleGrowth === 1 ? iteration % cycle : iteration;
    while (left >= cycle) {
      left -= cycle;
      cycle *= cycleGrowth;
    }
    return lowerRate + ((rate - lowerRate) * (1 + Math.cos((Math.PI * left) / cycle))) / 2;
  };
}
