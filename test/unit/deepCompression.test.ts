import assert from 'node:assert/strict';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { DeepCompressionCoding, Parts } from '../../src/core/compression/coding.ts';
import { checkCoding } from '../../src/core/compression/codings.ts';
import { deepCompression } from '../../src/core/compression/codings/deepCompression.ts';
import { encodeEmbedding } from '../../src/core/compression/encodeEmbedding.ts';
import { keptValues } from '../../src/core/compression/largestValues.ts';
import { linearKMeans, nearestOf } from '../../src/core/compression/linearKMeans.ts';
import { deepCompressionMethod } from '../../src/core/compression/methods/deepCompression.ts';
import { packedBytes } from '../../src/core/compression/packing.ts';
import type { Workspace } from '../../src/core/engine/workspace.ts';
import type { Parameter } from '../../src/core/model/parameter.ts';
import { Random } from '../../src/core/random.ts';
import { checkCodebookGradients, checkResume } from '../support/codedModel.ts';
import { installedEngines } from '../support/engines.ts';
import { stepSomeRows, trainedTable } from '../support/trainedTable.ts';

const [rows, columns] = [60, 25];
const random = new Random(4);
const table: Tensor = {
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
};
table.data.fill(0, 0, columns);
const codingOf = (sparsity: number, bits: number): DeepCompressionCoding => ({
  kind: 'deep-compression',
  sparsity,
  bits,
});
const encode = (coding: DeepCompressionCoding, of = table): Parts =>
  deepCompression.encode(of, coding, random);
const decode = (coding: DeepCompressionCoding, parts: Parts): Float32Array =>
  deepCompression.decode(parts, rows, columns, coding);

describe('k-means of single values from an even start', () => {
  it('ends where each centroid is the mean of what is nearest to it', () => {
    for (const count of [1, 2, 8, 32]) {
      const centroids = linearKMeans(table.data, count);
      const groups = Array.from({ length: count }, (): number[] => []);
      for (const value of table.data) {
        const place = nearestOf(centroids, value);
        const distance = Math.min(...centroids.map((centroid) => Math.abs(centroid - value)));
        assert.ok(Math.abs(Math.abs(centroids[place]! - value) - distance) < 1e-6);
        groups[place]!.push(value);
      }
      groups.forEach((group, c) => {
        if (group.length === 0) return;
        const mean = group.reduce((a, b) => a + b) / group.length;
        assert.ok(Math.abs(mean - centroids[c]!) < 1e-6);
      });
    }
  });

  it('stays where values are all one, and keeps what no value is near', () => {
    assert.deepEqual(linearKMeans(Float32Array.of(2, 2, 2), 2), Float32Array.of(2, 2));
    assert.deepEqual(linearKMeans(Float32Array.of(0, 0, 4), 3), Float32Array.of(0, 2, 4));
  });
});

