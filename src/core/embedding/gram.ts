/** Columns of a panel: 3 x 3 sums and their six factors fit the sixteen registers of x64. */
const width = 3;
/** Rows packed at a time, so that two panels stay in the first-level cache and sums of few terms are added up. */
const blockRows = 128;

/**
 * Accumulates X^T D X (n x n) over the rows of X as they come, in float64: the products of float32 values are
 * exact there, so that singular values down to about 1e-7 of the largest can be told from it. Only the upper
 * half is computed.
 */
export class GramMatrix {
  readonly #panels: number;
  /** The padded upper half, row-major, panels * width wide. */
  readonly #sums: Float64Array;
  /** Panel by panel, the block's rows, `width` values each. */
  readonly #packed: Float64Array;

  /** @param n columns of X */
  constructor(readonly n: number) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`n must be at least 1, not ${n}`);
    this.#panels = Math.ceil(n / width);
    this.#sums = new Float64Array((this.#panels * width) ** 2);
    this.#packed = new Float64Array(this.#panels * width * blockRows);
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
    for (let first = 0; first < rows; first += blockRows) {
      const count = Math.min(blockRows, rows - first);
      this.#pack(data, weights, first, count);
      for (let p = 0; p < this.#panels; p++) {
        for (let q = p; q < this.#panels; q++) this.#multiply(p, q, count);
      }
    }
  }

  /** n x n, symmetric, row-major; a copy. */
  get matrix(): Float64Array {
    const { n } = this;
    const stride = this.#panels * width;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) {
        const sum = this.#sums[i * stride + j]!;
        matrix[i * n + j] = sum;
        matrix[j * n + i] = sum;
      }
    }
    return matrix;
  }

  /** A weighted row is scaled by its weight's root. */
  #pack(
    data: Float32Array,
    weights: Float32Array | Float64Array | undefined,
    first: number,
    count: number,
  ): void {
    const { n } = this;
    const packed = this.#packed;
    for (let r = 0; r < count; r++) {
      const from = (first + r) * n;
      const scale = weights === undefined ? 1 : Math.sqrt(weights[first + r]!);
      for (let j = 0, panel = r * width; j < n; panel += blockRows * width) {
        for (let c = 0; c < width && j < n; c++, j++) packed[panel + c] = data[from + j]! * scale;
      }
    }
  }

  /** Adds the block's product of two panels, 3 x 3 values, to the sums. */
  #multiply(p: number, q: number, count: number): void {
    const packed = this.#packed;
    let s00 = 0,
      s01 = 0,
      s02 = 0,
      s10 = 0,
      s11 = 0,
      s12 = 0,
      s20 = 0,
      s21 = 0,
      s22 = 0;
    const end = (p * blockRows + count) * width;
    for (let i = p * blockRows * width, j = q * blockRows * width; i < end; i += width, j += width) {
      const a0 = packed[i]!;
      const a1 = packed[i + 1]!;
      const a2 = packed[i + 2]!;
      const b0 = packed[j]!;
      const b1 = packed[j + 1]!;
      const b2 = packed[j + 2]!;
      s00 += a0 * b0;
      s01 += a0 * b1;
      s02 += a0 * b2;
      s10 += a1 * b0;
      s11 += a1 * b1;
      s12 += a1 * b2;
      s20 += a2 * b0;
      s21 += a2 * b1;
      s22 += a2 * b2;
    }
    const sums = this.#sums;
    const stride = this.#panels * width;
    const top = p * width * stride + q * width;
    sums[top]! += s00;
    sums[top + 1]! += s01;
    sums[top + 2]! += s02;
    sums[top + stride]! += s10;
    sums[top + stride + 1]! += s11;
    sums[top + stride + 2]! += s12;
    sums[top + 2 * stride]! += s20;
    sums[top + 2 * stride + 1]! += s21;
    sums[top + 2 * stride + 2]! += s22;
  }
}
