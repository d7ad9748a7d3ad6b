/** A measured quantity at one size. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The exponent with which y grows with x: the least squares' slope in log-log over the upper half of the sizes (in
 * logarithms), where what does not grow matters least.
 */
export function slopeOf(points: readonly Point[]): number {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const middle = Math.sqrt((sorted[0]?.x ?? NaN) * (sorted.at(-1)?.x ?? NaN));
  const first = sorted.findIndex(({ x }) => x >= middle * (1 - 1e-9));
  const upper = sorted.slice(Math.min(first, sorted.length - 2));
  const logs = upper.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (of: (point: Point) => number): number =>
    logs.reduce((sum, p) => sum + of(p), 0) / logs.length;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const covariance = mean(({ x, y }) => (x - mx) * (y - my));
  return covariance / mean(({ x }) => (x - mx) ** 2);
}
