import type { Random } from '../random.ts';

/**
 * A labelled sentence as table rows, unpadded, at most maxLength long; of several texts one after the other, each padded.
 */
export interface Sentence {
  readonly ids: ArrayLike<number>;
  /** An index into the labels, or into the dataset's sets of labels. */
  readonly label: number;
  /** Whether it holds at least one out-of-vocabulary token. */
  readonly withUnknown: boolean;
  /** Where it begins in its file, counted from 1. */
  readonly line: number;
}

/** Sentences in memory: sentence i is `ids[offsets[i]..offsets[i+1]-1]`. */
export interface EncodedChunk {
  readonly ids: Int32Array;
  /** length + 1 entries. */
  readonly offsets: Int32Array;
  readonly labels: Int32Array;
  readonly withUnknown: Uint8Array;
  readonly lines: Int32Array;
}

/**
 * Labelled sentences as table rows. A small dataset is one chunk in memory; a large one lies in a file and is read
 * chunk by chunk, so that its size does not decide the memory that it takes.
 */
export interface EncodedDataset {
  readonly sentences: number;
  readonly tokens: number;
  /** Classes of each set of labels, where sentences have several: a label is then the number of a set. */
  readonly labelSets?: readonly Int32Array[] | undefined;
  /**
   * All sentences once, in their order, or with the blocks of a file in random order.
   *
   * A chunk is of use until the next one is asked for, which may take its memory.
   *
   * @param multiple each chunk's number of sentences is one of it, but for the last one's
   */
  chunks(multiple?: number, random?: Random): Iterable<EncodedChunk>;
  /** To be called where the sentences are of no more use; closes the file. */
  close(): void;
}

/** A dataset that is one chunk. */
export class MemoryDataset implements EncodedDataset {
  constructor(
    readonly chunk: EncodedChunk,
    readonly labelSets?: readonly Int32Array[],
  ) {}

  get sentences(): number {
    return this.chunk.labels.length;
  }

  get tokens(): number {
    return this.chunk.ids.length;
  }

  chunks(): Iterable<EncodedChunk> {
    return [this.chunk];
  }

  close(): void {
    // Nothing is open.
  }
}

/** The sentences one by one, in their order. */
export function* sentencesOf(data: EncodedDataset): Generator<Sentence> {
  for (const { ids, offsets, labels, withUnknown, lines } of data.chunks()) {
    for (let i = 0; i < labels.length; i++) {
      yield {
        ids: ids.subarray(offsets[i], offsets[i + 1]),
        label: labels[i]!,
        withUnknown: withUnknown[i] === 1,
        line: lines[i]!,
      };
    }
  }
}

/** Mean tokens of a sentence; 0 where there is none. */
export function meanLength({ tokens, sentences }: EncodedDataset): number {
  return tokens / Math.max(1, sentences);
}

/** A mini-batch; `ids` is size x length, row-major, padded on the right with row 0; `lengths` counts the real tokens. */
export interface Batch {
  readonly size: number;
  readonly length: number;
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
  readonly labels: Int32Array;
  /** As the dataset's. */
  readonly labelSets?: readonly Int32Array[] | undefined;
}

/** A mini-batch with what the dataset has of each sentence beside. */
export interface DatasetBatch extends Batch {
  readonly withUnknown: Uint8Array;
  readonly lines: Int32Array;
}
