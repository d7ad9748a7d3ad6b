import type { CodingScheme, PartLayout, Parts, ProductQuantizationCoding } from '../coding.ts';
import { codesOf } from '../codesOf.ts';
import { atOnce } from '../inSteps.ts';
import { keptRows, placesOfRows } from '../keptRows.ts';
import { partOf } from '../partOf.ts';
import { normLevels, quantizeSubvectors } from '../quantizeSubvectors.ts';
import { composed, type Composition } from '../sharedRows.ts';
import { storageOf } from '../storage.ts';
import { wholeField } from '../wholeField.ts';

/**
 * Product quantization (Jégou et al., 2011; for classifiers Joulin et al., 2016, fastText.zip): a row is cut into
 * sub-vectors, and each is the nearest of its place's centroids. With `norm` the rows are brought to length 1 first, and
 * a row's length is the nearest of 256: not |x| as in fastText but the length with which the centroids come nearest to x,
 * <x, c> / <c, c>. The centroids are scaled so that the lengths are 1 in the mean: a step of training then moves a
 * centroid as far as it would move the row.
 *
 * With `words` below 1 only that share of the rows has codes, those of most worth, and a bitmap tells which; the others
 * read as the row `unknown`. It and row 0, the padding, always have codes.
 *
 * Parts: `codes` [kept, sub-vectors], `centroids` [K, n] (centroid k of a place lies in the place's columns of row k),
 * `norms` [256] and `normCodes` [kept], `kept` [m]. Training keeps the codes and moves centroids and norms.
 */
export const productQuantization: CodingScheme<ProductQuantizationCoding> = {
  check({ subvector, centroids, norm, words, unknown }, fault) {
    if (typeof norm !== 'boolean') throw fault('norm');
    if (typeof words !== 'number' || !(words > 0 && words <= 1)) throw fault('words');
    return {
      kind: 'product-quantization',
      subvector: wholeField(subvector, 1, 2 ** 31, 'subvector', fault),
      centroids: wholeField(centroids, 2, 256, 'centroids', fault),
      norm,
      words,
      unknown: wholeField(unknown, 0, 2 ** 31, 'unknown', fault),
    };
  },

  encode: (matrix, coding, random, worth) => atOnce(quantizeSubvectors(matrix, coding, random, worth)),

  layout,

  cost: (rows, columns, coding) => ({
    ...storageOf(layout(rows, columns, coding)),
    flopsPerRow: coding.norm ? columns : 0,
  }),

  ...composed(compositionOf),
};

function layout(
  rows: number,
  columns: number,
  { subvector, centroids, norm, words }: ProductQuantizationCoding,
): ReadonlyMap<string, PartLayout> {
  const kept = keptRows(rows, words);
  return new Map<string, PartLayout>([
    ['codes', { shape: [kept, Math.ceil(columns / subvector)], bits: Math.ceil(Math.log2(centroids)) }],
    ['centroids', { shape: [centroids, columns], bits: 32 }],
    ...(norm
      ? [
          ['norms', { shape: [normLevels], bits: 32 }] as const,
          ['normCodes', { shape: [kept], bits: 8 }] as const,
        ]
      : []),
    ...(words < 1 ? [['kept', { shape: [rows], bits: 1 }] as const] : []),
  ]);
}

/** @throws RangeError for parts that are missing, of other sizes, or with codes out of their range */
function compositionOf(
  parts: Parts,
  rows: number,
  n: number,
  { subvector, centroids, norm, words, unknown }: ProductQuantizationCoding,
): Composition {
  const kept = keptRows(rows, words);
  const places = Math.ceil(n / subvector);
  const codes = codesOf(parts, 'codes', kept * places, centroids);
  const normCodes = norm ? codesOf(parts, 'normCodes', kept, normLevels) : undefined;
  partOf(parts, 'centroids', centroids * n);
  if (norm) partOf(parts, 'norms', normLevels);
  const codeOfRow = words < 1 ? placesOfRows(parts, rows, kept, unknown) : undefined;
  return {
    shared: norm ? ['centroids', 'norms'] : ['centroids'],

    compose(row, [codebooks, norms], to, at) {
      const code = codeOfRow ? codeOfRow[row]! : row;
      if (code < 0) {
        to.fill(0, at, at + n);
        return;
      }
      const scale = normCodes && norms ? norms[normCodes[code]!]! : 1;
      for (let place = 0, j = 0; place < places; place++) {
        const from = codes[code * places + place]! * n;
        const end = Math.min(j + subvector, n);
        for (; j < end; j++) to[at + j] = scale * codebooks![from + j]!;
      }
    },

    spread(row, [codebooks, norms], gradient, from, [codebookSums, normSums]) {
      const code = codeOfRow ? codeOfRow[row]! : row;
      if (code < 0) return;
      const level = normCodes ? normCodes[code]! : 0;
      const scale = norms ? norms[level]! : 1;
      let along = 0;
      for (let place = 0, j = 0; place < places; place++) {
        const at = codes[code * places + place]! * n;
        const end = Math.min(j + subvector, n);
        for (; j < end; j++) {
          const slope = gradient[from + j]!;
          codebookSums![at + j]! += scale * slope;
          along += codebooks![at + j]! * slope;
        }
      }
      if (normSums) normSums[level]! += along;
    },
  };
}
