import type { Tensor } from '../checkpoint/checkpoint.ts';
import { newKernels } from '../engine/kernels.ts';
import { Workspace } from '../engine/workspace.ts';
import type { Random } from '../random.ts';
import type { Parts, ProductQuantizationCoding } from './coding.ts';
import type { Steps } from './inSteps.ts';
import { keptRows, lengthsOf, mostWorth } from './keptRows.ts';
import { kMeans, nearest, sampleOf } from './kMeans.ts';

/** Of the codebook of the norms, as fastText has it. */
export const normLevels = 256;
/** Rows from which centroids are learned at most: 256 for each of 256. */
const sampleRows = 65_536;

/**
 * Learns the centroids and finds the codes, a sub-vector a step.
 *
 * @param matrix m x n, finite
 * @param worth of each row, by which rows are chosen that keep codes; by default their length
 */
export function* quantizeSubvectors(
  { data, shape }: Tensor,
  { subvector, centroids, norm, words, unknown }: ProductQuantizationCoding,
  random: Random,
  worth?: Float64Array,
): Steps<Parts> {
  const [rows = 0, n = 0] = shape;
  const workspace = new Workspace(newKernels());
  const lengths = lengthsOf(data, rows, n);
  const chosen = mostWorth(worth ?? lengths, lengths, keptRows(rows, words), unknown);
  const kept = chosen.length;
  const vectors = new Float32Array(kept * n);
  chosen.forEach((row, i) => {
    const scale = norm && lengths[row]! > 0 ? 1 / lengths[row]! : 1;
    for (let j = 0; j < n; j++) vectors[i * n + j] = data[row * n + j]! * scale;
  });

  const places = Math.ceil(n / subvector);
  const codes = new Float32Array(kept * places);
  const codebooks = new Float32Array(centroids * n);
  for (let place = 0; place < places; place++) {
    const first = place * subvector;
    const width = Math.min(subvector, n - first);
    const parts = columnsOf(vectors, n, first, width);
    const sample = sampleOf(parts, width, sampleRows, random);
    const found = kMeans(workspace, sample, width, centroids, random);
    nearest(workspace, parts, width, found).forEach((code, i) => (codes[i * places + place] = code));
    for (let c = 0; c < centroids; c++) {
      codebooks.set(found.subarray(c * width, (c + 1) * width), c * n + first);
    }
    yield;
  }

  const result = new Map<string, Tensor>([
    ['codes', { shape: [kept, places], data: codes }],
    ['centroids', { shape: [centroids, n], data: codebooks }],
  ]);
  if (norm) {
    const gains = bestLengths({ data, n, chosen, codes, codebooks, subvector });
    const mean = gains.reduce((a, b) => a + b, 0) / kept || 1;
    gains.forEach((gain, i) => (gains[i] = gain / mean));
    codebooks.forEach((value, i) => (codebooks[i] = value * mean));
    const norms = kMeans(workspace, gains, 1, normLevels, random);
    const normCodes = Float32Array.from(nearest(workspace, gains, 1, norms));
    result.set('norms', { shape: [normLevels], data: norms });
    result.set('normCodes', { shape: [kept], data: normCodes });
  }
  if (words < 1) {
    const bitmap = new Float32Array(rows);
    chosen.forEach((row) => (bitmap[row] = 1));
    result.set('kept', { shape: [rows], data: bitmap });
  }
  return result;
}

function columnsOf(data: Float32Array, n: number, first: number, width: number): Float32Array {
  const count = data.length / n;
  const columns = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < width; j++) columns[i * width + j] = data[i * n + first + j]!;
  }
  return columns;
}

/** <x, c> / <c, c> of each kept row x and the centroids c it is coded by. */
function bestLengths({
  data,
  n,
  chosen,
  codes,
  codebooks,
  subvector,
}: {
  readonly data: Float32Array;
  readonly n: number;
  readonly chosen: Uint32Array;
  readonly codes: Float32Array;
  readonly codebooks: Float32Array;
  readonly subvector: number;
}): Float32Array {
  const places = Math.ceil(n / subvector);
  return Float32Array.from(chosen, (row, i) => {
    let product = 0;
    let square = 0;
    for (let j = 0; j < n; j++) {
      const value = codebooks[codes[i * places + Math.floor(j / subvector)]! * n + j]!;
      product += data[row * n + j]! * value;
      square += value * value;
    }
    return square === 0 ? 0 : product / square;
  });
}
