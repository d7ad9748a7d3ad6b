import assert from 'node:assert/strict';
import type { Matrix, Workspace } from '../../src/core/engine/workspace.ts';
import { Random } from '../../src/core/random.ts';
import type { OptimizerSettings } from '../../src/core/recipe/recipe.ts';
import { Optimizer } from '../../src/core/training/optimizer.ts';
import { installedEngines } from '../support/engines.ts';

const adam: OptimizerSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01 };
const adagrad: OptimizerSettings = { name: 'adagrad', initialAccumulator: 0.1, epsilon: 1e-7 };
const momentum: OptimizerSettings = { name: 'momentum', momentum: 0.9, nesterov: false };
const nesterov: OptimizerSettings = { ...momentum, nesterov: true };
const adadelta: OptimizerSettings = { name: 'adadelta', rho: 0.75, epsilon: 0.01 };
const rmsprop: OptimizerSettings = { name: 'rmsprop', rho: 0.75, epsilon: 0.01 };
const all: readonly OptimizerSettings[] = [
  { name: 'sgd' },
  momentum,
  nesterov,
  adagrad,
  adadelta,
  rmsprop,
  adam,
];
const nameOf = (settings: OptimizerSettings): string => (settings === nesterov ? 'nesterov' : settings.name);

const normals = (random: Random, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.normal());

const near = (found: number, expected: number, relative = 1e-6): void => {
  assert.ok(Math.abs(found - expected) <= relative * Math.abs(expected), `${found} is not ${expected}`);
};

/** A matrix with its optimizer. */
class Trained {
  readonly values: Matrix;
  readonly optimizer: Optimizer;

  constructor(
    readonly workspace: Workspace,
    settings: OptimizerSettings,
    rows: number,
    columns: number,
    start: ArrayLike<number> = new Float32Array(rows * columns),
  ) {
    this.values = workspace.keep(rows, columns);
    this.values.data.set(start);
    this.optimizer = new Optimizer(settings, workspace, this.values);
  }

  apply(gradient: ArrayLike<number>, rate: number): void {
    this.workspace.begin();
    const matrix = this.workspace.matrix(1, gradient.length);
    matrix.data.set(gradient);
    this.optimizer.apply(matrix, rate);
  }

  applyRows(rows: readonly number[], gradients: ArrayLike<number>, rate: number): void {
    this.workspace.begin();
    const at = this.workspace.integers(Int32Array.from(rows));
    const matrix = this.workspace.matrix(gradients.length / this.values.columns, this.values.columns);
    matrix.data.set(gradients);
    this.optimizer.applyRows(at, rows.length, matrix, rate);
  }
}

