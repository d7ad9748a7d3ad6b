import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { WrittenFormat } from '../../src/core/checkpoint/fileNames.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { openCheckpoint } from '../../src/core/checkpoint/openCheckpoint.ts';
import { readSafetensors, writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { factorize } from '../../src/core/embedding/factorize.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { compressVectors } from '../../src/core/embedding/vectorsCompress.ts';
import { CancelledError, UserError } from '../../src/core/errors.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const formats: readonly WrittenFormat[] = ['tfjs', 'safetensors', 'keras', 'h5'];

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'press-factorize-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Its table takes more than one shard, and several blocks. */
function model(rows = 40_000, dimension = 30): Checkpoint {
  const checkpoint = randomCheckpoint({
    embedding: { rows, dimension },
    body: { kind: 'dan', hidden: [5] },
    head: 'softmax',
    classes: 2,
    masked: true,
  });
  const vocabulary = Array.from({ length: rows }, (_, i) => (i === 0 ? '<pad>' : `w${i}`));
  return { ...checkpoint, vocabulary, labels: ['no', 'yes'] };
}

const rejectsWith =
  (code: string, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.format(), message);
    return true;
  };

describe('factorizeCheckpoint', function () {
  this.timeout(30_000);

  for (const format of formats) {
    it(`writes the factors in the model's own format, and all else as it was: ${format}`, async () => {
      const checkpoint = format === 'tfjs' || format === 'safetensors' ? model() : model(300, 8);
      const { rows, dimension } = checkpoint.spec.embedding;
      await writeCheckpoint(join(folder, 'model'), checkpoint, format);
      const result = await factorizeCheckpoint(join(folder, 'model'), join(folder, 'small'), {
        size: { rank: 4 },
      });
      assert.deepEqual([result.tables.map(({ rank }) => rank), result.format], [[4], format]);
      const found = await readCheckpoint(join(folder, 'small'));
      assert.deepEqual(found.spec, { ...checkpoint.spec, embedding: { rows, dimension, rank: 4 } });
      assert.deepEqual([found.vocabulary, found.labels], [checkpoint.vocabulary, checkpoint.labels]);
      const table = checkpoint.weights.get('embedding/table');
      assert.ok(table);
      const { A, B, singularValues } = await factorize(new EmbeddingTable(rows, dimension, table.data), {
        rank: 4,
        metric: 'spectrum',
        split: 'balanced',
      });
      const expected = new Map(checkpoint.weights);
      expected.delete('embedding/table');
      expected.set('embedding/A', { shape: [rows, 4], data: A });
      expected.set('embedding/B', { shape: [4, dimension], data: B });
      assert.deepEqual(new Map([...found.weights].sort()), new Map([...expected].sort()));
      const squares = (values: Float64Array): number => values.reduce((sum, value) => sum + value ** 2, 0);
      const optimum = Math.sqrt(squares(singularValues.subarray(4)) / squares(singularValues));
      assert.ok(Math.abs(result.tables[0]!.relativeError - optimum) < 1e-9);
    });
  }

  it('reads rows of a table across shards as they are in memory', async () => {
    const checkpoint = model();
    await writeCheckpoint(join(folder, 'model'), checkpoint);
    assert.ok((await readdir(join(folder, 'model'))).includes('group1-shard2of2.bin'));
    const { tableRows, readWeights } = await openCheckpoint(join(folder, 'model'));
    const rows = tableRows?.('embedding/table');
    const table = checkpoint.weights.get('embedding/table');
    assert.ok(rows && table);
    for (const [first, count] of [
      [0, 1],
      [34_900, 200],
      [39_999, 1],
      [0, 40_000],
    ] as const) {
      const data = table.data.subarray(first * 30, (first + count) * 30);
      assert.deepEqual(await rows.readRows(first, count), data);
    }
    const weights = await readWeights(new Set(['embedding/table', 'head/bias']));
    assert.deepEqual([...weights.keys()].sort(), ['head/kernel', 'hidden_0/bias', 'hidden_0/kernel']);
    // A shard that shrinks meanwhile is named.
    await writeFile(join(folder, 'model/group1-shard2of2.bin'), 'short');
    await assert.rejects(rows.readRows(39_000, 1000), rejectsWith('shard-size', /shard2of2/));
  });

  it('tells how far it is, and leaves nothing behind where it is cancelled', async () => {
    await writeCheckpoint(join(folder, 'model'), model(12_000));
    const shares: number[] = [];
    const work = (stopAt: number): Promise<unknown> =>
      factorizeCheckpoint(join(folder, 'model'), join(folder, 'small'), {
        size: { reduction: 0.9 },
        watch: ({ share }) => {
          shares.push(share);
          if (share > stopAt) throw new CancelledError();
        },
      });
    for (const stopAt of [0.1, 0.7]) {
      await assert.rejects(work(stopAt), CancelledError);
      assert.deepEqual(await readdir(folder), ['model']);
    }
    shares.length = 0;
    await work(2);
    assert.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    assert.equal(shares.at(-1), 1);
  });

  it('refuses a factorized model, a rank that is too large, its own folder and a folder of other files', async () => {
    const path = join(folder, 'model');
    const [small, size] = [join(folder, 'small'), { rank: 2 }];
    await writeCheckpoint(path, model(50));
    await assert.rejects(
      factorizeCheckpoint(path, small, { size: { rank: 31 } }),
      rejectsWith('rank-too-large', /at most 30/),
    );
    await assert.rejects(
      factorizeCheckpoint(path, path, { size }),
      rejectsWith('output-over-input', /model/),
    );
    await assert.rejects(factorizeCheckpoint(path, folder, { size }), rejectsWith('output-exists', /exists/));
    assert.deepEqual(await readdir(folder), ['model']);
    await factorizeCheckpoint(path, small, { size });
    await assert.rejects(
      factorizeCheckpoint(small, join(folder, 'smaller'), { size }),
      rejectsWith('already-factorized', /at rank 2/),
    );
  });

  it('names the place of a number that is not finite', async () => {
    const checkpoint = model(50);
    checkpoint.weights.get('embedding/table')!.data[7 * 30 + 3] = NaN;
    await writeCheckpoint(join(folder, 'model'), checkpoint);
    await assert.rejects(
      factorizeCheckpoint(join(folder, 'model'), join(folder, 'small'), { size: { rank: 2 } }),
      rejectsWith('table-not-finite', /model\.json: .*NaN in row 7, column 3/),
    );
  });
});

