import type { EncodedDataset } from './encoded.ts';

/** Tokens of a sentence from one to before another. */
export interface TokenRange {
  readonly first: number;
  readonly end: number;
}

/**
 * How often each row of a table occurs in a data set, plus one, so that no word is worth nothing.
 *
 * @param rows m
 * @param ranges of each sentence's tokens those that read the table, of several texts; all where absent
 */
export function wordCounts(data: EncodedDataset, rows: number, ranges?: readonly TokenRange[]): Float64Array {
  const counts = new Float64Array(rows).fill(1);
  for (const { ids, offsets } of data.chunks()) {
    if (ranges === undefined) {
      for (const id of ids) counts[id]!++;
      continue;
    }
    for (const start of offsets.subarray(0, -1)) {
      for (const { first, end } of ranges) for (let t = first; t < end; t++) counts[ids[start + t]!]!++;
    }
  }
  return counts;
}
