import assert from 'node:assert/strict';
import { dropUnits, dropWords } from '../../src/core/model/dropout.ts';
import { Random } from '../../src/core/random.ts';
import { installedEngines } from '../support/engines.ts';

describe('dropout', () => {
  it('keeps the expected value of a unit', () => {
    const [engine] = installedEngines();
    const workspace = engine!.workspace();
    const matrix = workspace.matrix(200, 100);
    matrix.data.fill(1);
    const dropped = dropUnits(workspace, matrix, 0.3, new Random(1));
    const factors = dropped.factors.data;
    assert.deepEqual(dropped.values.data.slice(), factors.slice());
    assert.ok(matrix.data.every((value) => value === 1));
    assert.ok(factors.every((f) => f === 0 || Math.abs(f - 1 / 0.7) < 1e-6));
    const mean = factors.reduce((a, b) => a + b, 0) / factors.length;
    // The standard error of the mean is sqrt(0.3/0.7/20000) = 0.0046.
    assert.ok(Math.abs(mean - 1) < 0.02, `mean ${mean}`);
  });

  it('drops words in order, never a whole sentence, and leaves the batch as it was', () => {
    const ids = Int32Array.of(1, 2, 3, 4, 5, 0, 0, 0);
    const batch = {
      size: 2,
      length: 4,
      ids: ids.slice(),
      lengths: Int32Array.of(4, 1),
      labels: Int32Array.of(0, 1),
    };
    let dropped = 0;
    const random = new Random(2);
    for (let trial = 0; trial < 200; trial++) {
      const seen = dropWords(batch, 0.9, random);
      const kept = [...seen.ids.subarray(0, seen.lengths[0])];
      assert.ok(
        kept.length > 0 && kept.every((id, i) => id >= 1 && id <= 4 && (i === 0 || id > kept[i - 1]!)),
      );
      assert.deepEqual([...seen.ids.subarray(4, 4 + seen.lengths[1]!)], [5]);
      dropped += 4 - kept.length;
    }
    assert.ok(dropped > 500, `${dropped} of 800 dropped at a probability of 0.9, at most 600 possible`);
    assert.deepEqual(batch.ids, ids);
  });
});

describe('Random', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const numbers = (...seed: number[]): number[] => {
      const random = new Random(...seed);
      return Array.from({ length: 5 }, () => random.uniform());
    };
    assert.deepEqual(numbers(1, 2), numbers(1, 2));
    assert.notDeepEqual(numbers(1, 2), numbers(2, 1));
    assert.notDeepEqual(numbers(1), numbers(1, 0));
  });

  it('fills with the numbers that it gives one by one', () => {
    const [one, other] = [new Random(7, 1), new Random(7, 1)];
    const filled = new Uint32Array(1000);
    one.fill(filled);
    assert.deepEqual(
      [...filled],
      Array.from({ length: 1000 }, () => other.uint32()),
    );
    assert.equal(one.uint32(), other.uint32());
  });

  it('is uniform and normal to the accuracy of its sample', () => {
    const random = new Random(9);
    const count = 40000;
    let uniform = 0;
    let first = 0;
    let second = 0;
    for (let i = 0; i < count; i++) {
      uniform += random.uniform();
      const x = random.normal();
      first += x;
      second += x * x;
    }
    assert.ok(Math.abs(uniform / count - 0.5) < 0.01);
    assert.ok(Math.abs(first / count) < 0.03);
    assert.ok(Math.abs(second / count - 1) < 0.04);
  });

  it('permutes', () => {
    const order = new Random(4).permutation(100);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      [...Array(100).keys()],
    );
    assert.notDeepEqual([...order], [...Array(100).keys()]);
  });
});
