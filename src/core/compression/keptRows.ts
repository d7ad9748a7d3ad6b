import type { Parts } from './coding.ts';
import { codesOf } from './codesOf.ts';

/** Tables of which only some rows are stored. */

/** How many rows are stored: the padding and the unknown word at least. */
export function keptRows(rows: number, words: number): number {
  return Math.min(rows, Math.max(2, Math.round(words * rows)));
}

/** The rows of most worth, of equal ones the longest, in their order; row 0 and the unknown word's among them. */
export function mostWorth(
  worth: Float64Array,
  lengths: Float64Array,
  count: number,
  unknown: number,
): Uint32Array {
  const order = Uint32Array.from({ length: worth.length }, (_, row) => row);
  if (count === order.length) return order;
  const always = (row: number): number => (row === 0 || row === unknown ? 1 : 0);
  order.sort((a, b) => always(b) - always(a) || worth[b]! - worth[a]! || lengths[b]! - lengths[a]! || a - b);
  return order.subarray(0, count).sort();
}

/** Of the rows. */
export function lengthsOf(data: Float32Array, rows: number, n: number): Float64Array {
  const lengths = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let square = 0;
    for (let j = r * n; j < (r + 1) * n; j++) square += data[j]! * data[j]!;
    lengths[r] = Math.sqrt(square);
  }
  return lengths;
}

/**
 * Where in what is stored each row is, by the bitmap `kept`; -1 for a row that reads as zeros.
 * @param unknown row that those which are not stored read as; 0, the padding's, makes them zeros
 * @throws RangeError for a bitmap that marks another number of rows, or not the unknown word's
 */
export function placesOfRows(parts: Parts, rows: number, kept: number, unknown: number): Int32Array {
  const bitmap = codesOf(parts, 'kept', rows, 2);
  let count = 0;
  const places = Int32Array.from(bitmap, (bit) => (bit === 1 ? count++ : -1));
  if (count !== kept) throw new RangeError(`kept must mark ${kept} rows, not ${count}`);
  const instead = unknown === 0 ? -1 : places[unknown];
  if (instead === undefined || (unknown !== 0 && instead < 0)) {
    throw new RangeError(`kept must mark row ${unknown}, as which the others read`);
  }
  return places.map((place) => (place < 0 ? instead : place));
}
