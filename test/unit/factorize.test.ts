import assert from 'node:assert/strict';
import {
  decompose,
  factorize,
  type FactorizeOptions,
  type Factors,
} from '../../src/core/embedding/factorize.ts';
import { singularSpectrum } from '../../src/core/embedding/spectrum.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { GradientCovariance } from '../../src/core/embedding/taskMetric.ts';
import { UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';
import type { Split } from '../../src/core/recipe/recipe.ts';

const splits: readonly Split[] = ['balanced', 'paper', 'right'];

/** `count` orthonormal rows of `length`, by Gram and Schmidt, twice over. */
function orthonormalRows(random: Random, count: number, length: number): Float64Array[] {
  const rows: Float64Array[] = [];
  while (rows.length < count) {
    const row = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const overlap = row.reduce((sum, value, i) => sum + value * other[i]!, 0);
        row.forEach((value, i) => (row[i] = value - overlap * other[i]!));
      }
    }
    const norm = Math.hypot(...row);
    rows.push(row.map((value) => value / norm));
  }
  return rows;
}

/** A table with the singular values given; row 0, the padding, is zero. */
function tableOf(random: Random, m: number, n: number, singularValues: readonly number[]): EmbeddingTable {
  const left = orthonormalRows(random, singularValues.length, m - 1);
  const right = orthonormalRows(random, singularValues.length, n);
  const data = new Float32Array(m * n);
  for (let r = 1; r < m; r++) {
    for (let c = 0; c < n; c++) {
      data[r * n + c] = singularValues.reduce((sum, s, i) => sum + s * left[i]![r - 1]! * right[i]![c]!, 0);
    }
  }
  return new EmbeddingTable(m, n, data);
}

function randomTable(random: Random, m: number, n: number): EmbeddingTable {
  const data = Float32Array.from({ length: m * n }, (_, i) => (i < n ? 0 : random.normal()));
  return new EmbeddingTable(m, n, data);
}

function product({ A, B, rank }: Factors, m: number, n: number): Float64Array {
  const W = new Float64Array(m * n);
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) {
      for (let i = 0; i < rank; i++) W[r * n + c]! += A[r * rank + i]! * B[i * n + c]!;
    }
  }
  return W;
}

/** ||D^(1/2) (W - A B) G^(1/2)||^2 without any root: sum over rows of d e G e^T. */
function squaredError(
  table: EmbeddingTable,
  factors: Factors,
  G?: Float64Array,
  weights?: Float32Array,
): number {
  const { rows: m, dimension: n, data } = table;
  const approximation = product(factors, m, n);
  const error = data.map((value, i) => value - approximation[i]!);
  let sum = 0;
  for (let r = 0; r < m; r++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const g = G?.[i * n + j] ?? (i === j ? 1 : 0);
        sum += (weights?.[r] ?? 1) * error[r * n + i]! * g * error[r * n + j]!;
      }
    }
  }
  return sum;
}

const tail = (values: Float64Array, from: number): number =>
  values.subarray(from).reduce((sum, value) => sum + value * value, 0);

const columnLength = ({ A, rank }: Factors, column: number): number =>
  Math.sqrt(A.reduce((sum, value, i) => (i % rank === column ? sum + value * value : sum), 0));

const rowLength = ({ B }: Factors, row: number, n: number): number =>
  Math.hypot(...B.subarray(row * n, (row + 1) * n));

const near = (found: number, expected: number, relative: number): void => {
  assert.ok(Math.abs(found - expected) <= relative * Math.abs(expected), `${found} is not ${expected}`);
};

const nearAll = (found: ArrayLike<number>, expected: ArrayLike<number>, absolute: number): void => {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assert.ok(Math.abs(found[i]! - expected[i]!) <= absolute, `${i}: ${found[i]} is not ${expected[i]}`);
  }
};

function covariance(random: Random, n: number): Float64Array {
  const gradients = new GradientCovariance(n);
  for (let batch = 0; batch < 3; batch++) {
    gradients.add(Float32Array.from({ length: 40 * n }, (_, i) => random.normal() / (1 + (i % n))));
  }
  return gradients.matrix;
}

