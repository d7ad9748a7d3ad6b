import type { Random } from '../random.ts';
import { sentenceCount, type Batch, type EncodedDataset } from './encoded.ts';

/** Sentences are sorted by length within so many batches: little padding, and still another mix in every epoch. */
const windowBatches = 50;

/** Batches of an epoch, the last partial one included. */
export function trainingBatchCount(sentences: number, batchSize: number): number {
  return Math.ceil(sentences / batchSize);
}

/**
 * An epoch's mini-batches: the sentences shuffled, sorted by length within windows of 50 batches, and the batches
 * shuffled. Every sentence occurs once; the same random numbers give the same batches.
 */
export function* trainingBatches(data: EncodedDataset, batchSize: number, random: Random): Generator<Batch> {
  const order = random.permutation(sentenceCount(data));
  const window = windowBatches * batchSize;
  for (let start = 0; start < order.length; start += window) {
    sortByLength(data, order.subarray(start, start + window));
  }
  for (const b of random.permutation(trainingBatchCount(order.length, batchSize))) {
    yield batchOf(data, order.subarray(b * batchSize, (b + 1) * batchSize));
  }
}

/** All sentences once, sorted by length, since that wastes least; `sentences` leads back to the data's order. */
export function* evaluationBatches(data: EncodedDataset, batchSize: number): Generator<Batch> {
  const order = Uint32Array.from({ length: sentenceCount(data) }, (_, i) => i);
  sortByLength(data, order);
  for (let start = 0; start < order.length; start += batchSize) {
    yield batchOf(data, order.subarray(start, start + batchSize));
  }
}

function sortByLength({ offsets }: EncodedDataset, order: Uint32Array): void {
  order.sort((i, j) => offsets[i + 1]! - offsets[i]! - (offsets[j + 1]! - offsets[j]!));
}

/** The arrays are new ones, for an engine's tensors may share their memory. */
function batchOf(data: EncodedDataset, order: Uint32Array): Batch {
  const size = order.length;
  const sentences = order.slice();
  const lengths = Int32Array.from(sentences, (i) => data.offsets[i + 1]! - data.offsets[i]!);
  const length = lengths.reduce((longest, value) => Math.max(longest, value), 0);
  const ids = new Int32Array(size * length);
  for (let row = 0; row < size; row++) {
    const i = sentences[row]!;
    ids.set(data.ids.subarray(data.offsets[i], data.offsets[i + 1]), row * length);
  }
  return {
    size,
    length,
    ids,
    lengths,
    labels: Int32Array.from(sentences, (i) => data.labels[i]!),
    sentences,
  };
}
