import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Engine } from '../../src/core/engine/engine.ts';
import type { Matrix, Workspace } from '../../src/core/engine/workspace.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import { installedEngines } from '../support/engines.ts';

const random = new Random(21);
type Values = Pick<Matrix, 'rows' | 'columns' | 'data'>;
const values = (rows: number, columns: number): Values => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
});

/** The product by its definition, in float64. */
function product(a: Values, b: Values, transposeA: boolean, transposeB: boolean): number[] {
  const rows = transposeA ? a.columns : a.rows;
  const inner = transposeA ? a.rows : a.columns;
  const columns = transposeB ? b.rows : b.columns;
  const at = (m: Values, r: number, c: number): number => m.data[r * m.columns + c]!;
  return Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += (transposeA ? at(a, k, r) : at(a, r, k)) * (transposeB ? at(b, c, k) : at(b, k, c));
    }
    return sum;
  });
}

function assertClose(found: Float32Array, expected: ArrayLike<number>, tolerance: number, what = ''): void {
  assert.equal(found.length, expected.length, what);
  found.forEach((x, i) => {
    assert.ok(Math.abs(x - expected[i]!) < tolerance, `${what}: ${x} is not ${expected[i]} at ${i}`);
  });
}

describe('engines', () => {
  let engines: Engine[] = [];
  before(() => {
    engines = installedEngines();
  });

  /** The same values in a workspace. */
  function into(workspace: Workspace, { rows, columns, data }: Values): Matrix {
    const made = workspace.matrix(rows, columns);
    made.data.set(data);
    return made;
  }

  it('multiply, transposed or not, whatever the sizes, and add to what is there', () => {
    // Whole tiles, parts of tiles, more than one panel of the inner size, and sizes that TensorFlow takes itself.
    const sizes = [
      [5, 7, 3],
      [1, 1, 1],
      [4, 300, 8],
      [64, 100, 2],
      [13, 17, 19],
      [150, 200, 160],
    ] as const;
    for (const engine of engines) {
      const workspace = engine.workspace();
      for (const [m, k, n] of sizes) {
        for (const transposeA of [false, true]) {
          for (const transposeB of [false, true]) {
            workspace.begin();
            const a = transposeA ? values(k, m) : values(m, k);
            const b = transposeB ? values(n, k) : values(k, n);
            const start = values(m, n);
            const expected = product(a, b, transposeA, transposeB);
            const [A, B, to] = [into(workspace, a), into(workspace, b), into(workspace, start)];
            const what = `${engine.name} ${m} x ${k} x ${n} ${transposeA} ${transposeB}`;
            assertClose(workspace.matMul(A, B, transposeA, transposeB).data, expected, 2e-5 * k ** 0.5, what);
            assert.equal(workspace.matMul(A, B, transposeA, transposeB, to), to);
            const sum = expected.map((x, i) => x + start.data[i]!);
            assertClose(to.data, sum, 2e-5 * k ** 0.5, what);
          }
        }
      }
      const [a, b] = [into(workspace, values(2, 3)), into(workspace, values(2, 3))];
      assert.throws(() => workspace.matMul(a, b), /inner sizes 3 and 2 differ/);
    }
  });

  it('multiply by a frozen matrix, several times in a step and anew in the next', () => {
    const [rows, inner, columns] = [130, 120, 110];
    for (const engine of engines) {
      const [workspace, other] = [engine.workspace(), engine.workspace()];
      const frozen = workspace.keep(inner, columns).frozen();
      for (let step = 0; step < 3; step++) {
        const b = values(inner, columns);
        frozen.data.set(b.data);
        workspace.begin();
        for (let time = 0; time < 3; time++) {
          const a = values(rows, inner);
          assertClose(
            workspace.matMul(into(workspace, a), frozen).data,
            product(a, b, false, false),
            5e-4,
            `${engine.name}, step ${step}, time ${time}`,
          );
          // Another model's step in between.
          if (time === 1) other.begin();
        }
      }
    }
  });

  it('let go of a workspace that nobody uses any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (const engine of engines) {
      const dropped = ((): WeakRef<Workspace> => {
        const workspace = engine.workspace();
        const frozen = workspace.keep(120, 110).frozen();
        workspace.begin();
        workspace.matMul(workspace.zeros(130, 120), frozen);
        return new WeakRef(workspace);
      })();
      // What a WeakRef is made of stays until the turn is over.
      await nextTurn();
      collect();
      assert.equal(dropped.deref(), undefined, engine.name);
    }
  });

  it('hand out a workspace again that was given back, as one that was never used', () => {
    for (const engine of engines) {
      const first = engine.workspace();
      first.keep(120, 110).data.fill(7);
      first.begin();
      first.matMul(first.zeros(130, 120), first.zeros(120, 110));
      engine.release(first);
      const again = engine.workspace();
      assert.equal(again, first);
      assert.notEqual(engine.workspace(), first);
      const [kept, frozen] = [again.keep(200, 110), again.keep(120, 110).frozen()];
      assert.ok(kept.data.every((value) => value === 0));
      const [a, b] = [values(130, 120), values(120, 110)];
      frozen.data.set(b.data);
      again.begin();
      assertClose(again.matMul(into(again, a), frozen).data, product(a, b, false, false), 5e-4, engine.name);
    }
  });

  it('keep what is to stay when a step needs more room than there is', () => {
    for (const engine of engines) {
      const workspace = engine.workspace();
      const kept = workspace.keep(3, 3);
      kept.data.set([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const rows of [10, 2000, 20]) {
        workspace.begin();
        const made = workspace.zeros(rows, 1000);
        assert.ok(made.data.every((value) => value === 0));
        made.data.fill(7);
        assert.deepEqual([...kept.data], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }
      assert.throws(() => workspace.keep(1, 1), /made before/);
    }
  });
});

describe('a factorized model', () => {
  it('computes what the table A B computes, to 1e-5', () => {
    const [rows, dimension, rank] = [40, 12, 5];
    const batch = {
      size: 2,
      length: 4,
      ids: Int32Array.of(3, 9, 12, 39, 7, 7, 0, 0),
      lengths: Int32Array.of(4, 2),
      labels: Int32Array.of(0, 1),
    };
    const bodies = [
      { kind: 'dan', hidden: [8] },
      { kind: 'lstm', units: 6, pooling: 'mean', peepholes: true, hidden: [] },
    ] as const;
    for (const body of bodies) {
      const A = values(rows, rank);
      const B = values(rank, dimension);
      const dense = {
        embedding: { rows, dimension },
        body,
        head: 'softmax',
        classes: 3,
        masked: true,
      } as const;
      const weights = initialWeights(dense, Float32Array.from(product(A, B, false, false)), 2);
      const factors = new Map(weights);
      factors.set('embedding/A', { shape: [rows, rank], data: A.data });
      factors.set('embedding/B', { shape: [rank, dimension], data: B.data });
      for (const engine of installedEngines()) {
        const reconstruction = new Classifier(engine, dense, weights);
        const factorized = new Classifier(
          engine,
          { ...dense, embedding: { rows, dimension, rank } },
          factors,
        );
        assertClose(factorized.predict(batch).data, reconstruction.predict(batch).data, 1e-5);
      }
    }
  });
});

describe('values to keep', () => {
  it('are 0 where a step has left others', () => {
    const workspace = installedEngines()[0]!.workspace();
    workspace.matrix(4, 100).data.fill(7);
    workspace.begin();
    assert.ok(workspace.keep(10, 100).data.every((value) => value === 0));
  });
});
