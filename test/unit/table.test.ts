import assert from 'node:assert/strict';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { Random } from '../../src/core/random.ts';

describe('EmbeddingTable', () => {
  const table = new EmbeddingTable(
    4,
    3,
    Float32Array.from({ length: 12 }, (_, i) => i),
  );

  it('gathers rows in the order asked for', () => {
    assert.deepEqual([...table.gather(Int32Array.of(2, 0, 2))], [6, 7, 8, 0, 1, 2, 6, 7, 8]);
    assert.equal(table.gather(new Int32Array(0)).length, 0);
  });

  it('returns memory of its own at every gather', () => {
    const gathered = table.gather(Int32Array.of(1));
    gathered.fill(-1);
    assert.deepEqual([...table.gather(Int32Array.of(1))], [3, 4, 5]);
  });

  it('names each row of a batch once, by first appearance', () => {
    const { rows, slots } = table.uniqueRows(Int32Array.of(3, 0, 3, 1, 0));
    assert.deepEqual([...rows], [3, 0, 1]);
    assert.deepEqual([...slots], [0, 1, 0, 2, 1]);
    assert.equal(table.uniqueRows(new Int32Array(0)).rows.length, 0);
  });

  it('finds every id again through its slot, call after call', () => {
    const random = new Random(1);
    const wide = new EmbeddingTable(500, 1, new Float32Array(500));
    for (let call = 0; call < 20; call++) {
      const ids = Int32Array.from({ length: 1000 }, () => random.integer(500));
      const { rows, slots } = wide.uniqueRows(ids);
      assert.equal(new Set(rows).size, rows.length);
      assert.equal(rows.length, new Set(ids).size);
      assert.deepEqual(
        ids,
        slots.map((slot) => rows[slot]!),
      );
    }
  });

  it('rejects ids outside of the table and works on afterwards', () => {
    assert.throws(() => table.uniqueRows(Int32Array.of(1, 4)), /row 4 is not among the table's 4/);
    assert.throws(() => table.uniqueRows(Int32Array.of(-1)), RangeError);
    assert.throws(() => table.gather(Int32Array.of(4)), RangeError);
    assert.deepEqual([...table.uniqueRows(Int32Array.of(1)).rows], [1]);
  });

  it('rejects sizes that do not fit', () => {
    assert.throws(() => new EmbeddingTable(2, 3, new Float32Array(5)), /2 x 3 values expected, 5 found/);
    assert.throws(() => new EmbeddingTable(0, 3, new Float32Array(0)), RangeError);
    assert.throws(() => new EmbeddingTable(2, 0, new Float32Array(0)), RangeError);
  });
});
