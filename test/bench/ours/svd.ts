import { factorize } from '../../../src/core/embedding/factorize.ts';
import { singularSpectrum } from '../../../src/core/embedding/spectrum.ts';
import { EmbeddingTable } from '../../../src/core/embedding/table.ts';
import { rowThreads } from '../../../src/process/rowThread.ts';
import type { Measures } from '../lineWorker.ts';
import { bytes, once } from './model.ts';

export interface SvdRequest {
  /** `factorize` gives A and B of the rank, `spectrum` all singular values and V. */
  readonly method: 'factorize' | 'spectrum';
  /** A file of rows x dimension float32. */
  readonly matrix: string;
  readonly dimension: number;
  readonly rank: number;
}

/** Seconds, and the length ||W - W V V^T|| of what the best rank-k approximation found leaves out. */
export async function svd({ method, matrix, dimension, rank }: SvdRequest): Promise<Measures> {
  const table = once(matrix, () => {
    const data = new Float32Array(bytes(matrix));
    return new EmbeddingTable(data.length / dimension, dimension, data);
  });
  const threads = rowThreads(__dirname, { count: Number(process.env.BENCH_THREADS) });
  const started = performance.now();
  // With the split 'right', B is V^T.
  const V =
    method === 'factorize'
      ? (await factorize(table, { rank, metric: 'spectrum', split: 'right' }, { threads })).B
      : (await singularSpectrum(table, { threads })).rightVectors.subarray(0, rank * dimension);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, left: residual(table, V, rank) };
}

/** ||W||^2 - ||W V||^2 in float64, for V with orthonormal columns; V^T is given, k x n. */
function residual(
  { rows, dimension, data }: EmbeddingTable,
  V: Float32Array | Float64Array,
  k: number,
): number {
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * dimension;
    for (let d = 0; d < dimension; d++) squares += (data[from + d] ?? 0) ** 2;
    for (let i = 0; i < k; i++) {
      let dot = 0;
      for (let d = 0; d < dimension; d++) dot += (data[from + d] ?? 0) * (V[i * dimension + d] ?? 0);
      squares -= dot * dot;
    }
  }
  return Math.sqrt(squares);
}
