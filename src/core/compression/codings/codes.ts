import type { CodesCoding, CodingScheme, PartLayout, Parts } from '../coding.ts';
import { codesOf } from '../codesOf.ts';
import { atOnce } from '../inSteps.ts';
import { learnCodes } from '../learnCodes.ts';
import { partOf } from '../partOf.ts';
import { composed, type Composition } from '../sharedRows.ts';
import { storageOf } from '../storage.ts';
import { wholeField } from '../wholeField.ts';

/**
 * Compositional codes (Shu and Nakayama, ICLR 2018): a row is the sum of one codeword of each of M codebooks, log2 K
 * bits each. Parts: `codes` [m, M], `codewords` [M, K, n]. Training keeps the codes and moves the codewords. `encode`
 * learns by residual k-means alone, which is quick; see learnCodes.ts for more.
 */
export const codes: CodingScheme<CodesCoding> = {
  check({ codebooks, codewords }, fault) {
    return {
      kind: 'codes',
      codebooks: wholeField(codebooks, 1, 1024, 'codebooks', fault),
      codewords: wholeField(codewords, 2, 256, 'codewords', fault),
    };
  },

  encode: (matrix, coding, random) => atOnce(learnCodes(matrix, coding, 0, random)),

  layout,

  cost: (rows, columns, coding) => ({
    ...storageOf(layout(rows, columns, coding)),
    flopsPerRow: (coding.codebooks - 1) * columns,
  }),

  ...composed(compositionOf),
};

function layout(
  rows: number,
  columns: number,
  { codebooks, codewords }: CodesCoding,
): ReadonlyMap<string, PartLayout> {
  return new Map([
    ['codes', { shape: [rows, codebooks], bits: Math.ceil(Math.log2(codewords)) }],
    ['codewords', { shape: [codebooks, codewords, columns], bits: 32 }],
  ]);
}

/** @throws RangeError for parts that are missing, of other sizes, or with codes out of their range */
function compositionOf(
  parts: Parts,
  rows: number,
  n: number,
  { codebooks: M, codewords: K }: CodesCoding,
): Composition {
  const chosen = codesOf(parts, 'codes', rows * M, K);
  partOf(parts, 'codewords', M * K * n);
  const codeword = (row: number, book: number): number => (book * K + chosen[row * M + book]!) * n;
  return {
    shared: ['codewords'],

    compose(row, [values], to, at) {
      to.fill(0, at, at + n);
      for (let book = 0; book < M; book++) {
        const from = codeword(row, book);
        for (let j = 0; j < n; j++) to[at + j]! += values![from + j]!;
      }
    },

    spread(row, _shared, gradient, from, [sums]) {
      for (let book = 0; book < M; book++) {
        const at = codeword(row, book);
        for (let j = 0; j < n; j++) sums![at + j]! += gradient[from + j]!;
      }
    },
  };
}
