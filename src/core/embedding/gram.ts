import { Workspace } from '../engine/workspace.ts';
import { newKernels } from '../engine/kernels.ts';

/** Columns of a panel, as kernels/gram.ts has them. */
const width = 4;
/** Rows packed at a time, so that two panels stay in the nearest cache and sums of few terms are added up. */
const blockRows = 128;

/**
 * Accumulates X^T D X (n x n) over the rows of X as they come, in float64: the products of float32 values are
 * exact there, so that singular values down to about 1e-7 of the largest can be told from it. Only the upper
 * half is computed.
 */
export class GramMatrix {
  readonly #workspace = new Workspace(newKernels());
  readonly #panels: number;
  /** Address of the padded upper half, float64, panels * width wide. */
  readonly #sums: number;

  /** @param n columns of X */
  constructor(readonly n: number) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`n must be at least 1, not ${n}`);
    this.#panels = Math.ceil(n / width);
    this.#sums = this.#workspace.keep(2, (this.#panels * width) ** 2).at;
  }

  /**
   * @param data rows x n, row-major
   * @param weights the diagonal of D, one a row, none negative; 1 where absent
   * @throws RangeError when sizes do not fit or a weight is negative
   */
  add(data: Float32Array, weights?: Float32Array | Float64Array): void {
    const { n } = this;
    const rows = data.length / n;
    if (!Number.isInteger(rows)) throw new RangeError(`${data.length} values are no rows of ${n}`);
    if (weights !== undefined) {
      if (weights.length !== rows) throw new RangeError(`${rows} weights expected, ${weights.length} found`);
      if (weights.some((weight) => !(weight >= 0))) throw new RangeError('weights must not be negative');
    }
    const workspace = this.#workspace;
    workspace.begin();
    const block = workspace.matrix(blockRows, n);
    const packed = workspace.matrix(2 * blockRows, this.#panels * width).at;
    const scales = weights && workspace.matrix(2, blockRows).at;
    for (let first = 0; first < rows; first += blockRows) {
      const count = Math.min(blockRows, rows - first);
      block.data.set(data.subarray(first * n, (first + count) * n));
      if (weights !== undefined && scales !== undefined) {
        new Float64Array(workspace.buffer, scales, count).set(weights.subarray(first, first + count));
      }
      workspace.kernels.packRows(block.at, count, n, scales ?? 0, packed);
      workspace.kernels.addGram(packed, count, this.#panels, this.#sums);
    }
  }

  /** n x n, symmetric, row-major; a copy. */
  get matrix(): Float64Array {
    const { n } = this;
    const stride = this.#panels * width;
    const sums = new Float64Array(this.#workspace.buffer, this.#sums, stride * stride);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) {
        const sum = sums[i * stride + j]!;
        matrix[i * n + j] = sum;
        matrix[j * n + i] = sum;
      }
    }
    return matrix;
  }
}
