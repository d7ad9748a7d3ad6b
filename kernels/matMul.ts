/** Matrix products of float32 matrices, row-major, addresses in bytes. */
import { multiplyAdd } from './multiplyAdd';

/** Rows of B that a panel holds: 8 columns of them are 8 kB, which stay in the nearest cache. */
const panelRows: i32 = 256;
/** Rows of A that meet one panel after the other: with as many columns 128 kB, which stay in the second cache. */
const blockRows: i32 = 128;

function splat(at: usize): v128 {
  return v128.load32_splat(at);
}

/** C[4 x 8] += A[4 x k] P[k x 8], with A's rows `row` and its columns `column` bytes apart and P packed. */
function tile4x8(
  a: usize,
  row: usize,
  column: usize,
  p: usize,
  c: usize,
  cRow: usize,
  k: i32,
  begin: bool,
): void {
  let c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  if (begin) {
    const zero = f32x4.splat(0);
    c00 = zero;
    c01 = zero;
    c10 = zero;
    c11 = zero;
    c20 = zero;
    c21 = zero;
    c30 = zero;
    c31 = zero;
  } else {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(c1);
    c11 = v128.load(c1, 16);
    c20 = v128.load(c2);
    c21 = v128.load(c2, 16);
    c30 = v128.load(c3);
    c31 = v128.load(c3, 16);
  }
  let a0 = a;
  let a1 = a0 + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  const end = p + ((<usize>k) << 5);
  for (; p < end; p += 32) {
    const b0 = v128.load(p);
    const b1 = v128.load(p, 16);
    let s = splat(a0);
    c00 = multiplyAdd(c00, s, b0);
    c01 = multiplyAdd(c01, s, b1);
    s = splat(a1);
    c10 = multiplyAdd(c10, s, b0);
    c11 = multiplyAdd(c11, s, b1);
    s = splat(a2);
    c20 = multiplyAdd(c20, s, b0);
    c21 = multiplyAdd(c21, s, b1);
    s = splat(a3);
    c30 = multiplyAdd(c30, s, b0);
    c31 = multiplyAdd(c31, s, b1);
    a0 += column;
    a1 += column;
    a2 += column;
    a3 += column;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}

/** As many rows as the registers take: C[6 x 8] += A[6 x k] P[k x 8], with A's rows `row` and its columns `column` bytes apart and P packed. */
function tile6x8(
  a: usize,
  row: usize,
  column: usize,
  p: usize,
  c: usize,
  cRow: usize,
  k: i32,
  begin: bool,
): void {
  let c00: v128,
    c01: v128,
    c10: v128,
    c11: v128,
    c20: v128,
    c21: v128,
    c30: v128,
    c31: v128,
    c40: v128,
    c41: v128,
    c50: v128,
    c51: v128;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  const c4 = c3 + cRow;
  const c5 = c4 + cRow;
  if (begin) {
    const zero = f32x4.splat(0);
    c00 = zero;
    c01 = zero;
    c10 = zero;
    c11 = zero;
    c20 = zero;
    c21 = zero;
    c30 = zero;
    c31 = zero;
    c40 = zero;
    c41 = zero;
    c50 = zero;
    c51 = zero;
  } else {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(c1);
    c11 = v128.load(c1, 16);
    c20 = v128.load(c2);
    c21 = v128.load(c2, 16);
    c30 = v128.load(c3);
    c31 = v128.load(c3, 16);
    c40 = v128.load(c4);
    c41 = v128.load(c4, 16);
    c50 = v128.load(c5);
    c51 = v128.load(c5, 16);
  }
  let a0 = a;
  let a1 = a0 + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  let a4 = a3 + row;
  let a5 = a4 + row;
  const end = p + ((<usize>k) << 5);
  for (; p < end; p += 32) {
    const b0 = v128.load(p);
    const b1 = v128.load(p, 16);
    let s = splat(a0);
    c00 = multiplyAdd(c00, s, b0);
    c01 = multiplyAdd(c01, s, b1);
    s = splat(a1);
    c10 = multiplyAdd(c10, s, b0);
    c11 = multiplyAdd(c11, s, b1);
    s = splat(a2);
    c20 = multiplyAdd(c20, s, b0);
    c21 = multiplyAdd(c21, s, b1);
    s = splat(a3);
    c30 = multiplyAdd(c30, s, b0);
    c31 = multiplyAdd(c31, s, b1);
    s = splat(a4);
    c40 = multiplyAdd(c40, s, b0);
    c41 = multiplyAdd(c41, s, b1);
    s = splat(a5);
    c50 = multiplyAdd(c50, s, b0);
    c51 = multiplyAdd(c51, s, b1);
    a0 += column;
    a1 += column;
    a2 += column;
    a3 += column;
    a4 += column;
    a5 += column;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
  v128.store(c4, c40);
  v128.store(c4, c41, 16);
  v128.store(c5, c50);
  v128.store(c5, c51, 16);
}

/** Copies fewer than 4 rows of A side by side, zeros for those that are not there. */
function packLast(a: usize, row: usize, column: usize, rows: i32, k: i32, to: usize): void {
  for (let i = 0; i < k; i++, a += column, to += 16) {
    let from = a;
    for (let r = 0; r < 4; r++, from += row)
      store<f32>(to + ((<usize>r) << 2), r < rows ? load<f32>(from) : 0);
  }
}

/** The first rows and columns of a tile that stands by itself, to C or added to it. */
function addEdge(tile: usize, rows: i32, columns: i32, c: usize, cRow: usize, begin: bool): void {
  for (let i = 0; i < rows; i++, tile += 32, c += cRow) {
    for (let j = 0; j < columns; j++) {
      const at = (<usize>j) << 2;
      const value = load<f32>(tile + at);
      store<f32>(c + at, begin ? value : value + load<f32>(c + at));
    }
  }
}

/** Copies k rows of 8 or fewer columns of B side by side, zeros where there is no column. */
function pack(b: usize, row: usize, column: usize, k: i32, columns: i32, p: usize): void {
  if (columns == 8 && column == 4) {
    for (let i = 0; i < k; i++, b += row, p += 32) {
      v128.store(p, v128.load(b));
      v128.store(p, v128.load(b, 16), 16);
    }
    return;
  }
  for (let i = 0; i < k; i++, b += row, p += 32) {
    let from = b;
    for (let j = 0; j < 8; j++, from += column)
      store<f32>(p + ((<usize>j) << 2), j < columns ? load<f32>(from) : 0);
  }
}

/**
 * c[0..n) += sum over p of a[p] B[p]: row by row of B as it lies in memory, four at a time, without packing, which for
 * one row would cost as much as the product.
 */
function addRowTimes(a: usize, aColumn: usize, b: usize, bRow: usize, c: usize, k: i32, n: i32): void {
  let p = 0;
  for (; p + 4 <= k; p += 4, b += bRow << 2) {
    const s0 = v128.load32_splat(a);
    const s1 = v128.load32_splat(a + aColumn);
    const s2 = v128.load32_splat(a + 2 * aColumn);
    const s3 = v128.load32_splat(a + 3 * aColumn);
    a += aColumn << 2;
    let b0 = b;
    let b1 = b0 + bRow;
    let b2 = b1 + bRow;
    let b3 = b2 + bRow;
    let to = c;
    let j = 0;
    for (; j + 4 <= n; j += 4, to += 16, b0 += 16, b1 += 16, b2 += 16, b3 += 16) {
      const low = multiplyAdd(f32x4.mul(s0, v128.load(b0)), s1, v128.load(b1));
      const high = multiplyAdd(f32x4.mul(s2, v128.load(b2)), s3, v128.load(b3));
      v128.store(to, f32x4.add(v128.load(to), f32x4.add(low, high)));
    }
    for (; j < n; j++, to += 4, b0 += 4, b1 += 4, b2 += 4, b3 += 4) {
      const low = f32x4.extract_lane(s0, 0) * load<f32>(b0) + f32x4.extract_lane(s1, 0) * load<f32>(b1);
      const high = f32x4.extract_lane(s2, 0) * load<f32>(b2) + f32x4.extract_lane(s3, 0) * load<f32>(b3);
      store<f32>(to, load<f32>(to) + (low + high));
    }
  }
  for (; p < k; p++, a += aColumn, b += bRow) {
    const s = load<f32>(a);
    for (let j = 0; j < n; j++) {
      const to = c + ((<usize>j) << 2);
      store<f32>(to, load<f32>(to) + s * load<f32>(b + ((<usize>j) << 2)));
    }
  }
}

/** Where `packRest` puts A's last rows, and a tile at an edge of C before them, in a product's scratch memory. */
const edgeOffset: usize = (<usize>panelRows) << 5;
const restOffset: usize = edgeOffset + (4 << 5);

/** Packs the last rows of A that make no tile. */
function packRest(a: usize, row: usize, column: usize, rows: i32, depth: i32, scratch: usize): void {
  const rest = rows & 3;
  if (rest != 0) packLast(a + <usize>(rows - rest) * row, row, column, rest, depth, scratch + restOffset);
}

/** C (rows x columns, at most 8) = A (rows x depth) P, or C += A P, of a packed panel, after `packRest`. */
function timesPanel(
  a: usize,
  aRow: usize,
  aColumn: usize,
  rows: i32,
  panel: usize,
  depth: i32,
  columns: i32,
  c: usize,
  cRow: usize,
  begin: bool,
  scratch: usize,
): void {
  const edge = scratch + edgeOffset;
  let i = 0;
  if (columns == 8) {
    // Twelve at once leave as many over as fours do.
    for (; i + 12 <= rows; i += 12, a += 12 * aRow, c += 12 * cRow) {
      tile6x8(a, aRow, aColumn, panel, c, cRow, depth, begin);
      tile6x8(a + 6 * aRow, aRow, aColumn, panel, c + 6 * cRow, cRow, depth, begin);
    }
  }
  for (; i < rows; i += 4, a += aRow << 2, c += cRow << 2) {
    const count = min(4, rows - i);
    if (count == 4 && columns == 8) tile4x8(a, aRow, aColumn, panel, c, cRow, depth, begin);
    else {
      if (count == 4) tile4x8(a, aRow, aColumn, panel, edge, 32, depth, true);
      else tile4x8(scratch + restOffset, 4, 16, panel, edge, 32, depth, true);
      addEdge(edge, count, columns, c, cRow, begin);
    }
  }
}

/**
 * C (m x n) = A (m x k) B (k x n), or C += A B.
 *
 * @param aRow bytes between A's rows, aColumn between its columns: a transposed matrix has them exchanged; likewise B's
 * @param cRow bytes between C's rows
 * @param scratch room for 256 x 8, for 4 x 8 and for 256 x 4 values
 */
export function matMul(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  n: i32,
  accumulate: bool,
  scratch: usize,
): void {
  if (m < 4 && bColumn == 4) {
    for (let i = 0; i < m; i++, a += aRow, c += cRow) {
      if (!accumulate) memory.fill(c, 0, (<usize>n) << 2);
      addRowTimes(a, aColumn, b, bRow, c, k, n);
    }
    return;
  }
  for (let from = 0; from < k; from += panelRows) {
    const depth = min(panelRows, k - from);
    const begin = from == 0 && !accumulate;
    const bFrom = b + <usize>from * bRow;
    for (let block = 0; block < m; block += blockRows) {
      const rows = min(blockRows, m - block);
      const aFrom = a + <usize>block * aRow + <usize>from * aColumn;
      const cFrom = c + <usize>block * cRow;
      packRest(aFrom, aRow, aColumn, rows, depth, scratch);
      for (let j = 0; j < n; j += 8) {
        const columns = min(8, n - j);
        pack(bFrom + <usize>j * bColumn, bRow, bColumn, depth, columns, scratch);
        const to = cFrom + ((<usize>j) << 2);
        timesPanel(aFrom, aRow, aColumn, rows, scratch, depth, columns, to, cRow, begin, scratch);
      }
    }
  }
}

/** Packs B (k x n) for `matMulPacked`: as many values, those of the last columns among as many zeros as make them 8. */
export function packPanels(b: usize, bRow: usize, bColumn: usize, k: i32, n: i32, panels: usize): void {
  for (let from = 0; from < k; from += panelRows, b += <usize>panelRows * bRow) {
    const depth = min(panelRows, k - from);
    for (let j = 0; j < n; j += 8, panels += (<usize>depth) << 5)
      pack(b + <usize>j * bColumn, bRow, bColumn, depth, min(8, n - j), panels);
  }
}

/**
 * C (m x n) = A (m x k) B (k x n), or C += A B, without padding between the rows, of a B that is packed for several
 * products. The values of a row are the same whatever other rows there are, but for those of the last m mod 4 ones.
 *
 * @param scratch as for `matMul`
 */
export function matMulPacked(
  a: usize,
  panels: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const aRow = (<usize>k) << 2;
  const cRow = (<usize>n) << 2;
  for (let from = 0; from < k; from += panelRows) {
    const depth = min(panelRows, k - from);
    const begin = from == 0 && !accumulate;
    const aFrom = a + ((<usize>from) << 2);
    packRest(aFrom, aRow, 4, m, depth, scratch);
    for (let j = 0; j < n; j += 8, panels += (<usize>depth) << 5) {
      const to = c + ((<usize>j) << 2);
      timesPanel(aFrom, aRow, 4, m, panels, depth, min(8, n - j), to, cRow, begin, scratch);
    }
  }
}
