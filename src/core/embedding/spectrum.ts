import { symmetricEigen } from './eigen.ts';
import { gramOfRows } from './rowPass.ts';
import type { PassOptions, RowSource } from './rowSource.ts';

/** Relative to the largest: a Gram matrix in float64 gives singular values to 1e-4 down to here. */
const accurateDownTo = 1e-5;

/** The singular values of a matrix of n columns and the directions that belong to them. */
export interface Spectrum {
  /** min(m, n), descending. */
  readonly singularValues: Float64Array;
  /** n x n, row-major: row i is the right singular vector v_i, the rows of V^T. */
  readonly rightVectors: Float64Array;
  /** Index of the first singular value below 1e-5 of the largest: from there on they are inaccurate. */
  readonly flaggedFrom: number;
}

/**
 * Singular values and right singular vectors of a table by the eigenvalues of its Gram matrix: one pass
 * over the rows, where a full SVD would hold m x n values in float64.
 *
 * @throws UserError `table-not-finite`
 */
export async function singularSpectrum(table: RowSource, options: PassOptions = {}): Promise<Spectrum> {
  return spectrumOfGram(await gramOfRows(table, options), table.rows, table.dimension);
}

/** @param gram X^T X, n x n, of a matrix X of m rows */
export function spectrumOfGram(gram: Float64Array, m: number, n: number): Spectrum {
  const { values, vectors } = symmetricEigen(gram, n);
  // Rounding can leave an eigenvalue of zero slightly negative.
  const singularValues = values
    .subarray(0, Math.min(m, n))
    .map((eigenvalue) => Math.sqrt(Math.max(0, eigenvalue)));
  const bound = accurateDownTo * singularValues[0]!;
  const first = singularValues.findIndex((value) => value < bound || value === 0);
  return { singularValues, rightVectors: vectors, flaggedFrom: first < 0 ? singularValues.length : first };
}

/** ||W - A B|| / ||W|| of the best approximation of a rank, from W's singular values. */
export function relativeError(singularValues: Float64Array, rank: number): number {
  const squares = (from: number): number =>
    singularValues.subarray(from).reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(rank) / squares(0));
}
