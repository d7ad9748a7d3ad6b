import type { Matrix, Workspace } from '../engine/workspace.ts';

/** Matrices of as many rows, side by side. */
export function joinColumns(workspace: Workspace, parts: readonly Matrix[]): Matrix {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const columns = parts.reduce((sum, part) => sum + part.columns, 0);
  const joined = workspace.matrix(first?.rows ?? 0, columns);
  const data = joined.data;
  let from = 0;
  for (const part of parts) {
    const values = part.data;
    for (let r = 0; r < part.rows; r++) {
      data.set(values.subarray(r * part.columns, (r + 1) * part.columns), r * columns + from);
    }
    from += part.columns;
  }
  return joined;
}

/** The parts again, of the given widths. */
export function splitColumns(workspace: Workspace, joined: Matrix, widths: readonly number[]): Matrix[] {
  if (widths.length === 1) return [joined];
  let from = 0;
  return widths.map((width) => {
    const part = workspace.matrix(joined.rows, width);
    const [values, data] = [joined.data, part.data];
    for (let r = 0; r < joined.rows; r++) {
      const start = r * joined.columns + from;
      data.set(values.subarray(start, start + width), r * width);
    }
    from += width;
    return part;
  });
}

/** The sum over rows, as the gradient of a bias. */
export function columnSums(workspace: Workspace, { at, rows, columns }: Matrix): Matrix {
  const sums = workspace.matrix(1, columns);
  workspace.kernels.columnSums(at, rows, columns, sums.at);
  return sums;
}
