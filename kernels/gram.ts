/**
 * Sums over the rows of float32 matrices in float64, where the products of float32 values are exact. Addresses in bytes.
 * A block of rows is first packed in panels of 4 columns, row after row, so that what is read together lies together.
 */
import { multiplyAdd64 } from './multiplyAdd';

const panel: i32 = 4;
/** Bytes of a panel's row. */
const panelBytes: usize = 32;

/**
 * Packs rows x n values, each row times the root of its weight; columns that a last panel lacks are 0.
 *
 * @param weights one float64 a row, or 0 for 1 everywhere
 * @param packed room for ceil(n / 4) panels of `rows` x 4 float64
 */
export function packRows(data: usize, rows: i32, n: i32, weights: usize, packed: usize): void {
  const stride = <usize>rows * panelBytes;
  for (let r = 0; r < rows; r++) {
    const scale = weights == 0 ? 1 : sqrt<f64>(load<f64>(weights + ((<usize>r) << 3)));
    const scales = f64x2.splat(scale);
    let to = packed + <usize>r * panelBytes;
    let j = 0;
    for (; j + panel <= n; j += panel, data += 16, to += stride) {
      const four = v128.load(data);
      v128.store(to, f64x2.mul(f64x2.promote_low_f32x4(four), scales));
      const high = v128.shuffle<i64>(four, four, 1, 1);
      v128.store(to, f64x2.mul(f64x2.promote_low_f32x4(high), scales), 16);
    }
    if (j == n) continue;
    for (let c = 0; c < panel; c++, to += 8) {
      store<f64>(to, j + c < n ? <f64>load<f32>(data + ((<usize>c) << 2)) * scale : 0);
    }
    data += (<usize>(n - j)) << 2;
  }
}

/** S += P^T Q of two panels, 4 x 4 values, whose rows in S are `sRow` bytes apart. */
function multiplyPanels(p: usize, q: usize, rows: i32, s: usize, sRow: usize): void {
  let s00 = v128.load(s);
  let s01 = v128.load(s, 16);
  const s1 = s + sRow;
  let s10 = v128.load(s1);
  let s11 = v128.load(s1, 16);
  const s2 = s1 + sRow;
  let s20 = v128.load(s2);
  let s21 = v128.load(s2, 16);
  const s3 = s2 + sRow;
  let s30 = v128.load(s3);
  let s31 = v128.load(s3, 16);
  const end = p + <usize>rows * panelBytes;
  for (; p < end; p += panelBytes, q += panelBytes) {
    const q0 = v128.load(q);
    const q1 = v128.load(q, 16);
    let value = v128.load64_splat(p);
    s00 = multiplyAdd64(s00, value, q0);
    s01 = multiplyAdd64(s01, value, q1);
    value = v128.load64_splat(p, 8);
    s10 = multiplyAdd64(s10, value, q0);
    s11 = multiplyAdd64(s11, value, q1);
    value = v128.load64_splat(p, 16);
    s20 = multiplyAdd64(s20, value, q0);
    s21 = multiplyAdd64(s21, value, q1);
    value = v128.load64_splat(p, 24);
    s30 = multiplyAdd64(s30, value, q0);
    s31 = multiplyAdd64(s31, value, q1);
  }
  v128.store(s, s00);
  v128.store(s, s01, 16);
  v128.store(s1, s10);
  v128.store(s1, s11, 16);
  v128.store(s2, s20);
  v128.store(s2, s21, 16);
  v128.store(s3, s30);
  v128.store(s3, s31, 16);
}

/**
 * S += X^T X of a packed block of rows, its upper half alone.
 *
 * @param sums panels * 4 squared float64, row-major
 */
export function addGram(packed: usize, rows: i32, panels: i32, sums: usize): void {
  const stride = <usize>rows * panelBytes;
  const sRow = <usize>panels * panelBytes;
  for (let p = 0; p < panels; p++) {
    for (let q = p; q < panels; q++) {
      multiplyPanels(
        packed + <usize>p * stride,
        packed + <usize>q * stride,
        rows,
        sums + <usize>(p * panel) * sRow + <usize>q * panelBytes,
        sRow,
      );
    }
  }
}

/**
 * X P of rows x n float32 values and directions packed as above: panels of n x 4 float64, k of them.
 *
 * @param projected rows x 4k float32, written
 */
export function project(data: usize, rows: i32, n: i32, directions: usize, k: i32, projected: usize): void {
  const stride = <usize>n * panelBytes;
  const row = (<usize>n) << 2;
  for (let r = 0; r < rows; r += 2, data += row << 1, projected += (<usize>k) << 5) {
    // A last row without a second one is measured twice.
    const other = r + 1 < rows ? row : 0;
    for (let c = 0; c < k; c++) {
      let s00 = f64x2.splat(0);
      let s01 = s00;
      let s10 = s00;
      let s11 = s00;
      let p = directions + <usize>c * stride;
      let x = data;
      for (const end = p + stride; p < end; p += panelBytes, x += 4) {
        const p0 = v128.load(p);
        const p1 = v128.load(p, 16);
        let value = f64x2.splat(<f64>load<f32>(x));
        s00 = multiplyAdd64(s00, value, p0);
        s01 = multiplyAdd64(s01, value, p1);
        value = f64x2.splat(<f64>load<f32>(x + other));
        s10 = multiplyAdd64(s10, value, p0);
        s11 = multiplyAdd64(s11, value, p1);
      }
      const to = projected + ((<usize>c) << 4);
      storeRounded(to, s00, s01);
      if (other != 0) storeRounded(to + ((<usize>k) << 4), s10, s11);
    }
  }
}

function storeRounded(to: usize, low: v128, high: v128): void {
  const a = f32x4.demote_f64x2_zero(low);
  const b = f32x4.demote_f64x2_zero(high);
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
}
