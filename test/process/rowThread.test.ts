import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { factorize } from '../../src/core/embedding/factorize.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { Random } from '../../src/core/random.ts';
import { rowThreads } from '../../src/process/rowThread.ts';
import { bundleScripts } from './bundles.ts';

describe('threads of row work', function () {
  this.timeout(30_000);
  let scripts: string;

  before(async () => {
    scripts = await bundleScripts('real');
  });

  after(() => rm(scripts, { recursive: true, force: true }));

  it('give the same bits as one thread, with row weights too', async () => {
    const random = new Random(1);
    const [m, n] = [40_000, 30];
    const table = new EmbeddingTable(
      m,
      n,
      Float32Array.from({ length: m * n }, () => random.normal()),
    );
    const rowWeights = Float32Array.from({ length: m }, () => random.uniform());
    const options = { rank: 5, metric: 'spectrum', split: 'paper', rowWeights } as const;
    const threads = rowThreads(scripts, { count: 3, worthMultiplications: 1 });
    assert.deepEqual(await factorize(table, options, { threads }), await factorize(table, options));
  });

  it('say so where they cannot start', async () => {
    const threads = rowThreads('nowhere', { count: 2, worthMultiplications: 1 });
    const table = new EmbeddingTable(300_000, 2, new Float32Array(600_000).fill(1));
    await assert.rejects(
      factorize(table, { rank: 1, metric: 'spectrum', split: 'right' }, { threads }),
      /rows\.cjs/,
    );
  });
});
