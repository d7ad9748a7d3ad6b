import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { Parts, SparseCoding } from '../../src/core/compression/coding.ts';
import { checkCoding } from '../../src/core/compression/codings.ts';
import { sparse } from '../../src/core/compression/codings/sparse.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { gradualSparsity } from '../../src/core/compression/gradualSparsity.ts';
import { keptValues, largestValues } from '../../src/core/compression/largestValues.ts';
import { pruning } from '../../src/core/compression/methods/pruning.ts';
import { packedBytes } from '../../src/core/compression/packing.ts';
import type { Workspace } from '../../src/core/engine/workspace.ts';
import type { Parameter } from '../../src/core/model/parameter.ts';
import { Random } from '../../src/core/random.ts';
import { checkResume } from '../support/codedModel.ts';
import { installedEngines } from '../support/engines.ts';
import { stepSomeRows, trainedTable } from '../support/trainedTable.ts';

const [rows, columns] = [50, 20];
const random = new Random(2);
const table: Tensor = {
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
};
const codingOf = (sparsity: number, gradual = false): SparseCoding => ({ kind: 'sparse', sparsity, gradual });
const encode = (coding: SparseCoding): Parts => sparse.encode(table, coding, random);
const decode = (coding: SparseCoding, parts: Parts): Float32Array =>
  sparse.decode(parts, rows, columns, coding);
const zeros = (values: Float32Array): number => values.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);

describe('the largest values', () => {
  it('are those that sorting finds, the first ones on ties', () => {
    const lists = [
      table.data,
      Float32Array.of(0, -0, 0, 0),
      Float32Array.of(1, -1, 1, -1, 0.5, -2),
      table.data.map((value) => Math.round(2 * value) / 2),
      table.data.map((value) => value * 1e-40),
    ];
    for (const values of lists) {
      const order = [...values.keys()].sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
      for (let count = 1; count <= values.length; count = Math.ceil(count * 1.3) + 1) {
        const expected = new Uint8Array(values.length);
        order.slice(0, count).forEach((i) => (expected[i] = 1));
        assert.deepEqual(largestValues(values, count), expected);
      }
    }
  });
});

describe('the schedule of gradual pruning', () => {
  it('rises by a cube that flattens, and keeps its end in the second half', () => {
    const found = [0, 1, 2, 3, 4].map((epoch) => gradualSparsity(0.9, epoch, 5));
    const expected = [19 / 27, 26 / 27, 1, 1, 1].map((share) => 0.9 * share);
    found.forEach((sparsity, epoch) => {
      assert.ok(Math.abs(sparsity - expected[epoch]!) < 1e-12);
    });
    for (const epochs of [1, 2, 3, 10]) assert.equal(gradualSparsity(0.8, epochs - 1, epochs), 0.8);
  });
});