describe('an optimizer', () => {
  let workspaces: () => Workspace;

  before(() => {
    const [engine] = installedEngines();
    workspaces = () => engine!.workspace();
  });

  /** Runs one value through the gradients and returns where it ends, from 0; in a vector's lane and beyond it. */
  function descend(settings: OptimizerSettings, gradients: readonly number[], rate: number): number {
    const trained = new Trained(workspaces(), settings, 1, 5);
    for (const gradient of gradients) trained.apply(new Float32Array(5).fill(gradient), rate);
    const [first, , , , last] = trained.values.data;
    near(last!, first!, 1e-6);
    return first!;
  }

  it('takes Adam’s steps in the epsilon-hat form', () => {
    // One step from rest: m = 0.1 g, v = 0.001 g^2, rate * sqrt(0.001)/0.1 * m/(sqrt(v) + epsilon).
    const g = 0.5;
    near(
      descend(adam, [g], 0.1),
      (-0.1 * Math.sqrt(0.001) * g) / (Math.sqrt(0.001) * g + 0.01), // epsilon is not corrected by sqrt(1 - b2^t)
    );
    // Two steps by hand: m = 0.9*0.05 - 0.1 = -0.055, v = 0.999*0.00025 + 0.001 = 0.00124975.
    const second =
      ((-0.1 * Math.sqrt(1 - 0.999 ** 2)) / (1 - 0.81)) * (-0.055 / (Math.sqrt(0.00124975) + 0.01));
    near(descend(adam, [0.5, -1], 0.1), descend(adam, [0.5], 0.1) + second);
  });

  it('takes steps of the rate under a constant gradient and no epsilon, whatever its size', () => {
    const bare: OptimizerSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0 };
    for (const gradient of [1e-3, 7]) {
      near(descend(bare, new Array<number>(50).fill(gradient), 0.01), -0.5, 1e-4);
    }
  });

  it('divides by the root of the summed squares in Adagrad', () => {
    near(descend({ ...adagrad, initialAccumulator: 0, epsilon: 0 }, [3, 4], 0.1), -0.1 - (0.1 * 4) / 5);
    assert.equal(descend({ ...adagrad, initialAccumulator: 0, epsilon: 0 }, [0], 0.1), 0);
  });

  it('descends along the gradient in SGD', () => {
    near(descend({ name: 'sgd' }, [1, 2, -0.5], 0.1), -0.25);
  });

  it('keeps a share of its velocity with momentum', () => {
    // Velocities 1, 0.9 + 2 = 2.9 and 2.61 - 0.5 = 2.11.
    near(descend(momentum, [1, 2, -0.5], 0.1), -0.1 * (1 + 2.9 + 2.11));
    // A rate of its own does not pile up in the velocity: after many equal gradients a step is rate g / (1 - momentum).
    const steps = new Array<number>(200).fill(1);
    near(descend(momentum, [...steps, 1], 0.1) - descend(momentum, steps, 0.1), -1, 1e-4);
  });

  it('looks ahead with Nesterov’s momentum', () => {
    near(descend(nesterov, [1, 2, -0.5], 0.1), -0.1 * (1 + 0.9 + (2 + 0.9 * 2.9) + (-0.5 + 0.9 * 2.11)));
  });

  it('takes Adadelta’s steps, which have the units of the values', () => {
    // s = 0.25 * 4 = 1, step = 2 sqrt(0.01) / sqrt(1.01).
    const step = (2 * 0.1) / Math.sqrt(1.01);
    near(descend(adadelta, [2], 1), -step);
    // s = 0.75 + 0.25 = 1, u = 0.25 step^2.
    near(descend(adadelta, [2, -1], 1), -step + Math.sqrt(0.25 * step ** 2 + 0.01) / Math.sqrt(1.01));
    near(descend(adadelta, [2], 0.5), -step / 2);
  });

  it('divides by the root of the mean square in RMSprop', () => {
    // s = 0.25 * 4 = 1, then 0.75 + 0.25 = 1.
    near(descend(rmsprop, [2, -1], 0.1), -0.2 / 1.01 + 0.1 / 1.01);
  });

  it('does not move without a gradient', () => {
    for (const settings of all) assert.equal(descend(settings, [0, 0], 1), 0, nameOf(settings));
  });

  for (const settings of all) {
    it(`equals its dense form bit for bit where every row is touched, the padding aside (${nameOf(settings)})`, () => {
      const random = new Random(3);
      const [m, n] = [6, 5];
      const start = normals(random, m * n);
      const sparse = new Trained(workspaces(), settings, m, n, start);
      const dense = new Trained(workspaces(), settings, m, n, start);
      for (let step = 0; step < 10; step++) {
        const gradient = normals(random, m * n);
        // Rows come in any order.
        const order = [...random.permutation(m)];
        sparse.applyRows(
          order,
          order.flatMap((row) => [...gradient.subarray(row * n, (row + 1) * n)]),
          0.01,
        );
        dense.apply(gradient, 0.01);
      }
      assert.deepEqual(sparse.values.data.slice(n), dense.values.data.slice(n));
      assert.deepEqual(sparse.values.data.slice(0, n), start.slice(0, n));
    });

    it(`goes on after a restore as if undisturbed (${nameOf(settings)})`, () => {
      const [m, n] = [5, 3];
      const first = new Trained(workspaces(), settings, m, n, normals(new Random(4), m * n));
      const step = (of: Trained, seed: number): void => {
        of.applyRows([1, 4], normals(new Random(5, seed), 2 * n), 0.05);
      };
      for (let i = 0; i < 4; i++) step(first, i);
      const saved = new Map(
        [...first.optimizer.state()].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
      );
      const second = new Trained(workspaces(), settings, m, n, first.values.data);
      second.optimizer.restore(saved);
      assert.equal(second.optimizer.step, 4);
      for (let i = 4; i < 8; i++) {
        step(first, i);
        step(second, i);
      }
      assert.deepEqual(second.values.data.slice(), first.values.data.slice());
    });
  }

  it('moves only the rows touched, their moments too, under one step counter', () => {
    const trained = new Trained(workspaces(), adam, 3, 2);
    const moments = (): number[] => [...trained.optimizer.state().get('m')!.data];
    trained.applyRows([1], [0.5, 0.5], 0.1);
    const before = moments();
    trained.applyRows([2], [0.5, 0.5], 0.1);
    assert.deepEqual(moments().slice(0, 4), before.slice(0, 4));
    near(trained.values.data[2]!, descend(adam, [0.5], 0.1));
    // Row 2 is at its first gradient but at step 2: m and v are those of one gradient, the correction is t = 2's.
    const corrected =
      ((-0.1 * Math.sqrt(1 - 0.999 ** 2)) / (1 - 0.81)) * (0.05 / (Math.sqrt(0.00025) + 0.01));
    near(trained.values.data[4]!, corrected);
  });

  it('rejects gradients and states that do not fit, before anything moves', () => {
    const trained = new Trained(workspaces(), adam, 3, 2);
    assert.throws(() => {
      trained.apply([1, 1], 1);
    }, /6 gradients expected, 1 x 2 found/);
    assert.throws(() => {
      trained.applyRows([1, 2], [1, 1], 0.1);
    }, /4 gradients expected, 1 x 2 found/);
    assert.throws(() => {
      trained.optimizer.restore(new Map([['step', { shape: [1], data: Float32Array.of(7) }]]));
    }, RangeError);
    assert.equal(trained.optimizer.step, 0);
    assert.ok(trained.values.data.every((value) => value === 0));
  });
});
