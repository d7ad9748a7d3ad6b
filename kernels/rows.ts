/** Rows of a table, of `width` float32 values each. Addresses in bytes; tokens and slots are int32 row numbers. */

/** to += from, of one row. */
function addRow(to: usize, from: usize, width: i32): void {
  let d = 0;
  for (; d + 4 <= width; d += 4, to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  for (; d < width; d++, to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}

function scaleRow(row: usize, scale: f32, width: i32): void {
  const scales = f32x4.splat(scale);
  let d = 0;
  for (; d + 4 <= width; d += 4, row += 16) v128.store(row, f32x4.mul(v128.load(row), scales));
  for (; d < width; d++, row += 4) store<f32>(row, load<f32>(row) * scale);
}

/** The mean of each sentence's rows: sentence s has `lengths[s]` tokens, which begin at s * stride. */
export function average(
  table: usize,
  width: i32,
  tokens: usize,
  stride: i32,
  lengths: usize,
  size: i32,
  means: usize,
): void {
  const bytes = (<usize>width) << 2;
  memory.fill(means, 0, <usize>size * bytes);
  for (let s = 0; s < size; s++, means += bytes) {
    const length = load<i32>(lengths + ((<usize>s) << 2));
    const first = tokens + ((<usize>(s * stride)) << 2);
    for (let t = 0; t < length; t++) {
      addRow(means, table + <usize>load<u32>(first + ((<usize>t) << 2)) * bytes, width);
    }
    if (length > 1) scaleRow(means, <f32>1 / <f32>length, width);
  }
}

/** Copies the tokens' rows one after the other. */
export function gather(table: usize, width: i32, tokens: usize, count: i32, to: usize): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++, tokens += 4, to += bytes) {
    memory.copy(to, table + <usize>load<u32>(tokens) * bytes, bytes);
  }
}

/**
 * Finds the distinct rows among the tokens, in order of their first appearance, and for each token its place there.
 *
 * @param slotOfRow one int32 for each row of the table, -1 before and after
 * @returns how many there are
 */
export function uniqueRows(tokens: usize, count: i32, slotOfRow: usize, rows: usize, slots: usize): i32 {
  let found = 0;
  for (let i = 0; i < count; i++) {
    const row = load<u32>(tokens + ((<usize>i) << 2));
    const at = slotOfRow + ((<usize>row) << 2);
    let slot = load<i32>(at);
    if (slot < 0) {
      slot = found++;
      store<i32>(at, slot);
      store<u32>(rows + ((<usize>slot) << 2), row);
    }
    store<i32>(slots + ((<usize>i) << 2), slot);
  }
  for (let slot = 0; slot < found; slot++) {
    store<i32>(slotOfRow + ((<usize>load<u32>(rows + ((<usize>slot) << 2))) << 2), -1);
  }
  return found;
}

/** Adds each token's gradient to that of its row, which begin as 0. */
export function scatter(gradients: usize, width: i32, slots: usize, count: i32, rowGradients: usize): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++, slots += 4, gradients += bytes) {
    addRow(rowGradients + <usize>load<u32>(slots) * bytes, gradients, width);
  }
}

/** The same for tokens that share a sentence's gradient, by 1 / length; scales the gradients in place. */
export function scatterMeans(
  gradients: usize,
  width: i32,
  slots: usize,
  lengths: usize,
  size: i32,
  rowGradients: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let s = 0; s < size; s++, gradients += bytes) {
    const length = load<i32>(lengths + ((<usize>s) << 2));
    if (length > 1) scaleRow(gradients, <f32>1 / <f32>length, width);
    for (let t = 0; t < length; t++, slots += 4) {
      addRow(rowGradients + <usize>load<u32>(slots) * bytes, gradients, width);
    }
  }
}
