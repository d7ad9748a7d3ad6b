import assert from 'node:assert/strict';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import type { Workspace } from '../../src/core/engine/workspace.ts';
import { Random } from '../../src/core/random.ts';
import { installedEngines } from '../support/engines.ts';

describe('EmbeddingTable', () => {
  it('rejects sizes that do not fit each other', () => {
    assert.throws(() => new EmbeddingTable(2, 3, new Float32Array(5)), /2 x 3 values expected, 5 found/);
    assert.throws(() => new EmbeddingTable(0, 3, new Float32Array(0)), RangeError);
    assert.throws(() => new EmbeddingTable(2, 1.5, new Float32Array(3)), RangeError);
  });
});

describe('the kernels for rows', () => {
  let workspace: Workspace;
  const [rows, width] = [50, 7];
  const random = new Random(8);
  const table = Float32Array.from({ length: rows * width }, () => random.normal());

  before(() => {
    const [engine] = installedEngines();
    workspace = engine!.workspace();
  });

  const row = (i: number): number[] => [...table.subarray(i * width, (i + 1) * width)];
  const into = (values: ArrayLike<number>, columns: number): number => {
    const made = workspace.matrix(values.length / columns, columns);
    made.data.set(values);
    return made.at;
  };

  it('gather', () => {
    workspace.begin();
    const ids = [2, 0, 2, 49];
    const to = workspace.matrix(ids.length, width);
    workspace.kernels.gather(
      into(table, width),
      width,
      workspace.integers(Int32Array.from(ids)),
      ids.length,
      to.at,
    );
    assert.deepEqual([...to.data], ids.flatMap(row));
  });

  it('average, and give the gradient of that back', () => {
    workspace.begin();
    const [size, stride] = [3, 4];
    const lengths = [4, 1, 2];
    const ids = [3, 9, 3, 3, 9, 0, 0, 0, 7, 3, 0, 0];
    const means = workspace.matrix(size, width);
    const at = workspace.integers(Int32Array.from(ids));
    const lengthsAt = workspace.integers(Int32Array.from(lengths));
    workspace.kernels.average(into(table, width), width, at, stride, lengthsAt, size, means.at);
    const tokens = lengths.map((length, s) => ids.slice(s * stride, s * stride + length));
    const expected = tokens.flatMap((sentence) =>
      Array.from({ length: width }, (_, d) => {
        const sum = sentence.reduce((total, id) => total + table[id * width + d]!, 0);
        return sum / sentence.length;
      }),
    );
    means.data.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]!) < 1e-6);
    });

    // The adjoint: <average(table), g> = <table, scatter(g)>.
    const g = Float32Array.from({ length: size * width }, () => random.normal());
    const inner = means.data.reduce((sum, value, i) => sum + value * g[i]!, 0);
    const flat = Int32Array.from(tokens.flat());
    const slotOfRow = workspace.integers(new Int32Array(rows).fill(-1));
    const [unique, slots] = [workspace.matrix(1, flat.length), workspace.matrix(1, flat.length)];
    const from = workspace.integers(flat);
    const count = workspace.kernels.uniqueRows(from, flat.length, slotOfRow, unique.at, slots.at);
    assert.equal(count, 3);
    const gradients = workspace.zeros(count, width);
    workspace.kernels.scatterMeans(into(g, width), width, slots.at, lengthsAt, size, gradients.at);
    const found = [...new Int32Array(workspace.buffer, unique.at, count)];
    assert.deepEqual(found, [3, 9, 7]);
    const back = found.reduce(
      (sum, id, i) =>
        sum + row(id).reduce((part, value, d) => part + value * gradients.data[i * width + d]!, 0),
      0,
    );
    assert.ok(Math.abs(inner - back) < 1e-4, `${inner} is not ${back}`);
  });

  it('find the distinct rows of any batch, in order of first appearance, and leave no trace', () => {
    workspace.begin();
    const slotOfRow = workspace.integers(new Int32Array(rows).fill(-1));
    for (let batch = 0; batch < 20; batch++) {
      const ids = Int32Array.from({ length: 1 + random.integer(80) }, () => random.integer(rows));
      const [unique, slots] = [workspace.matrix(1, ids.length), workspace.matrix(1, ids.length)];
      const from = workspace.integers(ids);
      const count = workspace.kernels.uniqueRows(from, ids.length, slotOfRow, unique.at, slots.at);
      const found = [...new Int32Array(workspace.buffer, unique.at, count)];
      assert.deepEqual(found, [...new Set(ids)]);
      const places = new Int32Array(workspace.buffer, slots.at, ids.length);
      ids.forEach((id, i) => {
        assert.equal(found[places[i]!], id);
      });
      assert.ok(new Int32Array(workspace.buffer, slotOfRow, rows).every((slot) => slot === -1));
    }
  });
});
