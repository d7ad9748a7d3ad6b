/** torch's layouts in Keras's, which are ours. */

/** [rows, columns] as [columns, rows]. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c]!;
  }
  return result;
}

/** Conv1d's [filters, n, W] as [W, n, filters]. */
export function conv1dKernel(data: Float32Array, filters: number, n: number, width: number): Float32Array {
  return permute(data, width, n, filters, (w, i, f) => (f * n + i) * width + w);
}

/** Conv2d's [filters, 1, W, n], over sentences as pictures of n columns, as [W, n, filters]. */
export function conv2dKernel(data: Float32Array, filters: number, width: number, n: number): Float32Array {
  return permute(data, width, n, filters, (w, i, f) => (f * width + w) * n + i);
}

function permute(
  data: Float32Array,
  width: number,
  n: number,
  filters: number,
  position: (w: number, i: number, f: number) => number,
): Float32Array {
  const result = new Float32Array(data.length);
  let at = 0;
  for (let w = 0; w < width; w++) {
    for (let i = 0; i < n; i++) {
      for (let f = 0; f < filters; f++) result[at++] = data[position(w, i, f)]!;
    }
  }
  return result;
}

/** Blocks of equal size in another order: block `order[i]` comes to place i. */
export function reorder(data: Float32Array, order: readonly number[]): Float32Array {
  const size = data.length / order.length;
  const result = new Float32Array(data.length);
  order.forEach((from, to) => {
    result.set(data.subarray(from * size, (from + 1) * size), to * size);
  });
  return result;
}

/** Of torch's gates, the order of ours: LSTM i, f, g, o is Keras's i, f, c, o; GRU r, z, n is Keras's z, r, h. */
export const gateOrder = { lstm: [0, 1, 2, 3], gru: [1, 0, 2] } as const;
