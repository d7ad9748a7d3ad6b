import assert from 'node:assert/strict';
import type { Engine, Matrix } from '../../src/core/engine/engine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import type { OptimizerSettings } from '../../src/core/recipe/recipe.ts';
import { installedEngines } from '../support/engines.ts';

const random = new Random(21);
const matrix = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, () => random.normal()),
});

/** The product by its definition, in float64. */
function product(a: Matrix, b: Matrix, transposeA: boolean, transposeB: boolean): number[] {
  const rows = transposeA ? a.columns : a.rows;
  const inner = transposeA ? a.rows : a.columns;
  const columns = transposeB ? b.rows : b.columns;
  const at = (m: Matrix, r: number, c: number): number => m.data[r * m.columns + c]!;
  return Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += (transposeA ? at(a, k, r) : at(a, r, k)) * (transposeB ? at(b, c, k) : at(b, k, c));
    }
    return sum;
  });
}

function assertClose(found: Float32Array, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(found.length, expected.length);
  found.forEach((x, i) => {
    assert.ok(Math.abs(x - expected[i]!) < tolerance, `${x} is not ${expected[i]} at ${i}`);
  });
}

describe('engines', () => {
  let engines: Engine[] = [];
  before(async () => {
    engines = await installedEngines();
  });

  it('multiply, transposed or not, with matrices and with variables', () => {
    for (const engine of engines) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const a = transposeA ? matrix(7, 5) : matrix(5, 7);
          const b = transposeB ? matrix(3, 7) : matrix(7, 3);
          const expected = product(a, b, transposeA, transposeB);
          const variable = engine.variable(b, { name: 'sgd' });
          assertClose(engine.matMul(a, b, transposeA, transposeB).data, expected, 1e-5);
          assertClose(engine.matMul(a, variable, transposeA, transposeB).data, expected, 1e-5);
          variable.dispose();
        }
      }
      assert.throws(() => engine.matMul(matrix(2, 3), matrix(2, 3)), /inner sizes 3 and 2 differ/);
    }
  });

  it('do not share memory with what they are given', () => {
    for (const engine of engines) {
      const value = matrix(2, 2);
      const before = value.data.slice();
      const variable = engine.variable(value, { name: 'sgd' });
      value.data.fill(9);
      assert.deepEqual(variable.read(), before, engine.name);
      variable.apply(Float32Array.of(1, 1, 1, 1), 0.5);
      assertClose(
        variable.read(),
        before.map((x) => x - 0.5),
        1e-6,
      );
      variable.dispose();
    }
  });

  const optimizers: OptimizerSettings[] = [
    { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01 },
    { name: 'adagrad', initialAccumulator: 0.1, epsilon: 1e-7 },
    { name: 'sgd' },
  ];
  for (const settings of optimizers) {
    it(`take the same 20 steps of ${settings.name}, and go on from their saved state`, () => {
      const start = matrix(4, 6);
      const gradients = Array.from({ length: 20 }, () => matrix(4, 6).data);
      const ends = engines.map((engine) => {
        const variable = engine.variable(start, settings);
        gradients.slice(0, 12).forEach((gradient) => {
          variable.apply(gradient, 0.01);
        });
        const second = engine.variable({ rows: 4, columns: 6, data: variable.read() }, settings);
        second.restore(new Map(variable.state()));
        gradients.slice(12).forEach((gradient) => {
          variable.apply(gradient, 0.01);
          second.apply(gradient, 0.01);
        });
        assert.deepEqual(second.read(), variable.read(), engine.name);
        const end = variable.read();
        variable.dispose();
        second.dispose();
        return end;
      });
      for (const end of ends) assertClose(end, ends[0]!, 1e-5);
    });
  }
});

describe('a factorized model', () => {
  it('computes what the table A B computes, to 1e-5', async () => {
    const [rows, dimension, rank] = [40, 12, 5];
    const batch = {
      size: 2,
      length: 4,
      ids: Int32Array.of(3, 9, 12, 39, 7, 7, 0, 0),
      lengths: Int32Array.of(4, 2),
      labels: Int32Array.of(0, 1),
      sentences: Uint32Array.of(0, 1),
    };
    const bodies = [
      { kind: 'dan', hidden: [8] },
      { kind: 'lstm', units: 6, pooling: 'mean', peepholes: true, hidden: [] },
    ] as const;
    for (const body of bodies) {
      const A = matrix(rows, rank);
      const B = matrix(rank, dimension);
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
      for (const engine of await installedEngines()) {
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
