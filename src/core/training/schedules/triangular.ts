import type { ScheduleSettings } from '../../recipe/recipe.ts';
import type { Schedule } from '../schedule.ts';
import { stepSizeInIterations, triangleAt } from './stepSize.ts';

/**
 * CLR, the cyclical learning rates of Smith (WACV 2017): a triangle between two bounds, with a period of 2S iterations.
 * Its height stays (`triangular`), halves after each cycle (`triangular2`), or falls as gamma^t (`exp-range`, Smith's
 * exp_range), with gamma = decay^(1/N) for the N iterations of an epoch. `auto` makes S an epoch.
 */
export function triangular(
  settings: Extract<ScheduleSettings, { readonly name: 'triangular' | 'triangular2' | 'exp-range' }>,
  iterationsPerEpoch: number,
): Schedule {
  const { rate, lowerRate } = settings;
  const size = stepSizeInIterations(settings.stepSize, iterationsPerEpoch);
  const share = (iteration: number): number => {
    switch (settings.name) {
      case 'triangular':
        return 1;
      case 'triangular2':
        return 0.5 ** Math.floor(iteration / (2 * size));
      case 'exp-range':
        return settings.decay ** (iteration / iterationsPerEpoch);
    }
  };
  return (iteration) => lowerRate + (rate - lowerRate) * share(iteration) * triangleAt(iteration, size);
}
