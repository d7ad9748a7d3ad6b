import type { StepSize } from '../../recipe/recipe.ts';

/** The CALR authors' step size in iterations; they train on SST's phrases, about 1,540 iterations an epoch. */
const paperStepSize = 1000;

/** @param auto iterations where the recipe leaves it to the schedule */
export function stepSizeInIterations(stepSize: StepSize, auto: number): number {
  if (stepSize === 'paper') return paperStepSize;
  return stepSize === 'auto' ? Math.max(1, Math.round(auto)) : stepSize;
}

/** The triangle wave of a cycle of two steps: 0 at its start, 1 in its middle. */
export function triangleAt(iteration: number, stepSize: number): number {
  const phase = (iteration % (2 * stepSize)) / stepSize;
  return phase < 1 ? phase : 2 - phase;
}
