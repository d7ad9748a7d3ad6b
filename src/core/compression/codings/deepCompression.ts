import type { CodingScheme, DeepCompressionCoding, PartLayout, Parts } from '../coding.ts';
import { codesOf } from '../codesOf.ts';
import { DeepCompressionRows } from '../deepCompressionRows.ts';
import { codeLengths, huffmanEncode, HuffmanReader, mostCodeBits } from '../huffman.ts';
import { keptValues, largestValues } from '../largestValues.ts';
import { linearKMeans, nearestOf } from '../linearKMeans.ts';
import { partOf } from '../partOf.ts';
import { composed, type Composition } from '../sharedRows.ts';
import { storageOf } from '../storage.ts';

/** A gap of so many zeros, and no value behind it: longer gaps are several. */
const longGap = 255;
const gapSymbols = longGap + 1;

/**
 * Deep compression (Han et al., ICLR 2016): the values of largest magnitude, each the nearest of 2^b shared ones, and
 * Huffman codes for which it is and for how many zeros come before it. The paper's filler is a zero with an index; here
 * it is a gap without one.
 *
 * Parts: `centroids` [2^b]; `indices` and `gaps`, the streams, and `indexLengths` [2^b] and `gapLengths` [256], the
 * lengths of their codes. Gaps are counted through the whole table, row after row. They are decoded when a model is
 * opened. Training keeps the indices and sums up a centroid's gradients; before, in the first half of the epochs, what is
 * left trains freely, and is quantized then.
 */
export const deepCompression: CodingScheme<DeepCompressionCoding> = {
  check({ sparsity, bits }, fault) {
    if (typeof sparsity !== 'number' || !(sparsity > 0 && sparsity < 1)) throw fault('sparsity');
    if (typeof bits !== 'number' || !(Number.isInteger(bits) && bits >= 1 && bits <= 8)) throw fault('bits');
    return { kind: 'deep-compression', sparsity, bits };
  },

  encode({ data, shape }, coding) {
    const [rows = 0, columns = 0] = shape;
    return quantize(data, largestValues(data, keptValues(rows, columns, coding.sparsity)), coding);
  },

  decode: composed(compositionOf).decode,

  layout: (_rows, _columns, coding) => layout(coding, -1, -1),

  cost(rows, columns, coding, parts) {
    const kept = keptValues(rows, columns, coding.sparsity);
    // Huffman's codes take no more than codes of one length do.
    const gaps = kept + Math.floor((rows * columns) / longGap);
    const indexBytes = parts ? partOf(parts, 'indices').length : Math.ceil((kept * coding.bits) / 8);
    const gapBytes = parts ? partOf(parts, 'gaps').length : gaps;
    return {
      parameters: 2 * kept + 2 ** coding.bits,
      storageBytes: storageOf(layout(coding, indexBytes, gapBytes)).storageBytes,
      flopsPerRow: 0,
    };
  },

  open: (workspace, value, coding, parts, optimizer) =>
    new DeepCompressionRows(workspace, value, parts, optimizer, {
      quantize: (values, mask) => quantize(values, mask, coding),
      compositionOf: (of) => compositionOf(of, value.rows, value.columns, coding),
      maskOf: (of) => placesOf(of, value.rows, value.columns, coding),
    }),
};

function layout(
  { bits }: DeepCompressionCoding,
  indexBytes: number,
  gapBytes: number,
): ReadonlyMap<string, PartLayout> {
  return new Map<string, PartLayout>([
    ['centroids', { shape: [2 ** bits], bits: 32 }],
    ['indexLengths', { shape: [2 ** bits], bits: 4 }],
    ['gapLengths', { shape: [gapSymbols], bits: 4 }],
    ['indices', { shape: [indexBytes], bits: 8 }],
    ['gaps', { shape: [gapBytes], bits: 8 }],
  ]);
}

/** @param mask 1 for each value that is left */
function quantize(data: Float32Array, mask: Uint8Array, { bits }: DeepCompressionCoding): Parts {
  const values = data.filter((_, i) => mask[i] === 1);
  const centroids = linearKMeans(values, 2 ** bits);
  const indices = Uint8Array.from(values, (value) => nearestOf(centroids, value));
  const gaps: number[] = [];
  let gap = 0;
  for (const marked of mask) {
    if (marked === 1) {
      gaps.push(gap);
      gap = 0;
    } else if (++gap === longGap) {
      gaps.push(longGap);
      gap = 0;
    }
  }
  // What is behind the last value says nothing.
  while (gaps.at(-1) === longGap) gaps.pop();
  const [indexLengths, gapLengths] = [lengthsFor(indices, 2 ** bits), lengthsFor(gaps, gapSymbols)];
  const parts = {
    centroids,
    indexLengths,
    gapLengths,
    indices: huffmanEncode(indices, indexLengths),
    gaps: huffmanEncode(gaps, gapLengths),
  };
  return new Map(
    Object.entries(parts).map(([name, of]) => [name, { shape: [of.length], data: Float32Array.from(of) }]),
  );
}

function lengthsFor(symbols: Iterable<number>, limit: number): Uint8Array {
  const counts = new Uint32Array(limit);
  for (const symbol of symbols) counts[symbol]!++;
  return codeLengths(counts);
}

function readerOf(parts: Parts, stream: string, lengths: string, symbols: number): HuffmanReader {
  const bytes = codesOf(parts, stream, partOf(parts, stream).length, 256);
  return new HuffmanReader(bytes, codesOf(parts, lengths, symbols, mostCodeBits + 1));
}

/** 1 for each value that is left. @throws RangeError for a stream that is damaged, or leaves the table */
function placesOf(
  parts: Parts,
  rows: number,
  columns: number,
  { sparsity }: DeepCompressionCoding,
): Uint8Array {
  const mask = new Uint8Array(rows * columns);
  const reader = readerOf(parts, 'gaps', 'gapLengths', gapSymbols);
  let at = -1;
  for (let left = keptValues(rows, columns, sparsity); left > 0;) {
    const gap = reader.next();
    at += gap === longGap ? longGap : gap + 1;
    if (at >= mask.length) throw new RangeError(`gaps leave the table of ${mask.length} values`);
    if (gap === longGap) continue;
    mask[at] = 1;
    left--;
  }
  reader.end();
  return mask;
}

function compositionOf(
  parts: Parts,
  rows: number,
  columns: number,
  coding: DeepCompressionCoding,
): Composition {
  partOf(parts, 'centroids', 2 ** coding.bits);
  const reader = readerOf(parts, 'indices', 'indexLengths', 2 ** coding.bits);
  // Of each value: 0 where it is 0, and else one more than its centroid's place.
  const places = Uint16Array.from(placesOf(parts, rows, columns, coding), (marked) =>
    marked === 1 ? reader.next() + 1 : 0,
  );
  reader.end();
  return {
    shared: ['centroids'],

    compose(row, [centroids], to, at) {
      for (let j = 0; j < columns; j++) {
        const place = places[row * columns + j]!;
        to[at + j] = place === 0 ? 0 : centroids![place - 1]!;
      }
    },

    spread(row, _shared, gradient, from, [sums]) {
      for (let j = 0; j < columns; j++) {
        const place = places[row * columns + j]!;
        if (place > 0) sums![place - 1]! += gradient[from + j]!;
      }
    },
  };
}
