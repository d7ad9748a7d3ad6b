import assert from 'node:assert/strict';
import { factorize, type Factors } from '../../src/core/embedding/factorize.ts';
import { gramOfRows, projectRows } from '../../src/core/embedding/rowPass.ts';
import type { RowSource } from '../../src/core/embedding/rowSource.ts';
import { RowWorker, type RowThreads } from '../../src/core/embedding/rowWork.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { CancelledError, UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';

const options = { rank: 7, metric: 'spectrum', split: 'balanced' } as const;

/** Some blocks of rows and a part of one. */
function tableOf(seed: number, m = 30_011, n = 33): EmbeddingTable {
  const random = new Random(seed);
  return new EmbeddingTable(
    m,
    n,
    Float32Array.from({ length: m * n }, (_, i) => (random.uniform() - 0.5) / (1 + (i % n))),
  );
}

/** The same rows, which are to be read, each read with a delay of its own. */
function readOnly(table: EmbeddingTable): RowSource & { readonly most: number } {
  let reading = 0;
  return {
    rows: table.rows,
    dimension: table.dimension,
    place: { file: 'table.bin' },
    most: 0,
    async readRows(first, count) {
      Object.assign(this, { most: Math.max(this.most, ++reading) });
      await new Promise((resolve) => setTimeout(resolve, (first * 7) % 5));
      reading--;
      return table.readRows(first, count);
    },
  };
}

/** Threads that are none: they answer later, and take a block's memory away as real ones do. */
function lateThreads(count: number): RowThreads {
  return {
    count,
    worthMultiplications: 1,
    start: (work) => {
      const worker = new RowWorker(work);
      return {
        async ask(question) {
          await new Promise((resolve) => setImmediate(resolve));
          if (question === 'sums') return { sums: worker.sums() };
          const block = structuredClone(question.block, { transfer: [question.block.buffer as ArrayBuffer] });
          const result = worker.take(question.index, block, question.weights);
          return result === undefined ? {} : { result };
        },
        close: () => Promise.resolve(),
      };
    },
  };
}

const bits = ({ A, B }: Factors): unknown => [Buffer.from(A.buffer), Buffer.from(B.buffer)];

describe('a pass over rows', () => {
  it('gives the same bits from memory and from a file, on one thread and on several', async () => {
    const table = tableOf(1);
    const random = new Random(2);
    const rowWeights = Float64Array.from({ length: table.rows }, () => random.uniform());
    for (const one of [options, { ...options, rowWeights }]) {
      const expected = bits(await factorize(table, one));
      for (const count of [1, 2, 3, 9]) {
        const threads = lateThreads(count);
        assert.deepEqual(bits(await factorize(table, one, { threads })), expected);
        assert.deepEqual(bits(await factorize(readOnly(table), one, { threads })), expected);
      }
    }
  });

  it('reads a few blocks ahead and no more', async () => {
    const source = readOnly(tableOf(4, 60_000, 33));
    await gramOfRows(source);
    assert.ok(source.most >= 2 && source.most <= 4, String(source.most));
  });

  it('tells how far it is, and stops where that is answered with an error', async () => {
    const table = tableOf(5);
    const seen: number[] = [];
    await gramOfRows(table, { watch: (rows) => void seen.push(rows) });
    assert.equal(seen.at(-1), table.rows);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    let calls = 0;
    const watch = (): void => {
      if (++calls === 2) throw new CancelledError();
    };
    await assert.rejects(
      factorize(readOnly(table), options, { watch, threads: lateThreads(2) }),
      CancelledError,
    );
    assert.equal(calls, 2);
  });

  it('passes on what a source or a thread throws', async () => {
    const table = tableOf(6);
    const source = {
      ...readOnly(table),
      readRows: (first: number, count: number) =>
        first > 0 ? Promise.reject(new Error('no disk')) : table.readRows(first, count),
    };
    await assert.rejects(gramOfRows(source, { threads: lateThreads(2) }), /no disk/);
    const failing = {
      ...lateThreads(2),
      start: () => ({ ask: () => Promise.reject(new Error('no thread')), close: () => Promise.resolve() }),
    };
    await assert.rejects(gramOfRows(table, { threads: failing }), /no thread/);
  });

  it('names the file, row and column of a number that is not finite', async () => {
    const table = tableOf(7);
    table.data[20_000 * 33 + 5] = Infinity;
    await assert.rejects(factorize(readOnly(table), options), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.format(), /^table\.bin: .*Infinity in row 20000, column 5/);
      return true;
    });
  });

  it('projects rows block by block, in their order', async () => {
    const table = tableOf(8);
    const direction = Float64Array.from({ length: 33 }, (_, j) => (j === 4 ? 1 : 0));
    const found: number[] = [];
    for await (const block of projectRows(readOnly(table), direction, { threads: lateThreads(3) })) {
      for (const value of block) found.push(value);
    }
    assert.equal(found.length, table.rows);
    assert.ok(found.every((value, row) => value === table.data[row * 33 + 4]));
  });
});
