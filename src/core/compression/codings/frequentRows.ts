import type { Tensor } from '../../checkpoint/checkpoint.ts';
import type { CodingScheme, FrequentRowsCoding, PartLayout } from '../coding.ts';
import { FrequentRows } from '../frequentRows.ts';
import { keptRows, lengthsOf, mostWorth, placesOfRows } from '../keptRows.ts';
import { partOf } from '../partOf.ts';
import { storageOf } from '../storage.ts';
import { fixedPoint } from './fixedPoint.ts';

/**
 * The rows of most worth, such as those of frequent words; the others read as the row `unknown`. It and row 0, the
 * padding, are always among them. Parts: `kept` [m], a bit for each row, and the rows that are kept, as `values`
 * [kept, n] or as the parts of their own coding.
 */
export const frequentRows: CodingScheme<FrequentRowsCoding> = {
  check({ words, unknown, values }, fault) {
    if (typeof words !== 'number' || !(words > 0 && words < 1)) throw fault('words');
    if (typeof unknown !== 'number' || !Number.isSafeInteger(unknown) || unknown < 0) throw fault('unknown');
    if (values === undefined) return { kind: 'frequent-rows', words, unknown };
    if (typeof values !== 'object' || values === null) throw fault('values');
    const inner = fixedPoint.check(values as Record<string, unknown>, (field) => fault(`values.${field}`));
    return { kind: 'frequent-rows', words, unknown, values: inner };
  },

  encode({ data, shape }, { words, unknown, values }, random, worth) {
    const [rows = 0, columns = 0] = shape;
    const lengths = lengthsOf(data, rows, columns);
    const chosen = mostWorth(worth ?? lengths, lengths, keptRows(rows, words), unknown);
    const kept = new Float32Array(chosen.length * columns);
    const bitmap = new Float32Array(rows);
    chosen.forEach((row, i) => {
      kept.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
      bitmap[row] = 1;
    });
    const matrix: Tensor = { shape: [chosen.length, columns], data: kept };
    return new Map([
      ...(values ? fixedPoint.encode(matrix, values, random) : [['values', matrix] as const]),
      ['kept', { shape: [rows], data: bitmap }],
    ]);
  },

  decode(parts, rows, columns, { words, unknown, values }) {
    const kept = keptRows(rows, words);
    const places = placesOfRows(parts, rows, kept, unknown);
    const stored = values
      ? fixedPoint.decode(parts, kept, columns, values)
      : partOf(parts, 'values', kept * columns);
    const data = new Float32Array(rows * columns);
    places.forEach((place, row) => {
      if (place >= 0) data.set(stored.subarray(place * columns, (place + 1) * columns), row * columns);
    });
    return data;
  },

  layout,

  cost: (rows, columns, coding) => ({
    ...storageOf(layout(rows, columns, coding)),
    flopsPerRow: coding.values ? fixedPoint.cost(rows, columns, coding.values).flopsPerRow : 0,
  }),

  open(workspace, value, { words, unknown, values }, parts, optimizer) {
    const places = placesOfRows(parts, value.rows, keptRows(value.rows, words), unknown);
    return new FrequentRows(workspace, value, places, parts, optimizer, values);
  },
};

function layout(
  rows: number,
  columns: number,
  { words, values }: FrequentRowsCoding,
): ReadonlyMap<string, PartLayout> {
  const kept = keptRows(rows, words);
  return new Map([
    ...(values
      ? fixedPoint.layout(kept, columns, values)
      : [['values', { shape: [kept, columns], bits: 32 }] as const]),
    ['kept', { shape: [rows], bits: 1 }],
  ]);
}