describe('pruning', () => {
  it('keeps the largest values as they are and makes the others 0', () => {
    for (const sparsity of [0.05, 0.5, 0.8, 0.9, 0.95, 0.99]) {
      const coding = codingOf(sparsity);
      const values = decode(coding, encode(coding));
      assert.equal(zeros(values), Math.round(sparsity * rows * columns));
      const kept = values.filter((value) => value !== 0).map(Math.abs);
      const gone = table.data.filter((_, i) => values[i] === 0).map(Math.abs);
      assert.ok(Math.min(...kept) >= Math.max(...gone));
      assert.ok(values.every((value, i) => value === 0 || value === table.data[i]));
    }
    assert.equal(keptValues(3, 3, 0.9999), 1);
  });

  it('is stored as a bitmap or by positions, whichever takes less, and counts that', () => {
    const forms = new Set<string>();
    for (const sparsity of [0.3, 0.6, 0.8, 0.9, 0.95, 0.99]) {
      const coding = codingOf(sparsity);
      const parts = encode(coding);
      const kept = keptValues(rows, columns, sparsity);
      const bitmap = packedBytes(rows * columns, 1) + 4 * kept;
      const positions = packedBytes(rows, 5) + packedBytes(kept, 5) + 4 * kept;
      const { storageBytes, parameters } = sparse.cost(rows, columns, coding);
      assert.equal(storageBytes, Math.min(bitmap, positions));
      const layout = sparse.layout(rows, columns, coding);
      assert.deepEqual([...parts.keys()], [...layout.keys()]);
      for (const [name, { shape }] of layout) assert.deepEqual(parts.get(name)!.shape, shape);
      assert.equal(
        parameters,
        [...parts.values()].reduce((sum, { data }) => sum + data.length, 0),
      );
      forms.add([...parts.keys()].join());
    }
    assert.deepEqual([...forms], ['mask,values', 'counts,columns,values']);
  });

  it('refuses parts that do not fit each other', () => {
    const altered = (
      coding: SparseCoding,
      name: string,
      change: (data: Float32Array) => Float32Array,
    ): void => {
      const parts = encode(coding);
      const part = parts.get(name)!;
      const data = change(part.data.slice());
      assert.throws(
        () => decode(coding, new Map([...parts, [name, { shape: [data.length], data }]])),
        RangeError,
      );
    };
    const put = (at: number, value: number) => (data: Float32Array) => {
      data[at] = data[at] === value ? value + 1 : value;
      return data;
    };
    altered(codingOf(0.3), 'mask', put(0, 0));
    altered(codingOf(0.3), 'mask', put(3, 2));
    altered(codingOf(0.3), 'mask', (data) => data.subarray(1));
    altered(codingOf(0.3), 'values', (data) => data.subarray(1));
    altered(codingOf(0.95), 'counts', put(4, 9));
    altered(codingOf(0.95), 'counts', put(4, 1e9));
    altered(codingOf(0.95), 'columns', put(0, columns));
    altered(codingOf(0.95), 'columns', (data) => data.fill(1));
    altered(codingOf(0.95), 'columns', put(0, 0.5));
    altered(codingOf(0.95), 'values', (data) => data.subarray(1));
    const fault = (field: string): Error => new Error(field);
    for (const [field, value] of [
      ['sparsity', 1],
      ['sparsity', '0.5'],
      ['gradual', 0],
    ] as const) {
      assert.throws(() => checkCoding({ ...codingOf(0.5), [field]: value }, fault), new RegExp(field));
    }
  });

  it('has points from the largest to the smallest, named for what differs', () => {
    const settings = {
      method: 'pruning',
      sparsities: [0.9, 0.01, 0.5],
      gradual: true,
      retrain: true,
    } as const;
    const place = { file: 'a', path: 'compress', entry: 2 };
    const { points, warnings } = pruning.points(settings, { rows, dimension: columns }, place);
    assert.deepEqual(
      points.map(({ setting }) => setting),
      ['pruning-0.01', 'pruning-0.5', 'pruning-0.9'],
    );
    assert.match(warnings.join(), /pruning-0.01 makes the table no smaller/);
    const names = [
      { ...settings, gradual: false },
      { ...settings, retrain: false },
    ].map((other) => pruning.points(other, { rows, dimension: columns }, place).points[0]!);
    assert.deepEqual(
      names.map(({ series }) => series),
      ['pruning-at-once', 'pruning-bare'],
    );
    assert.deepEqual(names[1]!.coding, codingOf(0.01));
  });
});

describe('a pruned table that trains', () => {
  let workspace: Workspace;
  beforeEach(() => {
    const [engine] = installedEngines();
    workspace = engine!.workspace();
  });

  const open = (coding: SparseCoding): Parameter => trainedTable(workspace, table, encode(coding), coding);
  const step = (parameter: Parameter): void => {
    stepSomeRows(workspace, parameter, random);
  };

  it('keeps what is 0, moves what is left of the rows that it sees, and nothing else', () => {
    const parameter = open(codingOf(0.7));
    const before = parameter.value.data.slice();
    for (let t = 0; t < 20; t++) step(parameter);
    const after = parameter.value.data;
    for (let i = 0; i < before.length; i++) {
      const moves = before[i] !== 0 && [4, 9, 30].includes(Math.floor(i / columns));
      assert.equal(after[i] !== before[i], moves);
    }
  });

  it('begins gradual pruning with all values, and is done in the second half of the epochs', () => {
    const parameter = open(codingOf(0.9, true));
    assert.equal(zeros(parameter.value.data), 900);
    const found = [0, 1, 2, 3, 4].map((epoch) => {
      const small = parameter.beginEpoch(epoch, 5);
      step(parameter);
      step(parameter);
      const bytes = parameter.weights().find(([name]) => name.endsWith('values'))![1].data.length;
      assert.equal(bytes, rows * columns - zeros(parameter.value.data));
      return [zeros(parameter.value.data), small];
    });
    assert.deepEqual(found, [
      [633, false],
      [867, false],
      [900, true],
      [900, true],
      [900, true],
    ]);
  });

  it('prunes nothing step by step where it is not gradual', () => {
    const parameter = open(codingOf(0.9));
    assert.equal(parameter.beginEpoch(0, 5), true);
    assert.equal(zeros(parameter.value.data), 900);
  });

  it('goes on from its state, bit for bit, its mask with it', () => {
    for (const done of [1, 2, 3]) {
      for (const coding of [codingOf(0.5, true), codingOf(0.9, true), codingOf(0.9)]) {
        checkResume((model) => encodeEmbedding(model, coding, new Random(1)), done);
      }
    }
  });
});
