import { UserError } from '../errors.ts';
import type { Metric, Split } from '../recipe/recipe.ts';
import { projectRows } from './project.ts';
import { gramOfTable, spectrumOfGram } from './spectrum.ts';
import type { EmbeddingTable } from './table.ts';
import { metricRoots } from './taskMetric.ts';

/** Relative to the largest: below it a direction is rounding, and dividing by its length would be noise. */
const negligible = 1e-8;

export interface FactorizeOptions {
  /** k, at most min(m, n). */
  readonly rank: number;
  readonly metric: Metric;
  readonly split: Split;
  /** G, n x n; needed by the metric `task`. */
  readonly gradientCovariance?: Float64Array;
  /** D's diagonal, m values, none negative; 1 where absent. */
  readonly rowWeights?: Float32Array | Float64Array;
}

export interface Factors {
  /** m x k */
  readonly A: Float32Array;
  /** k x n */
  readonly B: Float32Array;
  /** k, smaller than asked for where the table has no such rank. */
  readonly rank: number;
  /** All min(m, n), of D^(1/2) W, or of D^(1/2) W G^(1/2) with the metric `task`; descending. */
  readonly singularValues: Float64Array;
  /** Sentences for the user. */
  readonly warnings: readonly string[];
}

/**
 * The best approximation W ~ A B of rank k, in the metric chosen.
 *
 * `spectrum` (Acharya et al., AAAI 2019) is the truncated SVD of W: A ~ W V_k, B ~ V_k^T. `task` minimizes
 * the error as the model's output feels it, ||D^(1/2) (W - A B) G^(1/2)||: V_k are the top eigenvectors of
 * G^(1/2) W^T D W G^(1/2), A ~ W G^(1/2) V_k, B ~ V_k^T G^(-1/2).
 *
 * `split` shares each term's size, the length of A's column times the length of B's row, and does not
 * change A B: `right` leaves it to A, so that B's rows have length 1, `paper` leaves it to B, `balanced`
 * gives both the square root. With `spectrum` these are (U S, V^T), (U, S V^T) and (U S^(1/2), S^(1/2) V^T).
 * With `task`, where G^(-1/2) gives B's rows lengths of their own, it makes the factors independent of G's
 * scale, which grows with the number of sentences and must not decide how far a step of Adam reaches.
 *
 * A row of zeros, the padding, stays one.
 *
 * @throws UserError `rank-too-large`, `rank-too-small`, `table-not-finite`, `table-zero`, `no-gradient`
 */
export function factorize(table: EmbeddingTable, options: FactorizeOptions): Factors {
  const { rows: m, dimension: n } = table;
  const { metric, rowWeights } = options;
  checkRank(options.rank, m, n);

  const gram = gramOfTable(table, rowWeights);
  const roots = metric === 'task' ? metricRoots(covarianceOf(options), n) : undefined;
  const felt = roots === undefined ? gram : symmetricProduct(roots.root, gram, n);
  const { singularValues, rightVectors, flaggedFrom } = spectrumOfGram(felt, m, n);
  if (singularValues[0] === 0) {
    throw new UserError(
      'table-zero',
      'The embedding table holds nothing but zeros.',
      'Compress a trained model.',
    );
  }

  const top = rightVectors.slice(0, options.rank * n);
  const A = projectRows(table, roots === undefined ? top : multiply(top, roots.root, n));
  const B = roots === undefined ? top : multiply(top, roots.inverse, n);

  // Lengths measured on A itself tell zero from small where the eigenvalues, squares, no longer can.
  const lengths = columnLengths(A, options.rank, rowWeights);
  const longest = Math.max(...lengths);
  const kept = [...lengths.keys()].filter((i) => lengths[i]! > negligible * longest);
  return {
    ...share(A, B, kept, options.split, m, n),
    rank: kept.length,
    singularValues,
    warnings: warningsFor(options.rank, kept.length, flaggedFrom),
  };
}

