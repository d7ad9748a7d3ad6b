import assert from 'node:assert/strict';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { Random } from '../../src/core/random.ts';
import type { OptimizerSettings } from '../../src/core/recipe/recipe.ts';
import { createDenseOptimizer } from '../../src/core/training/denseOptimizer.ts';
import { createRowOptimizer } from '../../src/core/training/rowOptimizer.ts';

const adam: OptimizerSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01 };
const adagrad: OptimizerSettings = { name: 'adagrad', initialAccumulator: 0.1, epsilon: 1e-7 };
const all: readonly OptimizerSettings[] = [adam, adagrad, { name: 'sgd' }];

const normals = (random: Random, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.normal());

const near = (found: number, expected: number, relative = 1e-6): void => {
  assert.ok(Math.abs(found - expected) <= relative * Math.abs(expected), `${found} is not ${expected}`);
};

/** Runs one value through the gradients and returns where it ends, from 0. */
function descend(settings: OptimizerSettings, gradients: readonly number[], rate: number): number {
  const optimizer = createDenseOptimizer(settings, 1);
  const value = new Float32Array(1);
  for (const gradient of gradients) optimizer.apply(value, Float32Array.of(gradient), rate);
  return value[0]!;
}

describe('createDenseOptimizer', () => {
  it('takes Adam’s steps in the epsilon-hat form', () => {
    // One step from rest: m = 0.1 g, v = 0.001 g^2, rate * sqrt(0.001)/0.1 * m/(sqrt(v) + epsilon).
    const g = 0.5;
    near(
      descend(adam, [g], 0.1),
      (-0.1 * Math.sqrt(0.001) * g) / (Math.sqrt(0.001) * g + 0.01), // epsilon is not corrected by sqrt(1 - b2^t)
    );
    // Two steps by hand: m = 0.9*0.05 - 0.1 = -0.055, v = 0.999*0.00025 + 0.001 = 0.00124975.
    const second =
      ((-0.1 * Math.sqrt(1 - 0.999 ** 2)) / (1 - 0.81)) * (-0.055 / (Math.sqrt(0.00124975) + 0.01));
    near(descend(adam, [0.5, -1], 0.1), descend(adam, [0.5], 0.1) + second);
  });

  it('takes steps of the rate under a constant gradient and no epsilon, whatever its size', () => {
    const bare: OptimizerSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0 };
    for (const gradient of [1e-3, 7]) {
      near(descend(bare, new Array<number>(50).fill(gradient), 0.01), -0.5, 1e-4);
    }
  });

  it('divides by the root of the summed squares in Adagrad', () => {
    near(descend({ ...adagrad, initialAccumulator: 0, epsilon: 0 }, [3, 4], 0.1), -0.1 - (0.1 * 4) / 5);
    assert.equal(descend({ ...adagrad, initialAccumulator: 0, epsilon: 0 }, [0], 0.1), 0);
  });

  it('descends along the gradient in SGD', () => {
    near(descend({ name: 'sgd' }, [1, 2, -0.5], 0.1), -0.25);
  });

  it('rejects lengths that are not its own', () => {
    const optimizer = createDenseOptimizer(adam, 3);
    assert.throws(() => {
      optimizer.apply(new Float32Array(3), new Float32Array(2), 1);
    }, RangeError);
    assert.equal(optimizer.step, 0);
  });
});

describe('createRowOptimizer', () => {
  for (const settings of all) {
    it(`equals dense ${settings.name} bit for bit where every row is touched, the padding aside`, () => {
      const random = new Random(3);
      const [m, n] = [6, 5];
      const start = normals(random, m * n);
      const table = new EmbeddingTable(m, n, start.slice());
      const values = start.slice();
      const sparse = createRowOptimizer(settings, table);
      const dense = createDenseOptimizer(settings, m * n);
      for (let step = 0; step < 10; step++) {
        const gradient = normals(random, m * n);
        // Rows come in any order.
        const order = Int32Array.from(random.permutation(m));
        const shuffled = new Float32Array(m * n);
        order.forEach((row, slot) => {
          shuffled.set(gradient.subarray(row * n, (row + 1) * n), slot * n);
        });
        sparse.apply(order, shuffled, 0.01);
        dense.apply(values, gradient, 0.01);
      }
      assert.deepEqual(table.data.subarray(n), values.subarray(n));
      assert.deepEqual(table.data.subarray(0, n), start.subarray(0, n));
    });

    it(`goes on after a restore as if undisturbed (${settings.name})`, () => {
      const random = new Random(4);
      const [m, n] = [5, 3];
      const table = new EmbeddingTable(m, n, normals(random, m * n));
      const optimizer = createRowOptimizer(settings, table);
      const step = (of: typeof optimizer, seed: number): void => {
        of.apply(Int32Array.of(1, 4), normals(new Random(5, seed), 2 * n), 0.05);
      };
      for (let i = 0; i < 4; i++) step(optimizer, i);
      const saved = new Map(
        [...optimizer.state()].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
      );
      const twin = new EmbeddingTable(m, n, table.data.slice());
      const resumed = createRowOptimizer(settings, twin);
      resumed.restore(saved);
      assert.equal(resumed.step, 4);
      for (let i = 4; i < 8; i++) {
        step(optimizer, i);
        step(resumed, i);
      }
      assert.deepEqual(twin.data, table.data);
    });
  }

  it('moves only the rows touched, their moments too, under one step counter', () => {
    const table = new EmbeddingTable(3, 2, new Float32Array(6));
    const optimizer = createRowOptimizer(adam, table);
    optimizer.apply(Int32Array.of(1), Float32Array.of(0.5, 0.5), 0.1);
    const moments = optimizer.state().get('m')!.data.slice();
    optimizer.apply(Int32Array.of(2), Float32Array.of(0.5, 0.5), 0.1);
    assert.deepEqual([...optimizer.state().get('m')!.data.subarray(0, 4)], [...moments.subarray(0, 4)]);
    near(table.data[2]!, descend(adam, [0.5], 0.1));
    // Row 2 is at its first gradient but at step 2: m and v are those of one gradient, the correction is t = 2's.
    const corrected =
      ((-0.1 * Math.sqrt(1 - 0.999 ** 2)) / (1 - 0.81)) * (0.05 / (Math.sqrt(0.00025) + 0.01));
    near(table.data[4]!, corrected);
  });

  it('rejects rows and gradients that do not fit, before anything moves', () => {
    const table = new EmbeddingTable(3, 2, new Float32Array(6));
    const optimizer = createRowOptimizer(adam, table);
    assert.throws(() => {
      optimizer.apply(Int32Array.of(1, 3), new Float32Array(4).fill(1), 0.1);
    }, /row 3/);
    assert.throws(() => {
      optimizer.apply(Int32Array.of(1), new Float32Array(3), 0.1);
    }, /1 x 2 gradients expected, 3 found/);
    assert.equal(optimizer.step, 0);
    assert.ok(table.data.every((value) => value === 0));
  });

  it('rejects a state of another size or without its moments, and keeps its own', () => {
    const optimizer = createRowOptimizer(adam, new EmbeddingTable(3, 2, new Float32Array(6)));
    const other = createRowOptimizer(adam, new EmbeddingTable(2, 2, new Float32Array(4)));
    assert.throws(() => {
      optimizer.restore(other.state());
    }, /m must have 6 values, not 4/);
    assert.throws(() => {
      optimizer.restore(
        createRowOptimizer({ name: 'sgd' }, new EmbeddingTable(1, 1, new Float32Array(1))).state(),
      );
    }, /m must have 6 values, not none/);
    assert.equal(optimizer.step, 0);
  });
});
