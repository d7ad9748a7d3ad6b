import { newKernels } from '../engine/kernels.ts';
import { Workspace } from '../engine/workspace.ts';

/** Directions of a panel, as kernels/gram.ts has them. */
const width = 4;
const blockRows = 256;

/** Measures rows along k directions: X P^T, summed in float64. */
export class Projection {
  readonly #workspace = new Workspace(newKernels());
  readonly #k: number;
  /** Address of P in panels. */
  readonly #packed: number;

  /**
   * @param directions P, k x n, row-major
   * @throws RangeError when the size does not fit
   */
  constructor(
    directions: Float64Array,
    readonly n: number,
  ) {
    const k = directions.length / n;
    if (!Number.isInteger(k)) throw new RangeError(`${directions.length} values are no directions of ${n}`);
    this.#k = k;
    const panels = Math.ceil(k / width);
    this.#packed = this.#workspace.keep(2, panels * n * width).at;
    const panel = new Float64Array(this.#workspace.buffer, this.#packed, panels * n * width);
    for (let d = 0; d < k; d++) {
      const to = Math.floor(d / width) * n * width + (d % width);
      for (let j = 0; j < n; j++) panel[to + j * width] = directions[d * n + j]!;
    }
  }

  /**
   * @param data X, rows x n
   * @returns rows x k
   */
  of(data: Float32Array): Float32Array {
    const { n } = this;
    const k = this.#k;
    const rows = data.length / n;
    const panels = Math.ceil(k / width);
    const workspace = this.#workspace;
    workspace.begin();
    const block = workspace.matrix(blockRows, n);
    const measured = workspace.matrix(blockRows, panels * width);
    const projected = new Float32Array(rows * k);
    for (let first = 0; first < rows; first += blockRows) {
      const count = Math.min(blockRows, rows - first);
      block.data.set(data.subarray(first * n, (first + count) * n));
      workspace.kernels.project(block.at, count, n, this.#packed, panels, measured.at);
      const found = measured.data;
      for (let r = 0; r < count; r++) {
        for (let d = 0; d < k; d++) projected[(first + r) * k + d] = found[r * panels * width + d]!;
      }
    }
    return projected;
  }
}
