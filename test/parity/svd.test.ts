import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { factorize } from '../../src/core/embedding/factorize.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { GradientCovariance } from '../../src/core/embedding/taskMetric.ts';
import { Random } from '../../src/core/random.ts';
import type { Metric, Split } from '../../src/core/recipe/recipe.ts';
import { pythonWith } from './python.ts';

interface Case {
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly rank: number;
  /** Standard deviation of column j before the columns are mixed. */
  readonly spread: (j: number) => number;
  readonly metric: Metric;
  readonly split: Split;
  readonly weighted: boolean;
}

interface Verdict {
  readonly numpy: string;
  readonly singularValues: readonly number[];
  readonly optimum: number;
  readonly error: number;
  readonly projectionDistance: number;
}

const harmonic = (j: number): number => 1 / (1 + j);
/** Falls to 1e-6 of the first at column 100. */
const steep = (j: number): number => 10 ** (-0.06 * j);

const cases: readonly Case[] = [
  {
    name: 'words',
    m: 3000,
    n: 100,
    rank: 9,
    spread: harmonic,
    metric: 'spectrum',
    split: 'balanced',
    weighted: false,
  },
  {
    name: 'paper split',
    m: 3000,
    n: 100,
    rank: 49,
    spread: harmonic,
    metric: 'spectrum',
    split: 'paper',
    weighted: false,
  },
  {
    name: 'graded',
    m: 2000,
    n: 100,
    rank: 60,
    spread: steep,
    metric: 'spectrum',
    split: 'right',
    weighted: false,
  },
  {
    name: 'wide',
    m: 40,
    n: 100,
    rank: 5,
    spread: harmonic,
    metric: 'spectrum',
    split: 'balanced',
    weighted: false,
  },
  {
    name: 'frequencies',
    m: 1500,
    n: 50,
    rank: 7,
    spread: harmonic,
    metric: 'spectrum',
    split: 'balanced',
    weighted: true,
  },
  {
    name: 'task',
    m: 3000,
    n: 100,
    rank: 9,
    spread: harmonic,
    metric: 'task',
    split: 'balanced',
    weighted: false,
  },
  {
    name: 'task at rank 1',
    m: 3000,
    n: 100,
    rank: 1,
    spread: harmonic,
    metric: 'task',
    split: 'paper',
    weighted: false,
  },
  {
    name: 'task, frequencies',
    m: 1500,
    n: 300,
    rank: 25,
    spread: harmonic,
    metric: 'task',
    split: 'right',
    weighted: true,
  },
];

/** Rows of independent columns of the spread, turned by a few random reflections so that no axis is special. */
function mixedRows(random: Random, rows: number, n: number, spread: (j: number) => number): Float32Array {
  const normals = Array.from({ length: 4 }, () => Float64Array.from({ length: n }, () => random.normal()));
  const data = new Float32Array(rows * n);
  for (let r = 0; r < rows; r++) {
    const row = Float64Array.from({ length: n }, (_, j) => spread(j) * random.normal());
    for (const v of normals) {
      let overlap = 0;
      let square = 0;
      for (let j = 0; j < n; j++) {
        overlap += row[j]! * v[j]!;
        square += v[j]! * v[j]!;
      }
      for (let j = 0; j < n; j++) row[j]! -= ((2 * overlap) / square) * v[j]!;
    }
    data.set(row, r * n);
  }
  return data;
}

describe('factorize against numpy', function () {
  this.timeout(60_000);
  let python = '';
  let folder = '';

  before(function () {
    python = pythonWith(this, 'numpy');
    folder = mkdtempSync(join(tmpdir(), 'embedding-press-svd-'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  const write = (name: string, data: Float32Array | Float64Array): void => {
    writeFileSync(join(folder, `${name}.bin`), data);
  };

  for (const [seed, one] of cases.entries()) {
    it(`finds numpy's singular values, optimum and subspace: ${one.name}`, async () => {
      const { m, n, rank, metric, split, weighted } = one;
      const random = new Random(seed);
      const data = mixedRows(random, m, n, one.spread);
      const gradients = new GradientCovariance(n);
      // Falls below the clipping bound within the first dimensions, as a trained DAN's does.
      gradients.add(mixedRows(random, 500, n, (j) => 10 ** (-0.25 * j)));
      const gradientCovariance = gradients.matrix;
      const rowWeights = Float32Array.from({ length: m }, () => 1 / (0.001 + random.uniform()));
      const factors = await factorize(new EmbeddingTable(m, n, data), {
        rank,
        metric,
        split,
        gradientCovariance,
        ...(weighted && { rowWeights }),
      });
      assert.equal(factors.rank, rank);
      assert.deepEqual(factors.warnings, []);

      write('table', data);
      write('A', factors.A);
      write('B', factors.B);
      write('covariance', gradientCovariance);
      write('weights', rowWeights);
      writeFileSync(join(folder, 'case.json'), JSON.stringify({ m, n, rank, metric, weighted }));
      const verdict = JSON.parse(
        execFileSync(python, [join(import.meta.dirname, 'svd.py'), folder], { encoding: 'utf8' }),
      ) as Verdict;

      const first = verdict.singularValues[0]!;
      let worst = 0;
      verdict.singularValues.forEach((value, i) => {
        if (value >= 1e-5 * first) worst = Math.max(worst, Math.abs(factors.singularValues[i]! / value - 1));
      });
      console.log(
        `      singular values off by ${worst.toExponential(1)}, error/optimum - 1 = ` +
          `${(verdict.error / verdict.optimum - 1).toExponential(1)}, subspaces apart by ` +
          verdict.projectionDistance.toExponential(1),
      );
      assert.ok(worst <= 1e-4);
      assert.ok(verdict.error <= (1 + 1e-4) * verdict.optimum);
      assert.ok(verdict.projectionDistance <= 1e-5);
    });
  }
});

describe('factorize at the size of GloVe', function () {
  this.timeout(60_000);

  it('takes at most 2 s for 341,479 x 100', async () => {
    const [m, n] = [341_479, 100];
    const random = new Random(1);
    const table = new EmbeddingTable(
      m,
      n,
      Float32Array.from({ length: m * n }, () => random.uniform() - 0.5),
    );
    let fastest = Infinity;
    // Processor time, and the best of three: other work on the machine must not decide.
    for (let attempt = 0; attempt < 3 && fastest > 2; attempt++) {
      const started = performance.now();
      const before = process.cpuUsage();
      await factorize(table, { rank: 9, metric: 'spectrum', split: 'balanced' });
      const { user, system } = process.cpuUsage(before);
      const seconds = (user + system) / 1e6;
      const elapsed = (performance.now() - started) / 1000;
      console.log(`      ${elapsed.toFixed(2)} s, ${seconds.toFixed(2)} s of them computing`);
      fastest = Math.min(fastest, seconds);
    }
    assert.ok(fastest <= 2);
  });
});
