import type { EmbeddingSettings } from '../recipe/recipe.ts';
import type { InitialTable } from './vectorsTable.ts';

/** Columns of a new model's table: n, or 2n where a row has its vector twice. */
export function tableColumns({ dimension, mode }: EmbeddingSettings): number {
  return mode === 'multichannel' ? 2 * dimension : dimension;
}

/** Leading columns of the table that training leaves as they are. */
export function frozenColumns({ dimension, mode }: EmbeddingSettings): number {
  return mode === 'non-static' ? 0 : dimension;
}

/** The same vector twice in every row: one channel that stays, one that is trained. */
export function twoChannels({ rows, dimension, data }: InitialTable): InitialTable {
  const both = new Float32Array(2 * data.length);
  for (let row = 0; row < rows; row++) {
    const vector = data.subarray(row * dimension, (row + 1) * dimension);
    both.set(vector, 2 * row * dimension);
    both.set(vector, (2 * row + 1) * dimension);
  }
  return { rows, dimension: 2 * dimension, data: both };
}