describe('deep compression', () => {
  it('keeps the largest values, each as the nearest of its shared ones', () => {
    for (const sparsity of [0.3, 0.9, 0.99]) {
      for (const bits of [1, 5, 8]) {
        const coding = codingOf(sparsity, bits);
        const parts = encode(coding);
        const centroids = parts.get('centroids')!.data;
        const values = decode(coding, parts);
        const kept = values.filter((value) => value !== 0);
        assert.equal(kept.length, keptValues(rows, columns, sparsity));
        values.forEach((value, i) => {
          if (value !== 0) assert.equal(value, centroids[nearestOf(centroids, table.data[i]!)]);
        });
      }
    }
  });

  it('spans gaps of any length, and a table with one value left', () => {
    for (const [at, after] of [
      [0, 1],
      [254, 509],
      [255, 510],
      [256, 767],
      [1499, 3],
    ] as const) {
      const data = new Float32Array(rows * columns);
      data[at] = 2;
      data[after] = -1;
      for (const kept of [1, 2]) {
        const coding = codingOf(1 - kept / data.length, 1);
        const values = decode(coding, encode(coding, { shape: [rows, columns], data }));
        assert.equal(values[at], 2);
        assert.equal(values[after], kept === 2 ? -1 : 0);
      }
    }
  });

  it('has the bytes that it counts, and without its parts at most counts more', () => {
    for (const sparsity of [0.1, 0.8, 0.95, 0.999]) {
      for (const bits of [1, 3, 8]) {
        const coding = codingOf(sparsity, bits);
        const parts = encode(coding);
        const layout = deepCompression.layout(rows, columns, coding);
        assert.deepEqual([...parts.keys()].sort(), [...layout.keys()].sort());
        const bytes = [...layout].reduce(
          (sum, [name, part]) => sum + packedBytes(parts.get(name)!.data.length, part.bits),
          0,
        );
        assert.equal(deepCompression.cost(rows, columns, coding, parts).storageBytes, bytes);
        assert.ok(deepCompression.cost(rows, columns, coding).storageBytes >= bytes);
      }
    }
  });

  it('takes little more than the entropy of a large sparse table', () => {
    const [m, n] = [2000, 50];
    const data = Float32Array.from({ length: m * n }, () => random.normal());
    const coding = codingOf(0.95, 4);
    const parts = deepCompression.encode({ shape: [m, n], data }, coding, random);
    const { storageBytes } = deepCompression.cost(m, n, coding, parts);
    const places = -(0.05 * Math.log2(0.05) + 0.95 * Math.log2(0.95)) * m * n;
    const values = deepCompression.decode(parts, m, n, coding);
    const counts = new Map<number, number>();
    for (const value of values) if (value !== 0) counts.set(value, (counts.get(value) ?? 0) + 1);
    const kept = 0.05 * m * n;
    const indices = [...counts.values()].reduce((sum, count) => sum - count * Math.log2(count / kept), 0);
    const entropy = (places + indices) / 8 + 16 * 4 + 128 + 8;
    assert.ok(storageBytes > 0.99 * entropy && storageBytes < 1.04 * entropy, `${storageBytes}, ${entropy}`);
  });

  it('refuses streams, lengths and settings that do not fit', () => {
    const coding = codingOf(0.9, 3);
    const altered = (name: string, change: (data: Float32Array) => Float32Array): void => {
      const parts = encode(coding);
      const data = change(parts.get(name)!.data.slice());
      assert.throws(
        () => decode(coding, new Map([...parts, [name, { shape: [data.length], data }]])),
        RangeError,
      );
    };
    for (const name of ['indices', 'gaps']) {
      altered(name, (data) => data.subarray(0, -1));
      altered(name, (data) => Float32Array.of(...data, 0));
      altered(name, (data) => data.fill(300));
    }
    altered('gaps', (data) => data.fill(255));
    for (const name of ['indexLengths', 'gapLengths']) {
      altered(name, (data) => data.fill(1));
      altered(name, (data) => data.fill(0));
      altered(name, (data) => data.subarray(1));
      altered(name, (data) => data.map((value) => value + 0.5));
    }
    altered('centroids', (data) => data.subarray(1));
    const fault = (field: string): Error => new Error(field);
    for (const [field, value] of [
      ['sparsity', 0],
      ['bits', 9],
      ['bits', 'ternary'],
    ] as const) {
      assert.throws(() => checkCoding({ ...coding, [field]: value }, fault), new RegExp(field));
    }
  });

  it('has points of each sparsity and width, the largest first', () => {
    const settings = { method: 'deep-compression', sparsities: [0.9, 0.8], bits: [4, 5] } as const;
    const place = { file: 'a', path: 'compress', entry: 0 };
    const { points } = deepCompressionMethod.points(
      { ...settings, retrain: false },
      { rows, dimension: columns },
      place,
    );
    assert.deepEqual(
      points.map(({ setting }) => setting),
      ['0.8-5bit', '0.9-5bit', '0.8-4bit', '0.9-4bit'].map((name) => `deep-compression-${name}-bare`),
    );
  });
});

describe('a table in deep compression that trains', () => {
  let workspace: Workspace;
  beforeEach(() => {
    const [engine] = installedEngines();
    workspace = engine!.workspace();
  });

  const open = (coding: DeepCompressionCoding): Parameter =>
    trainedTable(workspace, table, encode(coding), coding);
  const step = (parameter: Parameter): void => {
    stepSomeRows(workspace, parameter, random);
  };

  it('sums up the gradients of each centroid', () => {
    for (const bits of [1, 3]) {
      checkCodebookGradients(
        (model) => encodeEmbedding(model, codingOf(0.4, bits), new Random(1)),
        ['centroids'],
      );
    }
  });

  it('trains what is left freely, quantizes it in the middle, and trains what is shared', () => {
    const coding = codingOf(0.8, 3);
    const parameter = open(coding);
    const distinct = (): number => new Set(parameter.value.data.filter((value) => value !== 0)).size;
    const small = [0, 1, 2, 3].map((epoch) => {
      workspace.begin();
      const done = parameter.beginEpoch(epoch, 4);
      step(parameter);
      parameter.read(Int32Array.from({ length: rows }, (_, row) => row));
      assert.equal(parameter.value.data.filter((value) => value !== 0).length, 300);
      assert.equal(distinct() <= 8, done);
      if (done) {
        const parts = parameter
          .weights()
          .map(([name, part]) => [name.slice('embedding/table/'.length), part]);
        assert.deepEqual(decode(coding, new Map(parts as [string, Tensor][])), parameter.value.data);
      }
      return done;
    });
    assert.deepEqual(small, [false, false, true, true]);
  });

  it('goes on from its state, bit for bit, in either half', () => {
    for (const done of [1, 2, 3]) {
      checkResume((model) => encodeEmbedding(model, codingOf(0.5, 3), new Random(1)), done);
    }
  });
});