const userError =
  (code: string, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

describe('singularSpectrum', () => {
  it('finds the singular values that a table was made of', async () => {
    const truth = [9, 5, 4.9, 1, 0.1, 0.01];
    const { singularValues, flaggedFrom } = await singularSpectrum(tableOf(new Random(1), 60, 6, truth));
    truth.forEach((value, i) => {
      near(singularValues[i]!, value, 1e-4);
    });
    assert.equal(flaggedFrom, 6);
  });

  it('has min(m, n) of them and flags those below 1e-5 of the largest', async () => {
    const wide = await singularSpectrum(randomTable(new Random(2), 5, 9));
    assert.equal(wide.singularValues.length, 5);
    assert.equal(wide.flaggedFrom, 4); // the padding row leaves rank 4
    assert.ok(wide.singularValues.every((value) => value >= 0));
    const graded = new EmbeddingTable(3, 3, Float32Array.of(1, 0, 0, 0, 2e-5, 0, 0, 0, 5e-6));
    assert.equal((await singularSpectrum(graded)).flaggedFrom, 2);
  });
});

describe('factorize', () => {
  it('reaches the optimum of Eckart and Young with the metric spectrum, whatever the split', async () => {
    const random = new Random(3);
    const table = randomTable(random, 80, 12);
    for (const rank of [1, 5, 11]) {
      for (const split of splits) {
        const factors = await factorize(table, { rank, metric: 'spectrum', split });
        assert.equal(factors.rank, rank);
        assert.deepEqual(factors.warnings, []);
        near(squaredError(table, factors), tail(factors.singularValues, rank), 1e-5);
      }
    }
  });

  it('shares the singular values as the split says', async () => {
    const truth = [9, 5, 1];
    const table = tableOf(new Random(4), 50, 8, truth);
    for (const [split, exponentA] of [
      ['right', 1],
      ['balanced', 0.5],
      ['paper', 0],
    ] as const) {
      const factors = await factorize(table, { rank: 3, metric: 'spectrum', split });
      truth.forEach((value, i) => {
        near(columnLength(factors, i), value ** exponentA, 1e-4);
        near(rowLength(factors, i, 8), value ** (1 - exponentA), 1e-4);
      });
    }
  });

  it('reaches the optimum as the output feels it with the metric task', async () => {
    const random = new Random(5);
    const table = randomTable(random, 70, 10);
    const G = covariance(random, 10);
    const weights = Float32Array.from({ length: 70 }, () => random.uniform());
    for (const rowWeights of [undefined, weights]) {
      for (const split of splits) {
        const options: FactorizeOptions = { rank: 3, metric: 'task', split, gradientCovariance: G };
        const factors = await factorize(table, { ...options, ...(rowWeights && { rowWeights }) });
        near(squaredError(table, factors, G, rowWeights), tail(factors.singularValues, 3), 1e-4);
        const spectrum = await factorize(table, { ...options, metric: 'spectrum' });
        assert.ok(squaredError(table, spectrum, G, rowWeights) > tail(factors.singularValues, 3));
        for (let i = 0; i < 3; i++) {
          if (split === 'right') near(rowLength(factors, i, 10), 1, 1e-5);
          if (split === 'paper') near(columnLength(factors, i), 1, 1e-5);
          if (split === 'balanced') near(columnLength(factors, i), rowLength(factors, i, 10), 1e-5);
        }
      }
    }
  });

  it('gives the same factors of every rank from one decomposition', async () => {
    const random = new Random(8);
    const table = randomTable(random, 50, 9);
    const gradientCovariance = covariance(random, 9);
    const rowWeights = Float32Array.from({ length: 50 }, () => random.uniform());
    for (const metric of ['spectrum', 'task', 'frequency', 'task-frequency'] as const) {
      const felt = { metric, gradientCovariance, rowWeights };
      const decomposition = await decompose(table, felt);
      for (const rank of [9, 1, 4]) {
        for (const split of splits) {
          const options = { rank, split, ...felt };
          assert.deepEqual(
            await factorize(table, { ...options, decomposition }),
            await factorize(table, options),
          );
        }
      }
    }
  });

  it('keeps the one direction that the output depends on, where it depends on one', async () => {
    const random = new Random(6);
    const n = 9;
    const table = randomTable(random, 40, n);
    const direction = Float32Array.from({ length: n }, () => random.normal());
    const gradients = new GradientCovariance(n);
    gradients.add(direction);
    const factors = await factorize(table, {
      rank: 1,
      metric: 'task',
      split: 'balanced',
      gradientCovariance: gradients.matrix,
    });
    const approximation = product(factors, 40, n);
    const seen = (W: ArrayLike<number>, r: number): number =>
      direction.reduce((sum, value, c) => sum + value * W[r * n + c]!, 0);
    for (let r = 0; r < 40; r++) {
      // All of W counts for a thousandth through the clipped eigenvalues.
      assert.ok(Math.abs(seen(approximation, r) - seen(table.data, r)) < 0.02);
    }
  });

  it('is the metric spectrum where every direction counts alike, and ignores the scale of G', async () => {
    const random = new Random(7);
    const table = randomTable(random, 30, 6);
    const identity = Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : 0));
    const options = { rank: 2, metric: 'task', split: 'balanced' } as const;
    const task = await factorize(table, { ...options, gradientCovariance: identity });
    const spectrum = await factorize(table, { ...options, metric: 'spectrum' });
    nearAll(product(task, 30, 6), product(spectrum, 30, 6), 1e-5);

    const G = covariance(random, 6);
    for (const split of splits) {
      const small = await factorize(table, { ...options, split, gradientCovariance: G });
      const large = await factorize(table, {
        ...options,
        split,
        gradientCovariance: G.map((g) => g * 4 ** 20),
      });
      nearAll(large.A, small.A, 1e-6);
      nearAll(large.B, small.B, 1e-6);
    }
  });

  it('counts a row of weight 2 as two rows', async () => {
    const table = randomTable(new Random(8), 20, 5);
    const doubled = new EmbeddingTable(21, 5, Float32Array.of(...table.data, ...table.data.subarray(95)));
    const rowWeights = new Float32Array(20).fill(1);
    rowWeights[19] = 2;
    const options = { rank: 2, metric: 'spectrum', split: 'balanced' } as const;
    const weighted = product(await factorize(table, { ...options, rowWeights }), 20, 5);
    nearAll(weighted, product(await factorize(doubled, options), 21, 5).subarray(0, 100), 1e-5);
  });

  it('cuts the rank where the table has no more, and says so', async () => {
    // Whole numbers: the table is of rank 2 to the last bit.
    const random = new Random(9);
    const integers = (length: number): number[] => Array.from({ length }, () => random.integer(9) - 4);
    const [X, Y] = [integers(30 * 2), integers(2 * 7)];
    const data = Float32Array.from({ length: 30 * 7 }, (_, i) => {
      const [r, c] = [Math.floor(i / 7), i % 7];
      return X[r * 2]! * Y[c]! + X[r * 2 + 1]! * Y[7 + c]!;
    });
    const table = new EmbeddingTable(30, 7, data);
    for (const split of splits) {
      const factors = await factorize(table, { rank: 5, metric: 'spectrum', split });
      assert.equal(factors.rank, 2);
      assert.equal(factors.A.length, 30 * 2);
      assert.equal(factors.B.length, 2 * 7);
      assert.match(factors.warnings[0]!, /Rank 5 is cut to 2/);
      assert.equal(factors.warnings.length, 1);
      nearAll(product(factors, 30, 7), data, 1e-4);
    }
  });

  it('warns of singular values that are known only roughly, and cuts those below 1e-8', async () => {
    const data = new Float32Array(20);
    [1, 0.1, 1e-6, 1e-9].forEach((value, i) => (data[(i + 1) * 4 + i] = value));
    const factors = await factorize(new EmbeddingTable(5, 4, data), {
      rank: 4,
      metric: 'spectrum',
      split: 'paper',
    });
    assert.equal(factors.rank, 3);
    assert.equal(factors.warnings.length, 2);
    assert.match(factors.warnings[1]!, /From rank 3 on/);
    assert.ok([...factors.A, ...factors.B].every(Number.isFinite));
  });

  it('keeps the padding row at zero', async () => {
    const random = new Random(10);
    const table = randomTable(random, 25, 6);
    for (const metric of ['spectrum', 'task'] as const) {
      const { A } = await factorize(table, {
        rank: 4,
        metric,
        split: 'balanced',
        gradientCovariance: covariance(random, 6),
      });
      assert.ok(A.subarray(0, 4).every((value) => value === 0));
    }
  });

  it('leaves the table as it was', async () => {
    const table = randomTable(new Random(11), 10, 4);
    const copy = table.data.slice();
    await factorize(table, { rank: 2, metric: 'spectrum', split: 'paper' });
    assert.deepEqual(table.data, copy);
  });

  it('rejects ranks that a table cannot have', async () => {
    const table = randomTable(new Random(12), 6, 4);
    const at = (rank: number) => factorize(table, { rank, metric: 'spectrum', split: 'balanced' });
    await assert.rejects(
      at(5),
      userError('rank-too-large', /Rank 5 .* 6 words and 4 dimensions .* at most 4/),
    );
    await assert.rejects(at(0), userError('rank-too-small', /not 0/));
    await assert.rejects(at(1.5), userError('rank-too-small', /not 1.5/));
  });

  it('rejects a table of zeros and one that is not finite, naming the place', async () => {
    const options = { rank: 1, metric: 'spectrum', split: 'balanced' } as const;
    const data = new Float32Array(12);
    await assert.rejects(
      factorize(new EmbeddingTable(4, 3, data), options),
      userError('table-zero', /nothing but zeros/),
    );
    data[7] = NaN;
    await assert.rejects(
      factorize(new EmbeddingTable(4, 3, data), options),
      userError('table-not-finite', /NaN in row 2, column 1/),
    );
  });

  it('rejects a covariance that is zero, missing or of another size', async () => {
    const table = randomTable(new Random(13), 6, 4);
    const options = { rank: 1, metric: 'task', split: 'balanced' } as const;
    await assert.rejects(
      factorize(table, { ...options, gradientCovariance: new Float64Array(16) }),
      userError('no-gradient', /every gradient is zero/),
    );
    await assert.rejects(factorize(table, options), /needs a gradient covariance/);
    await assert.rejects(
      factorize(table, { ...options, gradientCovariance: new Float64Array(9) }),
      RangeError,
    );
  });
});
