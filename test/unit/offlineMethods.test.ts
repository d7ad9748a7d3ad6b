import assert from 'node:assert/strict';
import { methodOf } from '../../src/core/compression/methods.ts';
import type { CompressionContext } from '../../src/core/compression/method.ts';
import { ppaPca } from '../../src/core/embedding/ppa.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import { compressDefaults } from '../../src/core/recipe/defaults.ts';
import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';

const [rows, dimension] = [60, 12];
const random = new Random(3);
/** Vectors with a mean of their own and directions of very different lengths; the padding is 0. */
const data = Float32Array.from({ length: rows * dimension }, (_, i) =>
  i < dimension ? 0 : (1 + (i % dimension)) * random.normal() + 3,
);
const spec: ModelSpec = {
  embedding: { rows, dimension },
  body: { kind: 'dan', hidden: [5] },
  head: 'softmax',
  classes: 3,
  masked: true,
};
const parent = {
  spec,
  weights: initialWeights(spec, data, 1),
  text: undefined,
  vocabulary: undefined,
  labels: undefined,
};
const context = { seed: 1, warn: (text: string) => assert.fail(text) } as unknown as CompressionContext;
const place = { file: 'r.press.json', path: 'compress', entry: 0 };

/** Columns' sums of squares about 0, and the largest mean, of the rows but the padding. */
function moments(values: Float32Array, width: number): { readonly mean: number; readonly squares: number } {
  const means = new Float64Array(width);
  let squares = 0;
  for (let i = width; i < values.length; i++) {
    means[i % width]! += values[i]! / (values.length / width - 1);
    squares += values[i]! ** 2;
  }
  return { mean: Math.max(...means.map(Math.abs)), squares };
}

describe('post-processing and PCA', () => {
  it('leaves the padding 0, centres the words, and keeps less the more directions go', async () => {
    const table = new EmbeddingTable(rows, dimension, data);
    let before = Infinity;
    for (const removed of [0, 1, 2, 3]) {
      const reduced = await ppaPca(table, 6, removed);
      assert.equal(reduced.length, rows * 6);
      assert.ok(reduced.subarray(0, 6).every((value) => value === 0));
      const { mean, squares } = moments(reduced, 6);
      assert.ok(mean < 1e-5, `mean ${mean}`);
      assert.ok(squares < before);
      before = squares;
    }
    assert.deepEqual(table.data, data);
  });

  it('is a rotation of the centred words where nothing is removed and all dimensions stay', async () => {
    const reduced = await ppaPca(new EmbeddingTable(rows, dimension, data), dimension, 0);
    const distance = (of: Float32Array, a: number, b: number): number => {
      let sum = 0;
      for (let j = 0; j < dimension; j++) sum += (of[a * dimension + j]! - of[b * dimension + j]!) ** 2;
      return Math.sqrt(sum);
    };
    for (let a = 1; a < 10; a++) {
      const [found, expected] = [distance(reduced, a, a + 20), distance(data, a, a + 20)];
      assert.ok(Math.abs(found - expected) < 1e-4 * expected);
    }
  });
});

describe('methods that compress word vectors', () => {
  it('make a model of fewer dimensions whose other layers fit', async () => {
    const settings = { ...compressDefaults['ppa-pca'], dimensions: [4], removed: 2 };
    const [point] = methodOf(settings).points(settings, { rows, dimension }, place).points;
    assert.ok(point);
    const { spec: made, weights } = await methodOf(settings).compress(parent, point, settings, context);
    assert.deepEqual(made.embedding, { rows, dimension: 4 });
    assert.deepEqual(weights.get('hidden_0/kernel')?.shape, [4, 5]);
  });

  it('refuse dimensions that the removed directions leave nothing of', () => {
    const settings = { ...compressDefaults['ppa-pca'], dimensions: [7] };
    assert.throws(() => methodOf(settings).points(settings, { rows, dimension }, place), {
      code: 'dimension-out-of-range',
    });
  });

  it('factorize the vectors, and leave the other layers as they are', async () => {
    const settings = { ...compressDefaults['low-rank-offline'], reductions: [], ranks: [12] };
    const [point] = methodOf(settings).points(settings, { rows, dimension }, place).points;
    assert.ok(point);
    const { weights } = await methodOf(settings).compress(parent, point, settings, context);
    const [A, B] = [weights.get('embedding/A'), weights.get('embedding/B')];
    assert.ok(A && B);
    for (let i = 0; i < data.length; i++) {
      let sum = 0;
      for (let k = 0; k < 12; k++) {
        sum += A.data[Math.floor(i / dimension) * 12 + k]! * B.data[k * dimension + (i % dimension)]!;
      }
      assert.ok(Math.abs(sum - data[i]!) < 1e-4);
    }
    assert.equal(weights.get('head/kernel'), parent.weights.get('head/kernel'));
  });
});
