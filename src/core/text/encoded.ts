/** A labelled dataset as table rows: sentence i is `ids[offsets[i]..offsets[i+1]-1]`, unpadded, at most maxLength long. */
export interface EncodedDataset {
  readonly ids: Int32Array;
  /** length + 1 entries. */
  readonly offsets: Int32Array;
  /** Class of each sentence, an index into the labels. */
  readonly labels: Int32Array;
  /** Sentences that hold at least one out-of-vocabulary token. */
  readonly withUnknown: Uint8Array;
  /** Where each sentence begins in its file, counted from 1. */
  readonly lines: Int32Array;
}

/** The number of sentences. */
export function sentenceCount(data: EncodedDataset): number {
  return data.labels.length;
}

/** A mini-batch; `ids` is size x length, row-major, padded on the right with row 0; `lengths` counts the real tokens. */
export interface Batch {
  readonly size: number;
  readonly length: number;
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
  readonly labels: Int32Array;
  /** Positions of the sentences in their dataset. */
  readonly sentences: Uint32Array;
}
