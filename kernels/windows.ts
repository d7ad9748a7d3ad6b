/**
 * Windows of a sentence's token rows, and the maximum of their products over time. A window is `span` values that begin
 * with a row of `width`: its rows lie one after the other. Addresses in bytes.
 */
import { addScaled } from './pooling';

/** @param firsts int32, the row that each of `count` windows begins with */
export function gatherWindows(
  rows: usize,
  width: i32,
  span: i32,
  firsts: usize,
  count: i32,
  windows: usize,
): void {
  const row = (<usize>width) << 2;
  const bytes = (<usize>span) << 2;
  for (let i = 0; i < count; i++, firsts += 4, windows += bytes) {
    memory.copy(windows, rows + <usize>load<u32>(firsts) * row, bytes);
  }
}

/**
 * The largest value of each filter in each sentence, and the row at which its window begins, the first on ties.
 *
 * @param values windows x filters
 * @param offsets int32, size + 1: sentence s has the windows from offsets[s] to offsets[s + 1], one at least
 * @param maxima size x filters, written
 * @param winners size x filters int32, written
 */
export function maxOverTime(
  values: usize,
  filters: i32,
  offsets: usize,
  firsts: usize,
  size: i32,
  maxima: usize,
  winners: usize,
): void {
  const row = (<usize>filters) << 2;
  for (let s = 0; s < size; s++, offsets += 4, maxima += row, winners += row) {
    const end = load<i32>(offsets, 4);
    for (let i = load<i32>(offsets), begin = i; i < end; i++, values += row) {
      const first = load<i32>(firsts + ((<usize>i) << 2));
      for (let f: usize = 0; f < row; f += 4) {
        const value = load<f32>(values + f);
        if (i != begin && value <= load<f32>(maxima + f)) continue;
        store<f32>(maxima + f, value);
        store<i32>(winners + f, first);
      }
    }
  }
}

/**
 * Backward of both: a filter's gradient goes to the window that won.
 *
 * @param gradients size x filters
 * @param kernels filters x span, transposed, and so are kernelGradients, which are added to, as rowGradients are
 */
export function windowsBackward(
  gradients: usize,
  winners: usize,
  size: i32,
  filters: i32,
  rows: usize,
  width: i32,
  span: i32,
  kernels: usize,
  rowGradients: usize,
  kernelGradients: usize,
): void {
  const row = (<usize>width) << 2;
  const bytes = (<usize>span) << 2;
  for (let s = 0; s < size; s++) {
    for (let f: usize = 0; f < <usize>filters; f++, gradients += 4, winners += 4) {
      const gradient = load<f32>(gradients);
      if (gradient == 0) continue;
      const from = <usize>load<u32>(winners) * row;
      addScaled(kernelGradients + f * bytes, rows + from, gradient, span);
      addScaled(rowGradients + from, kernels + f * bytes, gradient, span);
    }
  }
}
