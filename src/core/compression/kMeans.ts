import type { Workspace } from '../engine/workspace.ts';
import type { Random } from '../random.ts';

/** Centroids of a panel, as kernels/nearest.ts has them. */
const panel = 4;
const mostIterations = 25;
/** Share of the distortion below which an iteration's gain is none. */
const negligible = 1e-4;
/** Rows, for each centroid, among which the first centroids are drawn. */
const candidates = 16;

/**
 * The nearest of the centroids to each row, by its number.
 *
 * @param workspace begun anew
 * @param rows count x width, row-major
 * @param centroids K x width
 */
export function nearest(
  workspace: Workspace,
  rows: Float32Array,
  width: number,
  centroids: Float32Array,
): Int32Array {
  const K = centroids.length / width;
  const count = rows.length / width;
  const panels = Math.ceil(K / panel);
  const stride = panel * (1 + width);
  workspace.begin();
  const points = workspace.matrix(count, width);
  const packed = workspace.matrix(panels, stride);
  const codes = workspace.matrix(1, count);
  points.data.set(rows);
  const into = packed.data;
  for (let c = 0; c < panels * panel; c++) {
    const at = Math.floor(c / panel) * stride + (c % panel);
    let square = 0;
    for (let j = 0; j < width; j++) {
      const value = c < K ? centroids[c * width + j]! : 0;
      square += value * value;
      into[at + panel * (j + 1)] = value;
    }
    // What fills a panel up is farther than everything.
    into[at] = c < K ? square / 2 : Infinity;
  }
  workspace.kernels.nearest(points.at, width, count, packed.at, panels, codes.at);
  return new Int32Array(workspace.buffer, codes.at, count).slice();
}

/** `most` of the rows, drawn; the very same where there are no more. */
export function sampleOf(rows: Float32Array, width: number, most: number, random: Random): Float32Array {
  const count = rows.length / width;
  if (count <= most) return rows;
  const sample = new Float32Array(most * width);
  random
    .permutation(count)
    .subarray(0, most)
    .forEach((row, i) => {
      sample.set(rows.subarray(row * width, (row + 1) * width), i * width);
    });
  return sample;
}

/**
 * K centroids with a small sum of squared distances to the rows: Lloyd's iteration from starts that are drawn by
 * k-means++ (Arthur and Vassilvitskii, 2007; its greedy form, as in scikit-learn) among a sample of the rows. A centroid that no row is nearest to moves to
 * the row that is farthest from its own.
 *
 * @param rows count x width, row-major, finite, one at least
 * @returns K x width
 */
export function kMeans(
  workspace: Workspace,
  rows: Float32Array,
  width: number,
  K: number,
  random: Random,
): Float32Array {
  const centroids = starts(rows, width, K, random);
  const count = rows.length / width;
  const distances = new Float64Array(count);
  let before = Infinity;
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    const codes = nearest(workspace, rows, width, centroids);
    let distortion = 0;
    for (let r = 0; r < count; r++) {
      const distance = squaredDistance(rows, r * width, centroids, codes[r]! * width, width);
      distances[r] = distance;
      distortion += distance;
    }
    if (distortion >= before * (1 - negligible)) break;
    before = distortion;
    moveToMeans(rows, width, codes, centroids, distances);
  }
  return centroids;
}

function moveToMeans(
  rows: Float32Array,
  width: number,
  codes: Int32Array,
  centroids: Float32Array,
  distances: Float64Array,
): void {
  const sums = new Float64Array(centroids.length);
  const counts = new Int32Array(centroids.length / width);
  for (let r = 0; r < codes.length; r++) {
    const code = codes[r]!;
    counts[code]!++;
    for (let j = 0; j < width; j++) sums[code * width + j]! += rows[r * width + j]!;
  }
  for (let c = 0; c < counts.length; c++) {
    const members = counts[c]!;
    if (members > 0) {
      for (let j = 0; j < width; j++) centroids[c * width + j] = sums[c * width + j]! / members;
      continue;
    }
    let farthest = 0;
    for (let r = 1; r < distances.length; r++) if (distances[r]! > distances[farthest]!) farthest = r;
    if (distances[farthest]! <= 0) continue;
    distances[farthest] = 0;
    centroids.set(rows.subarray(farthest * width, (farthest + 1) * width), c * width);
  }
}

/** Each drawn a few times, in proportion to the squared distance to those before it, and the best of these taken. */
function starts(rows: Float32Array, width: number, K: number, random: Random): Float32Array {
  const points = sampleOf(rows, width, candidates * K, random);
  const count = points.length / width;
  const trials = 2 + Math.floor(Math.log(K));
  const centroids = new Float32Array(K * width);
  let distances = new Float64Array(count).fill(1);
  let tried = new Float64Array(count);
  let best = new Float64Array(count);
  for (let c = 0; c < K; c++) {
    let least = Infinity;
    for (let trial = 0; trial < (c === 0 ? 1 : trials); trial++) {
      const row = drawn(distances, random) * width;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const distance = squaredDistance(points, i * width, points, row, width);
        sum += tried[i] = c === 0 ? distance : Math.min(distance, distances[i]!);
      }
      if (sum >= least) continue;
      least = sum;
      [tried, best] = [best, tried];
      centroids.set(points.subarray(row, row + width), c * width);
    }
    [distances, best] = [best, distances];
  }
  return centroids;
}

/** A number drawn in proportion to the weights; any where they are all 0. */
function drawn(weights: Float64Array, random: Random): number {
  let total = 0;
  for (const weight of weights) total += weight;
  if (total === 0) return random.integer(weights.length);
  let left = random.uniform() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    left -= weights[i]!;
    if (left < 0) break;
  }
  return last;
}

function squaredDistance(a: Float32Array, atA: number, b: Float32Array, atB: number, width: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) {
    const difference = a[atA + j]! - b[atB + j]!;
    sum += difference * difference;
  }
  return sum;
}
