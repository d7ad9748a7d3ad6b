import type { ScheduleSettings } from '../recipe/recipe.ts';
import { calr } from './schedules/calr.ts';
import { exponential, stepDecay } from './schedules/decay.ts';
import { sgdr } from './schedules/sgdr.ts';
import { triangular } from './schedules/triangular.ts';

/**
 * The learning rate of a step.
 *
 * @param iteration from 0 in a phase (training, retraining), carried on at resume
 * @param epoch from 0 in the same phase
 */
export type Schedule = (iteration: number, epoch: number) => number;

/** @param iterationsPerEpoch of the phase */
export function createSchedule(settings: ScheduleSettings, iterationsPerEpoch: number): Schedule {
  const iterations = Math.max(1, iterationsPerEpoch);
  switch (settings.name) {
    case 'constant':
      return () => settings.rate;
    case 'step-decay':
      return stepDecay(settings);
    case 'exponential':
      return exponential(settings, iterations);
    case 'triangular':
    case 'triangular2':
    case 'exp-range':
      return triangular(settings, iterations);
    case 'sgdr':
      return sgdr(settings, iterations);
    case 'calr':
      return calr(settings, iterations);
  }
}
