import type { ScheduleSettings } from '../recipe/recipe.ts';

/**
 * The learning rate of a step.
 *
 * @param iteration from 0 in a phase (training, retraining), carried on at resume
 * @param epoch from 0 in the same phase
 */
export type Schedule = (iteration: number, epoch: number) => number;

/** The authors' step size in iterations; they train on SST's phrases, about 1,540 iterations an epoch. */
const paperStepSize = 1000;

/**
 * A constant rate, or CALR, the Cyclically Annealed Learning Rate (Acharya, Goel, Metallinou, Dhillon, AAAI
 * 2019): a triangle between a lower bound L = U0 * decay^D and an upper bound U = U0 * decay^(e mod (D + 1))
 * with a period of 2S iterations. In every (D + 1)th epoch the bounds meet, and the next starts at U0 again;
 * the rate jumps at an epoch's border.
 *
 * @param iterationsPerEpoch of the phase, for `stepSize: auto`
 */
export function createSchedule(settings: ScheduleSettings, iterationsPerEpoch: number): Schedule {
  if (settings.name === 'constant') return () => settings.rate;

  const { rate, decay, decayEpochs } = settings;
  const stepSize = stepSizeInIterations(settings.stepSize, iterationsPerEpoch);
  const lower = rate * decay ** decayEpochs;
  return (iteration, epoch) => {
    const upper = rate * decay ** (epoch % (decayEpochs + 1));
    const phase = (iteration % (2 * stepSize)) / stepSize;
    return lower + (upper - lower) * (phase < 1 ? phase : 2 - phase);
  };
}

function stepSizeInIterations(stepSize: 'auto' | 'paper' | number, iterationsPerEpoch: number): number {
  if (stepSize === 'paper') return paperStepSize;
  // With 0.65 of an epoch an annealing's first epoch reaches its peak and the next ones meet other phases.
  if (stepSize === 'auto') return Math.max(1, Math.round(0.65 * iterationsPerEpoch));
  return stepSize;
}