function checkRank(rank: number, m: number, n: number): void {
  if (!Number.isInteger(rank) || rank < 1) {
    throw new UserError(
      'rank-too-small',
      `A rank is a whole number from 1 on, not ${rank}.`,
      'Correct "ranks" in the recipe.',
    );
  }
  if (rank > Math.min(m, n)) {
    throw new UserError(
      'rank-too-large',
      `Rank ${rank} is more than a table of ${m} words and ${n} dimensions has: at most ${Math.min(m, n)}.`,
      'Correct "ranks" in the recipe; a rank is worth its name well below the dimension.',
    );
  }
}

function covarianceOf({ gradientCovariance }: FactorizeOptions): Float64Array {
  if (gradientCovariance === undefined) throw new RangeError("the metric 'task' needs a gradient covariance");
  return gradientCovariance;
}

function warningsFor(asked: number, kept: number, flaggedFrom: number): string[] {
  const warnings: string[] = [];
  if (kept < asked) {
    warnings.push(
      `Rank ${asked} is cut to ${kept}: the other singular values are below 1e-8 of the largest, so the table has no more to keep.`,
    );
  }
  if (flaggedFrom < kept) {
    warnings.push(
      `From rank ${flaggedFrom + 1} on the singular values are below 1e-5 of the largest and known only roughly; a smaller rank loses nothing.`,
    );
  }
  return warnings;
}

/** Rescales A's columns and B's rows inversely, keeping the terms named. */
function share(
  A: Float32Array,
  B: Float64Array,
  kept: readonly number[],
  split: Split,
  m: number,
  n: number,
): { A: Float32Array; B: Float32Array } {
  const from = A.length / m;
  const k = kept.length;
  const lengthsA = columnLengths(A, from);
  const factors = new Float64Array(k);
  const sharedB = new Float32Array(k * n);
  kept.forEach((term, to) => {
    const row = B.subarray(term * n, (term + 1) * n);
    const lengthB = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    const lengthA = lengthsA[term]!;
    const factor =
      split === 'right' ? lengthB : split === 'paper' ? 1 / lengthA : Math.sqrt(lengthB / lengthA);
    factors[to] = factor;
    for (let j = 0; j < n; j++) sharedB[to * n + j] = row[j]! / factor;
  });
  const sharedA = k === from ? A : new Float32Array(m * k);
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < k; c++) sharedA[r * k + c] = A[r * from + kept[c]!]! * factors[c]!;
  }
  return { A: sharedA, B: sharedB };
}

/** Lengths of the k columns of A (m x k), weighted by row where there are weights. */
function columnLengths(A: Float32Array, k: number, weights?: Float32Array | Float64Array): Float64Array {
  const squares = new Float64Array(k);
  for (let r = 0, i = 0; i < A.length; r++) {
    const weight = weights === undefined ? 1 : weights[r]!;
    for (let c = 0; c < k; c++, i++) squares[c]! += weight * A[i]! * A[i]!;
  }
  return squares.map(Math.sqrt);
}

/** R X R for symmetric R and X, n x n, symmetric to the last bit. */
function symmetricProduct(R: Float64Array, X: Float64Array, n: number): Float64Array {
  const product = multiply(multiply(R, X, n), R, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const mean = (product[i * n + j]! + product[j * n + i]!) / 2;
      product[i * n + j] = mean;
      product[j * n + i] = mean;
    }
  }
  return product;
}

/** X Y for X (any x n) and Y (n x n), row-major. */
function multiply(X: Float64Array, Y: Float64Array, n: number): Float64Array {
  const product = new Float64Array(X.length);
  for (let row = 0; row < X.length; row += n) {
    for (let l = 0; l < n; l++) {
      const x = X[row + l]!;
      for (let j = 0, y = l * n; j < n; j++, y++) product[row + j]! += x * Y[y]!;
    }
  }
  return product;
}
