import { EmbeddingTable } from './table.ts';
import { Projection } from './project.ts';
import { singularSpectrum } from './spectrum.ts';

/**
 * Fewer dimensions for word vectors: post-processing, PCA, post-processing (Raunak et al., RepL4NLP 2019, algorithm 2).
 * Row 0, the padding, takes no part and stays 0.
 *
 * @param dimension of the result, at most n
 * @param removed D, directions that each post-processing takes away; less than both dimensions
 * @returns m x dimension
 * @throws UserError `table-not-finite`
 */
export async function ppaPca(
  { rows, data, ...table }: EmbeddingTable,
  dimension: number,
  removed: number,
): Promise<Float32Array> {
  const n = table.dimension;
  const words = new EmbeddingTable(rows - 1, n, data.slice(n));
  const processed = await postProcess(words, removed);
  const { directions, centred } = await principalDirections(processed);
  const reduced = new Projection(directions.subarray(0, dimension * n), n).of(centred.data);
  const result = new Float32Array(rows * dimension);
  const finished = await postProcess(new EmbeddingTable(rows - 1, dimension, reduced), removed);
  result.set(finished.data, dimension);
  return result;
}

/** Without the mean and the D directions of most variance, which all words share (Mu and Viswanath, ICLR 2018). */
async function postProcess(words: EmbeddingTable, removed: number): Promise<EmbeddingTable> {
  const { rows, dimension: n } = words;
  const { directions, centred } = await principalDirections(words);
  if (removed === 0) return centred;
  const shared = new Projection(directions.subarray(0, removed * n), n).of(centred.data);
  const data = centred.data;
  for (let r = 0; r < rows; r++) {
    for (let d = 0; d < removed; d++) {
      const length = shared[r * removed + d]!;
      for (let j = 0; j < n; j++) data[r * n + j]! -= length * directions[d * n + j]!;
    }
  }
  return centred;
}

/** All n, row by row, of the most variance first; and the rows less their mean. */
async function principalDirections({ rows, dimension: n, data }: EmbeddingTable): Promise<{
  readonly directions: Float64Array;
  readonly centred: EmbeddingTable;
}> {
  const mean = new Float64Array(n);
  for (let i = 0; i < data.length; i++) mean[i % n]! += data[i]! / rows;
  const centred = new EmbeddingTable(
    rows,
    n,
    data.map((value, i) => value - mean[i % n]!),
  );
  return { directions: (await singularSpectrum(centred)).rightVectors, centred };
}
