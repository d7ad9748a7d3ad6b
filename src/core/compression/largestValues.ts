/** How many values of a table are left at a sparsity, one at least. */
export function keptValues(rows: number, columns: number, sparsity: number): number {
  const all = rows * columns;
  return Math.max(1, all - Math.round(sparsity * all));
}

/**
 * Marks the values of the largest magnitudes, the first ones on ties. Bits of floats that are not negative order as
 * whole numbers do, so that two countings, of their upper and of their lower halves, find the least one that stays.
 *
 * @param count of them that are marked, at most as many as there are
 * @returns 1 for each value that stays
 */
export function largestValues(values: Float32Array, count: number): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const magnitude = (i: number): number => bits[i]! & 0x7fffffff;
  const upper = new Uint32Array(2 ** 15);
  for (let i = 0; i < bits.length; i++) upper[magnitude(i) >>> 16]!++;
  const [high, above] = place(upper, count);
  const lower = new Uint32Array(2 ** 16);
  for (let i = 0; i < bits.length; i++) if (magnitude(i) >>> 16 === high) lower[magnitude(i) & 0xffff]!++;
  const [low, more] = place(lower, count - above);
  const least = high * 2 ** 16 + low;
  let ties = count - above - more;
  const kept = new Uint8Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    if (magnitude(i) > least || (magnitude(i) === least && ties-- > 0)) kept[i] = 1;
  }
  return kept;
}

/** The number whose count, counted from the last down, reaches `count`, and the sum of those after it. */
function place(counts: Uint32Array, count: number): [number, number] {
  let above = 0;
  for (let i = counts.length - 1; i > 0; i--) {
    if (above + counts[i]! >= count) return [i, above];
    above += counts[i]!;
  }
  return [0, above];
}
