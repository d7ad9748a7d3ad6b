/** Far more than are needed: each lowers the error. */
const mostIterations = 200;

/**
 * Centroids of single values by Lloyd's iteration, from a start that is spread evenly over their range, which keeps the
 * few large values that matter (Han et al., ICLR 2016, section 3.2). One that no value is nearest to stays where it is.
 *
 * @param values finite, one at least
 * @param count of centroids, 1 at least
 * @returns ascending
 */
export function linearKMeans(values: Float32Array, count: number): Float32Array {
  const sorted = values.slice().sort();
  const sums = new Float64Array(sorted.length + 1);
  sorted.forEach((value, i) => (sums[i + 1] = sums[i]! + value));
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const centroids = Float32Array.from({ length: count }, (_, c) =>
    count === 1 ? (low + high) / 2 : low + ((high - low) * c) / (count - 1),
  );
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    let moved = false;
    for (let c = 0, from = 0; c < count; c++) {
      const to =
        c + 1 < count ? firstAbove(sorted, (centroids[c]! + centroids[c + 1]!) / 2, from) : sorted.length;
      if (to > from) {
        const mean = Math.fround((sums[to]! - sums[from]!) / (to - from));
        moved ||= mean !== centroids[c];
        centroids[c] = mean;
      }
      from = to;
    }
    if (!moved) break;
  }
  return centroids;
}

/** The place of the nearest of ascending centroids, the first of equals. */
export function nearestOf(centroids: Float32Array, value: number): number {
  let [low, high] = [0, centroids.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (centroids[middle]! + centroids[middle + 1]!) / 2) high = middle;
    else low = middle + 1;
  }
  return low;
}

function firstAbove(sorted: Float32Array, bound: number, from: number): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
