export interface XY {
  readonly x: number;
  readonly y: number;
}

/**
 * Thins a curve to at most `limit` points (at least 4) and keeps its shape: the first and the last point stay,
 * and of each of the equal stretches between them the lowest and the highest, so that no peak is lost.
 */
export function decimate(xs: readonly number[], ys: readonly number[], limit: number): XY[] {
  const length = Math.min(xs.length, ys.length);
  const at = (i: number): XY => ({ x: xs[i] ?? NaN, y: ys[i] ?? NaN });
  if (length <= limit) return Array.from({ length }, (_, i) => at(i));

  const stretches = Math.floor((limit - 2) / 2);
  const kept = [at(0)];
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = 1 + Math.floor((stretch * (length - 2)) / stretches);
    const to = 1 + Math.floor(((stretch + 1) * (length - 2)) / stretches);
    let lowest = from;
    let highest = from;
    for (let i = from + 1; i < to; i++) {
      if (at(i).y < at(lowest).y) lowest = i;
      if (at(i).y > at(highest).y) highest = i;
    }
    kept.push(at(Math.min(lowest, highest)));
    if (lowest !== highest) kept.push(at(Math.max(lowest, highest)));
  }
  kept.push(at(length - 1));
  return kept;
}
