import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { FixedPointCoding, FrequentRowsCoding, Parts } from '../../src/core/compression/coding.ts';
import { checkCoding } from '../../src/core/compression/codings.ts';
import { fixedPoint } from '../../src/core/compression/codings/fixedPoint.ts';
import { frequentRows } from '../../src/core/compression/codings/frequentRows.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { lowRank } from '../../src/core/compression/methods/lowRank.ts';
import { Parameter } from '../../src/core/model/parameter.ts';
import { Random } from '../../src/core/random.ts';
import { compressDefaults } from '../../src/core/recipe/defaults.ts';
import { checkResume } from '../support/codedModel.ts';
import { installedEngines } from '../support/engines.ts';

const [rows, columns, unknown] = [40, 5, 7];
const random = new Random(6);
const table: Tensor = {
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
};
/** The higher the row the more frequent. */
const worth = Float64Array.from({ length: rows }, (_, row) => row);
const values: FixedPointCoding = { kind: 'fixed-point', bits: 4, scale: 'table', zeroPoint: false };
const plain: FrequentRowsCoding = { kind: 'frequent-rows', words: 0.25, unknown };
const coded: FrequentRowsCoding = { ...plain, values };
const kept = [0, unknown, 32, 33, 34, 35, 36, 37, 38, 39];
const encode = (coding: FrequentRowsCoding): Parts => frequentRows.encode(table, coding, random, worth);
const rowOf = (data: Float32Array, row: number): Float32Array =>
  data.slice(row * columns, (row + 1) * columns);

describe('rows of frequent words', () => {
  it('stay, with the padding and the unknown word, as which the others read', () => {
    const data = frequentRows.decode(encode(plain), rows, columns, plain);
    for (let row = 0; row < rows; row++) {
      assert.deepEqual(rowOf(data, row), rowOf(table.data, kept.includes(row) ? row : unknown));
    }
    const without = { ...plain, unknown: 0 };
    const zeros = frequentRows.decode(encode(without), rows, columns, without);
    assert.deepEqual(rowOf(zeros, 3), new Float32Array(columns));
    assert.deepEqual(rowOf(zeros, 39), rowOf(table.data, 39));
  });

  it('may be in fixed point, with the range of those that stay', () => {
    const data = frequentRows.decode(encode(coded), rows, columns, coded);
    const own = Float32Array.from(kept.flatMap((row) => [...rowOf(table.data, row)]));
    const parts = fixedPoint.encode({ shape: [kept.length, columns], data: own }, values, random);
    const expected = fixedPoint.decode(parts, kept.length, columns, values);
    kept.forEach((row, i) => {
      assert.deepEqual(rowOf(data, row), rowOf(expected, i));
    });
  });

  it('cost their values and a bit for each row', () => {
    const float = frequentRows.cost(rows, columns, plain);
    assert.deepEqual(float, { parameters: 90, storageBytes: 4 * 50 + 5, flopsPerRow: 0 });
    const four = frequentRows.cost(rows, columns, coded);
    assert.deepEqual(four, { parameters: 91, storageBytes: 25 + 4 + 5, flopsPerRow: 10 });
  });

  it('are refused where bitmap or settings do not fit', () => {
    const parts = encode(plain);
    const bitmap = parts.get('kept')!.data;
    for (const change of [unknown, 20, 39]) {
      const data = bitmap.slice();
      data[change] = 1 - data[change]!;
      const altered = new Map([...parts, ['kept', { shape: [rows], data }] as const]);
      assert.throws(() => frequentRows.decode(altered, rows, columns, plain), RangeError);
    }
    const fault = (field: string): Error => new Error(field);
    assert.deepEqual(checkCoding({ ...coded }, fault), coded);
    for (const [field, value] of [
      ['words', 1],
      ['unknown', -1],
      ['values', 4],
      ['values.bits', { ...values, bits: 40 }],
    ] as const) {
      const wrong = { ...plain, [field.split('.')[0]!]: value };
      assert.throws(() => checkCoding(wrong, fault), new RegExp(field));
    }
  });

  it('train, the unknown word along the gradients of all that read as it', () => {
    for (const coding of [plain, coded]) {
      const [engine] = installedEngines();
      const workspace = engine!.workspace();
      const weights = new Map([['embedding/A', table]]);
      for (const [name, part] of encode(coding)) weights.set(`embedding/A/${name}`, part);
      const parameter = new Parameter(
        workspace,
        'embedding/A',
        [rows, columns],
        weights,
        { name: 'sgd' },
        coding,
      );
      const all = Int32Array.from({ length: rows }, (_, row) => row);
      parameter.read(all);
      const before = parameter.value.data.slice();
      const touched = [0, 3, 4, unknown, 38];
      workspace.begin();
      const at = workspace.integers(Int32Array.from(touched));
      const gradients = workspace.matrix(touched.length, columns);
      gradients.data.fill(1);
      parameter.updateRows(at, touched.length, gradients, 0.5);
      parameter.read(all);
      const after = parameter.value.data;
      const moves = (row: number): number => before[row * columns]! - after[row * columns]!;
      const tolerance = coding === plain ? 1e-6 : 0.3;
      for (const row of [3, 20, unknown])
        assert.ok(Math.abs(moves(row) - 1.5) <= tolerance, String(moves(row)));
      assert.ok(Math.abs(moves(38) - 0.5) <= tolerance);
      for (const row of [0, 32, 39]) assert.equal(moves(row), 0);
    }
  });

  it('go on from their state, bit for bit', () => {
    for (const coding of [plain, coded]) {
      checkResume((model) => encodeEmbedding(model, coding, new Random(1)));
    }
  });

  it('are points of low rank, combined with bits, and curves of their own', () => {
    const settings = {
      ...compressDefaults['low-rank'],
      ranks: [2],
      reductions: [],
      bits: [32, 4],
      words: [0.5, 1],
    };
    const table = { rows, dimension: columns };
    const { points } = lowRank.points(settings, table, { file: 'a', path: 'compress', entry: 0 });
    assert.deepEqual(
      points.map(({ setting, series, coding }) => [setting, series, coding?.kind]),
      [
        ['task-k2', 'task', undefined],
        ['task-k2-4bit', 'task-4bit', 'fixed-point'],
        ['task-k2-words0.5', 'task-words0.5', 'frequent-rows'],
        ['task-k2-4bit-words0.5', 'task-4bit-words0.5', 'frequent-rows'],
      ],
    );
  });
});
