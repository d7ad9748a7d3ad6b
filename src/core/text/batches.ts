import type { Random } from '../random.ts';
import type { DatasetBatch, EncodedChunk, EncodedDataset } from './encoded.ts';

/** Sentences are sorted by length within so many batches: little padding, and still another mix in every epoch. */
const windowBatches = 50;

/** Batches of an epoch, the last partial one included. */
export function trainingBatchCount(sentences: number, batchSize: number): number {
  return Math.ceil(sentences / batchSize);
}

/**
 * An epoch's mini-batches: the sentences of a chunk shuffled, sorted by length within windows of 50 batches, and the
 * batches shuffled; the chunks of a large dataset are made of blocks from all over its file. Every sentence occurs once;
 * the same random numbers give the same batches.
 */
export function* trainingBatches(
  data: EncodedDataset,
  batchSize: number,
  random: Random,
): Generator<DatasetBatch> {
  const window = windowBatches * batchSize;
  for (const chunk of data.chunks(batchSize, random)) {
    const order = random.permutation(chunk.labels.length);
    for (let start = 0; start < order.length; start += window) {
      sortByLength(chunk, order.subarray(start, start + window));
    }
    for (const b of random.permutation(trainingBatchCount(order.length, batchSize))) {
      yield batchOf(chunk, order.subarray(b * batchSize, (b + 1) * batchSize), data.labelSets);
    }
  }
}

/** All sentences once, those of a chunk sorted by length, since that wastes least. */
export function* evaluationBatches(data: EncodedDataset, batchSize: number): Generator<DatasetBatch> {
  for (const chunk of data.chunks(batchSize)) {
    const order = Uint32Array.from({ length: chunk.labels.length }, (_, i) => i);
    sortByLength(chunk, order);
    for (let start = 0; start < order.length; start += batchSize) {
      yield batchOf(chunk, order.subarray(start, start + batchSize), data.labelSets);
    }
  }
}

/** Shortest first, otherwise in the order they had: a counting sort, so that the time is linear. */
function sortByLength({ offsets }: EncodedChunk, order: Uint32Array): void {
  const unsorted = order.slice();
  const lengthOf = (sentence: number): number => offsets[sentence + 1]! - offsets[sentence]!;
  let longest = 0;
  for (const sentence of unsorted) longest = Math.max(longest, lengthOf(sentence));
  const before = new Uint32Array(longest + 2);
  for (const sentence of unsorted) before[lengthOf(sentence) + 1]!++;
  for (let length = 1; length < before.length; length++) before[length]! += before[length - 1]!;
  for (const sentence of unsorted) order[before[lengthOf(sentence)]!++] = sentence;
}

/** The arrays are new ones, for an engine's tensors may share their memory. */
function batchOf(
  chunk: EncodedChunk,
  order: Uint32Array,
  labelSets: EncodedDataset['labelSets'],
): DatasetBatch {
  const { offsets } = chunk;
  const size = order.length;
  const lengths = new Int32Array(size);
  const labels = new Int32Array(size);
  const withUnknown = new Uint8Array(size);
  const lines = new Int32Array(size);
  let length = 0;
  for (let row = 0; row < size; row++) {
    const i = order[row]!;
    lengths[row] = offsets[i + 1]! - offsets[i]!;
    labels[row] = chunk.labels[i]!;
    withUnknown[row] = chunk.withUnknown[i]!;
    lines[row] = chunk.lines[i]!;
    length = Math.max(length, lengths[row]!);
  }
  const ids = new Int32Array(size * length);
  for (let row = 0; row < size; row++) {
    const from = offsets[order[row]!]!;
    for (let t = 0; t < lengths[row]!; t++) ids[row * length + t] = chunk.ids[from + t]!;
  }
  return { size, length, ids, lengths, labels, ...(labelSets && { labelSets }), withUnknown, lines };
}
