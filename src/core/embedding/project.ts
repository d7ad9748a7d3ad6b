import type { EmbeddingTable } from './table.ts';

/**
 * W P^T, m x k: each row of the table measured along k directions. Summed in float64, three rows by three
 * directions at a time, as the registers allow.
 *
 * @param directions P, k x n, row-major
 * @throws RangeError when the size does not fit
 */
export function projectRows(table: EmbeddingTable, directions: Float64Array): Float32Array {
  const { rows: m, dimension: n, data } = table;
  const k = directions.length / n;
  if (!Number.isInteger(k)) throw new RangeError(`${directions.length} values are no directions of ${n}`);
  const projected = new Float32Array(m * k);
  for (let r = 0; r < m; r += 3) {
    // At the borders a tile repeats its last row or direction and writes the same value twice.
    const r1 = Math.min(r + 1, m - 1);
    const r2 = Math.min(r + 2, m - 1);
    for (let c = 0; c < k; c += 3) {
      const c1 = Math.min(c + 1, k - 1);
      const c2 = Math.min(c + 2, k - 1);
      let s00 = 0,
        s01 = 0,
        s02 = 0,
        s10 = 0,
        s11 = 0,
        s12 = 0,
        s20 = 0,
        s21 = 0,
        s22 = 0;
      for (let j = 0; j < n; j++) {
        const a0 = data[r * n + j]!;
        const a1 = data[r1 * n + j]!;
        const a2 = data[r2 * n + j]!;
        const b0 = directions[c * n + j]!;
        const b1 = directions[c1 * n + j]!;
        const b2 = directions[c2 * n + j]!;
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
      projected[r * k + c] = s00;
      projected[r * k + c1] = s01;
      projected[r * k + c2] = s02;
      projected[r1 * k + c] = s10;
      projected[r1 * k + c1] = s11;
      projected[r1 * k + c2] = s12;
      projected[r2 * k + c] = s20;
      projected[r2 * k + c1] = s21;
      projected[r2 * k + c2] = s22;
    }
  }
  return projected;
}
