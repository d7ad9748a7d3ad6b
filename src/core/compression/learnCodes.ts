import type { Tensor } from '../checkpoint/checkpoint.ts';
import { newKernels } from '../engine/kernels.ts';
import { Workspace } from '../engine/workspace.ts';
import type { Random } from '../random.ts';
import type { CodesCoding, Parts } from './coding.ts';
import type { Steps } from './inSteps.ts';
import { kMeans, nearest, sampleOf } from './kMeans.ts';

/** Rows that codewords are learned from at most. */
const sampleRows = 65_536;
/** Rows, for each codeword, that the first codewords are the means of. */
const startingRows = 256;
/** Of the noise at first, in standard deviations of the table's values. */
const firstNoise = 0.1;
/** Passes over the codebooks in which rows that were not learned from find their codes. */
const sweeps = 3;

/**
 * Learns codewords and codes, such that a row is near the sum of one codeword of each codebook; a codebook a step.
 *
 * First by residual k-means: each codebook is made for what the ones before it leave. Then in epochs: book after book,
 * with all others as they are, every row takes the codeword nearest to what the others leave of it, and every codeword
 * becomes the mean of what its rows need. Each half lowers the error, so that the codes soon stay; noise on the
 * codewords while codes are chosen, which falls to none, gets them out of what is best only near by (Martinez et al.,
 * ECCV 2018, "LSQ++").
 *
 * It is not the authors' autoencoder with Gumbel-softmax because it is better in less time. Share of the squared values
 * that is lost of a DAN's table on SST-2, begun with GloVe (13,484 x 100, 16 codebooks of 16, seconds of one thread): 0.31
 * after 20 epochs and 6 s, 0.29 after 60 epochs and 14 s; the autoencoder, in PyTorch, with Adam, batches of 128 and the
 * better of two rates (3e-3), 0.37 after 57 s.
 *
 * @param matrix m x n, finite
 * @param epochs 0 for residual k-means alone
 */
export function* learnCodes(
  { data, shape }: Tensor,
  { codebooks, codewords }: CodesCoding,
  epochs: number,
  random: Random,
): Steps<Parts> {
  const [rows = 0, n = 0] = shape;
  const workspace = new Workspace(newKernels());
  const learned = sampleOf(data, n, sampleRows, random);
  const residual = learned.slice();
  const books: Float32Array[] = [];
  let codes: Int32Array[] = [];
  for (let b = 0; b < codebooks; b++) {
    const start = sampleOf(residual, n, startingRows * codewords, random);
    const book = kMeans(workspace, start, n, codewords, random);
    const chosen = nearest(workspace, residual, n, book);
    addCodewords(residual, chosen, book, n, -1);
    books.push(book);
    codes.push(chosen);
    yield;
  }
  const deviation = Math.sqrt(learned.reduce((sum, value) => sum + value * value, 0) / learned.length);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const noise = firstNoise * deviation * (1 - epoch / epochs);
    for (const [b, book] of books.entries()) {
      addCodewords(residual, codes[b]!, book, n, 1);
      const noisy = noise === 0 ? book : book.map((value) => value + noise * random.normal());
      const chosen = nearest(workspace, residual, n, noisy);
      moveToMeans(residual, chosen, book, n);
      addCodewords(residual, chosen, book, n, -1);
      codes[b] = chosen;
      yield;
    }
  }
  if (learned !== data) codes = yield* codesFor(workspace, data, n, books);

  const flat = new Float32Array(rows * codebooks);
  codes.forEach((chosen, b) => {
    chosen.forEach((code, row) => (flat[row * codebooks + b] = code));
  });
  const values = new Float32Array(codebooks * codewords * n);
  books.forEach((book, b) => {
    values.set(book, b * codewords * n);
  });
  return new Map([
    ['codes', { shape: [rows, codebooks], data: flat }],
    ['codewords', { shape: [codebooks, codewords, n], data: values }],
  ]);
}

/** The codes of rows in given codebooks: book after book, then again with the others as they are. */
function* codesFor(
  workspace: Workspace,
  data: Float32Array,
  n: number,
  books: readonly Float32Array[],
): Steps<Int32Array[]> {
  const residual = data.slice();
  const codes: Int32Array[] = [];
  for (let sweep = 0; sweep <= sweeps; sweep++) {
    for (const [b, book] of books.entries()) {
      const before = codes[b];
      if (before) addCodewords(residual, before, book, n, 1);
      const chosen = nearest(workspace, residual, n, book);
      addCodewords(residual, chosen, book, n, -1);
      codes[b] = chosen;
      yield;
    }
  }
  return codes;
}

/** Adds each row's codeword to it, or takes it off. */
function addCodewords(
  rows: Float32Array,
  codes: Int32Array,
  book: Float32Array,
  n: number,
  sign: 1 | -1,
): void {
  for (let r = 0, to = 0; r < codes.length; r++) {
    for (let from = codes[r]! * n, end = from + n; from < end; from++, to++) rows[to]! += sign * book[from]!;
  }
}

/** Makes each codeword the mean of its rows; one that has none stays. */
function moveToMeans(rows: Float32Array, codes: Int32Array, book: Float32Array, n: number): void {
  const sums = new Float64Array(book.length);
  const counts = new Int32Array(book.length / n);
  for (let r = 0, from = 0; r < codes.length; r++) {
    counts[codes[r]!]!++;
    for (let to = codes[r]! * n, end = to + n; to < end; from++, to++) sums[to]! += rows[from]!;
  }
  counts.forEach((count, code) => {
    if (count === 0) return;
    for (let i = code * n; i < (code + 1) * n; i++) book[i] = sums[i]! / count;
  });
}
