import { UserError } from '../errors.ts';
import { symmetricEigen } from './eigen.ts';
import { GramMatrix } from './gram.ts';

/** Of G's largest eigenvalue: smaller ones are raised to it, so that G^(-1/2) exists and stays below 1000 times its least. */
const clip = 1e-6;

/**
 * G = sum of w g g^T over the gradients g of the log-likelihood with respect to the embedding vectors of the
 * training tokens: which directions of the embedding space the model's output depends on (a Monte Carlo
 * Fisher information; Hsu et al., ICLR 2022, weight rows so, K-FAC, Martens and Grosse, ICML 2015, whole layers).
 */
export class GradientCovariance {
  readonly #gram: GramMatrix;

  /** @param n the embedding's dimension */
  constructor(n: number) {
    this.#gram = new GramMatrix(n);
  }

  /**
   * @param gradients rows x n
   * @param weights one a row, none negative; 1 where absent
   * @throws RangeError when sizes do not fit or a weight is negative
   */
  add(gradients: Float32Array, weights?: Float32Array): void {
    this.#gram.add(gradients, weights);
  }

  /** n x n, symmetric; a copy. */
  get matrix(): Float64Array {
    return this.#gram.matrix;
  }
}

/** The symmetric roots of a clipped G, each n x n. */
export interface MetricRoots {
  /** G^(1/2) */
  readonly root: Float64Array;
  /** G^(-1/2) */
  readonly inverse: Float64Array;
}

/**
 * @param covariance G, n x n, symmetric, not negative
 * @throws UserError `no-gradient` when G is zero
 * @throws RangeError when the size does not fit or a value is not finite
 */
export function metricRoots(covariance: Float64Array, n: number): MetricRoots {
  const { values, vectors } = symmetricEigen(covariance, n);
  const largest = values[0]!;
  if (largest <= 0) {
    throw new UserError(
      'no-gradient',
      "The model's output does not depend on its embedding: every gradient is zero.",
      'Compress a trained model, or use the metric "spectrum".',
    );
  }
  const root = new Float64Array(n * n);
  const inverse = new Float64Array(n * n);
  for (let e = 0; e < n; e++) {
    const scale = Math.sqrt(Math.max(values[e]!, clip * largest));
    for (let i = 0; i < n; i++) {
      const share = vectors[e * n + i]!;
      for (let j = 0; j < n; j++) {
        const product = share * vectors[e * n + j]!;
        root[i * n + j]! += product * scale;
        inverse[i * n + j]! += product / scale;
      }
    }
  }
  return { root, inverse };
}
