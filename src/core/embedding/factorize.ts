import { UserError } from '../errors.ts';
import type { Metric, Split } from '../recipe/recipe.ts';
import { gramOfRows, projectRows } from './rowPass.ts';
import type { PassOptions, RowSource } from './rowSource.ts';
import { spectrumOfGram, type Spectrum } from './spectrum.ts';
import { metricRoots } from './taskMetric.ts';

/** Relative to the largest: below it a direction is rounding, and dividing by its length would be noise. */
const negligible = 1e-8;

export interface FactorizeOptions {
  /** k, at most min(m, n). */
  readonly rank: number;
  readonly metric: Metric;
  readonly split: Split;
  /** G, n x n; needed by the metrics with `task`. */
  readonly gradientCovariance?: Float64Array;
  /** D's diagonal, m values, none negative, as the metrics with word counts have it; 1 where absent. */
  readonly rowWeights?: Float32Array | Float64Array;
  /** Of the same table, with the same metric and weights, where it is known: all ranks share it. */
  readonly decomposition?: Decomposition;
}

/** What does not depend on the rank. */
export interface Decomposition extends Spectrum {
  /** G^(1/2) and G^(-1/2), of the metrics with `task`. */
  readonly roots: ReturnType<typeof metricRoots> | undefined;
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

/** The factors with A left to be computed, row by row, as W P^T. */
export interface Factorization extends Omit<Factors, 'A'> {
  /** P, k x n */
  readonly directions: Float64Array;
}

/** The factors of a table; see `findFactors`. */
export async function factorize(
  table: RowSource,
  options: FactorizeOptions,
  pass: PassOptions = {},
): Promise<Factors> {
  const { directions, ...factors } = await findFactors(table, options, pass);
  const A = new Float32Array(table.rows * factors.rank);
  let end = 0;
  for await (const block of projectRows(table, directions, pass)) {
    A.set(block, end);
    end += block.length;
  }
  return { A, ...factors };
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
 * Takes one pass over the rows unless the decomposition is given, and another one where the table has row weights or
 * hardly the rank asked for.
 *
 * @throws UserError `rank-too-large`, `rank-too-small`, `table-not-finite`, `table-zero`, `no-gradient`
 */
export async function findFactors(
  table: RowSource,
  options: FactorizeOptions,
  pass: PassOptions = {},
): Promise<Factorization> {
  const { rows: m, dimension: n } = table;
  const { rank, split, rowWeights } = options;
  checkRank(rank, m, n);
  const { singularValues, rightVectors, flaggedFrom, roots } =
    options.decomposition ?? (await decompose(table, options, pass));

  const top = rightVectors.slice(0, rank * n);
  const directions = roots === undefined ? top : multiply(top, roots.root, n);
  const B = roots === undefined ? top : multiply(top, roots.inverse, n);
  // W P^T has the singular values for lengths. Measured on it, they tell zero from small where the eigenvalues, squares,
  // no longer can.
  const { plain, weighted } =
    rowWeights === undefined && flaggedFrom >= rank
      ? { plain: singularValues, weighted: singularValues }
      : await columnLengths(table, directions, rank, rowWeights, pass);
  const longest = Math.max(...weighted.subarray(0, rank));
  const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => weighted[i]! > negligible * longest);
  return {
    ...share(directions, B, plain, kept, split, n),
    rank: kept.length,
    singularValues,
    warnings: warningsFor(rank, kept.length, flaggedFrom),
  };
}

/**
 * The singular values and directions that factors of any rank are made of, in one pass over the rows.
 * @throws UserError `table-not-finite`, `table-zero`, `no-gradient`
 */
export async function decompose(
  table: RowSource,
  options: Pick<FactorizeOptions, 'metric' | 'gradientCovariance' | 'rowWeights'>,
  pass: PassOptions = {},
): Promise<Decomposition> {
  const { rows: m, dimension: n } = table;
  const { metric, rowWeights } = options;
  const gram = await gramOfRows(table, { ...pass, ...(rowWeights !== undefined && { weights: rowWeights }) });
  const roots = usesGradient(metric) ? metricRoots(covarianceOf(options), n) : undefined;
  const felt = roots === undefined ? gram : symmetricProduct(roots.root, gram, n);
  const spectrum = spectrumOfGram(felt, m, n);
  if (spectrum.singularValues[0] === 0) {
    throw new UserError(
      'table-zero',
      'The embedding table holds nothing but zeros.',
      'Compress a trained model.',
      table.place,
    );
  }
  return { ...spectrum, roots };
}

function checkRank(rank: number, m: number, n: number): void {
  if (!Number.isInteger(rank) || rank < 1) {
    throw new UserError(
      'rank-too-small',
      `A rank is a whole number from 1 on, not ${rank}.`,
      'Choose a rank such as 9.',
    );
  }
  if (rank > Math.min(m, n)) {
    throw new UserError(
      'rank-too-large',
      `Rank ${rank} is more than a table of ${m} words and ${n} dimensions has: at most ${Math.min(m, n)}.`,
      'Choose a smaller rank; one is worth its name well below the dimension.',
    );
  }
}

/** Whether a metric weighs directions by the model's gradient. */
export function usesGradient(metric: Metric): boolean {
  return metric === 'task' || metric === 'task-frequency';
}

function covarianceOf({
  gradientCovariance,
  metric,
}: Pick<FactorizeOptions, 'metric' | 'gradientCovariance'>): Float64Array {
  if (gradientCovariance === undefined)
    throw new RangeError(`the metric '${metric}' needs a gradient covariance`);
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

/** Rescales A's columns, of the lengths given, and B's rows inversely, keeping the terms named. */
function share(
  directions: Float64Array,
  B: Float64Array,
  lengths: Float64Array,
  kept: readonly number[],
  split: Split,
  n: number,
): { directions: Float64Array; B: Float32Array } {
  const sharedDirections = new Float64Array(kept.length * n);
  const sharedB = new Float32Array(kept.length * n);
  kept.forEach((term, to) => {
    const row = B.subarray(term * n, (term + 1) * n);
    const lengthB = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    const lengthA = lengths[term]!;
    const factor =
      split === 'right' ? lengthB : split === 'paper' ? 1 / lengthA : Math.sqrt(lengthB / lengthA);
    for (let j = 0; j < n; j++) {
      sharedDirections[to * n + j] = directions[term * n + j]! * factor;
      sharedB[to * n + j] = row[j]! / factor;
    }
  });
  return { directions: sharedDirections, B: sharedB };
}

/** Lengths of the k columns of W P^T, and of those of D^(1/2) W P^T. */
async function columnLengths(
  table: RowSource,
  directions: Float64Array,
  k: number,
  weights: Float32Array | Float64Array | undefined,
  pass: PassOptions,
): Promise<{ plain: Float64Array; weighted: Float64Array }> {
  const plain = new Float64Array(k);
  const weighted = new Float64Array(k);
  let row = 0;
  for await (const block of projectRows(table, directions, pass)) {
    for (let i = 0; i < block.length; row++) {
      const weight = weights?.[row] ?? 1;
      for (let c = 0; c < k; c++, i++) {
        const square = block[i]! * block[i]!;
        plain[c]! += square;
        weighted[c]! += weight * square;
      }
    }
  }
  return { plain: plain.map(Math.sqrt), weighted: weighted.map(Math.sqrt) };
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