describe('compressVectors of a file of tensors', () => {
  it('takes the matrix named, or the largest one', async () => {
    const { weights } = model(60, 6);
    const [table, kernel] = [weights.get('embedding/table')!, weights.get('hidden_0/kernel')!];
    const path = join(folder, 'bare.safetensors');
    await writeSafetensors(
      path,
      new Map([
        ['small', kernel],
        ['large', table],
        ['b', weights.get('head/bias')!],
      ]),
      {},
    );
    const options = { size: { rank: 2 }, write: 'coordinates' } as const;
    const result = await compressVectors(path, join(folder, 'a'), options);
    assert.deepEqual([result.rows, result.dimension, result.files], [60, 6, ['factors.safetensors']]);
    const { tensors } = await readSafetensors(join(folder, 'a/factors.safetensors'));
    const { A, B } = await factorize(new EmbeddingTable(60, 6, table.data), {
      rank: 2,
      metric: 'spectrum',
      split: 'right',
    });
    assert.deepEqual([tensors.get('A')?.data, tensors.get('B')?.data], [A, B]);
    const named = await compressVectors(path, join(folder, 'b'), { ...options, tensor: 'small' });
    assert.deepEqual([named.rows, named.dimension], kernel.shape);
    await assert.rejects(
      compressVectors(path, join(folder, 'c'), { ...options, tensor: 'b' }),
      rejectsWith('no-matrix', /no matrix called 'b'; it has 'small', 'large'/),
    );
  });
});

describe('inspecting', () => {
  it('counts the words of a list without reading them', async () => {
    await writeCheckpoint(join(folder, 'model'), model(50));
    assert.equal((await inspectCheckpoint(join(folder, 'model'))).vocabulary, 50);
    const list = join(folder, 'model/vocabulary.txt');
    await writeFile(list, `${await readFile(list, 'utf8')}more\n`);
    await assert.rejects(
      inspectCheckpoint(join(folder, 'model')),
      rejectsWith('vocabulary-size', /51 words, .* 50 rows/),
    );
  });
});
