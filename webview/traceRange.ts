import type { PlannedRates } from '../src/core/training/plannedRates.ts';
import type { Trace } from './runModel.ts';

/** A stretch of steps. */
export interface StepRange {
  readonly min: number;
  readonly max: number;
}

/** Fewer steps than this are no curve. */
export const FEWEST_STEPS = 10;

/** Where a training ends: where it is planned to, or at the trace's last step or the end of the epoch that this closes. */
export function endOf(trace: Trace | undefined, planned?: PlannedRates): number {
  const { epochs, iterations } = planned ?? { epochs: 0, iterations: 0 };
  return Math.max(epochs * iterations, trace?.steps.at(-1) ?? 0, trace?.evaluations.at(-1)?.step ?? 0);
}

/**
 * A stretch made `factor` times as long, within 0 to `last`; what lies at the share `at` of it stays where it is.
 * All there is comes out as undefined, so that it grows with the run.
 */
export function zoomedRange(
  range: StepRange | undefined,
  last: number,
  factor: number,
  at = 0.5,
): StepRange | undefined {
  const { min, max } = range ?? { min: 0, max: last };
  const length = Math.max((max - min) * factor, Math.min(FEWEST_STEPS, last));
  return within(min + (max - min - length) * at, length, last);
}

/** A stretch moved by a share of its length, as far as there are steps. */
export function movedRange(range: StepRange | undefined, last: number, share: number): StepRange | undefined {
  if (range === undefined) return undefined;
  const length = range.max - range.min;
  return within(range.min + share * length, length, last);
}

/** Which of rising steps lie in a stretch, with one more on either side, so that the curve reaches the edges. */
export function visibleSteps(steps: readonly number[], range: StepRange | undefined): [number, number] {
  if (range === undefined) return [0, steps.length];
  return [
    Math.max(0, firstFrom(steps, range.min) - 1),
    Math.min(steps.length, firstFrom(steps, range.max) + 1),
  ];
}

/** The place of the step nearest to a value; 0 where there is none. */
export function nearestStep(steps: readonly number[], value: number): number {
  const after = firstFrom(steps, value);
  const before = after - 1;
  if (after >= steps.length) return Math.max(0, before);
  if (before < 0) return after;
  return value - (steps[before] ?? 0) < (steps[after] ?? 0) - value ? before : after;
}

function within(min: number, length: number, last: number): StepRange | undefined {
  if (length >= last) return undefined;
  const from = Math.min(Math.max(0, min), last - length);
  return { min: from, max: from + length };
}

/** By halves: the place of the first step that is not below a value. */
function firstFrom(steps: readonly number[], value: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Steps in a range at which the ends of epochs are marked: every one, or every 2nd, 5th, 10th, 20th and so on, so that
 * at most `most` are.
 * @param epochOf the epochs, from 1 on, by the steps at which they end
 */
export function epochTicks(
  epochOf: ReadonlyMap<number, number>,
  { min, max }: StepRange,
  most: number,
): number[] {
  const shown = [...epochOf].filter(([step]) => step >= min && step <= max);
  const every = roundInterval(shown.length / Math.max(1, most));
  return shown.filter(([, epoch]) => epoch % every === 0).map(([step]) => step);
}

/** The least of 1, 2, 5, 10, 20, 50, … that is not below a number. */
function roundInterval(least: number): number {
  let power = 1;
  while (power * 10 < least) power *= 10;
  return power * ([1, 2, 5].find((factor) => power * factor >= least) ?? 10);
}
