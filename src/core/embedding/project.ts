import { newKernels } from '../engine/kernels.ts';
import { Workspace } from '../engine/workspace.ts';
import type { EmbeddingTable } from './table.ts';

/** Directions of a panel, as kernels/gram.ts has them. */
const width = 4;
const blockRows = 256;

/**
 * W P^T, m x k: each row of the table measured along k directions, summed in float64.
 *
 * @param directions P, k x n, row-major
 * @throws RangeError when the size does not fit
 */
export function projectRows(table: EmbeddingTable, directions: Float64Array): Float32Array {
  const { rows: m, dimension: n, data } = table;
  const k = directions.length / n;
  if (!Number.isInteger(k)) throw new RangeError(`${directions.length} values are no directions of ${n}`);
  const workspace = new Workspace(newKernels());
  const panels = Math.ceil(k / width);
  const packed = workspace.keep(2, panels * n * width).at;
  const panel = new Float64Array(workspace.buffer, packed, panels * n * width);
  for (let d = 0; d < k; d++) {
    const to = Math.floor(d / width) * n * width + (d % width);
    for (let j = 0; j < n; j++) panel[to + j * width] = directions[d * n + j]!;
  }
  const block = workspace.matrix(blockRows, n);
  const measured = workspace.matrix(blockRows, panels * width);
  const projected = new Float32Array(m * k);
  for (let first = 0; first < m; first += blockRows) {
    const count = Math.min(blockRows, m - first);
    block.data.set(data.subarray(first * n, (first + count) * n));
    workspace.kernels.project(block.at, count, n, packed, panels, measured.at);
    const found = measured.data;
    for (let r = 0; r < count; r++) {
      for (let d = 0; d < k; d++) projected[(first + r) * k + d] = found[r * panels * width + d]!;
    }
  }
  return projected;
}
