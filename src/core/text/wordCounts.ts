import type { EncodedDataset } from './encoded.ts';

/** How often each row of the table occurs in a data set, plus one, so that no word is worth nothing. @param rows m */
export function wordCounts(data: EncodedDataset, rows: number): Float64Array {
  const counts = new Float64Array(rows).fill(1);
  for (const { ids } of data.chunks()) for (const id of ids) counts[id]!++;
  return counts;
}
