import type { RateBounds } from '../report/reports.ts';

/** Of the steps, on either side of the one whose loss is smoothed. */
const smoothingShare = 1 / 30;
/** Of the steps, in which the rate is too low to move anything. */
const restingShare = 1 / 10;
/** Of the loss's fall: where it counts as begun and as done. */
const [begun, done] = [0.1, 0.9];
/** Standard errors of the smoothed loss at rest; a fall or a rise of fewer is chance. */
const leastChange = 4;
/** Of the loss's fall: where it has risen by so much again, what it does later counts no more. */
const turn = 0.25;

/**
 * The bounds for a cyclical rate from a range test (Smith, WACV 2017, section 3.3): the rate at which the loss begins to
 * fall, and the one at which it has all but stopped falling, before it becomes ragged and rises.
 *
 * @param rates rising
 * @param losses one a rate, each finite
 * @returns undefined where the loss does not fall more than by chance
 */
export function rateBounds(rates: readonly number[], losses: readonly number[]): RateBounds | undefined {
  const reach = Math.max(1, Math.round(smoothingShare * losses.length));
  const smooth = losses.map((_, i) => mean(losses.slice(Math.max(0, i - reach), i + reach + 1)));
  const resting = losses.slice(0, Math.max(3, Math.round(restingShare * losses.length)));
  const rest = mean(resting);
  const spread = Math.sqrt(mean(resting.map((loss) => (loss - rest) ** 2)));
  const chance = (leastChange * spread) / Math.sqrt(2 * reach + 1);
  let lowest = 0;
  for (const [i, loss] of smooth.entries()) {
    if (loss < smooth[lowest]!) lowest = i;
    const fallen = rest - smooth[lowest]!;
    if (fallen > chance && loss - smooth[lowest]! > Math.max(chance, turn * fallen)) break;
  }
  const fall = rest - (smooth[lowest] ?? rest);
  // Not so for NaN, which no losses at all give.
  if (lowest < resting.length || !(fall > chance)) return undefined;
  /** The first of the steps up to the lowest loss from which on the loss has fallen by the share. */
  const rateOf = (share: number): number => {
    let i = lowest;
    while (i > 0 && rest - smooth[i - 1]! >= share * fall) i--;
    return Number(rates[i]!.toPrecision(2));
  };
  return { lower: rateOf(begun), upper: rateOf(done) };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
