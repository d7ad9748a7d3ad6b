import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import type { OptimizerSettings } from '../../src/core/recipe/recipe.ts';
import { Optimizer } from '../../src/core/training/optimizer.ts';
import { installedEngines } from '../support/engines.ts';
import { askPython, pythonWith } from './python.ts';

const steps = 100;
/** A row has one value more than a vector has lanes. */
const [rows, columns] = [6, 5];

const peers: readonly (readonly [peer: 'torch' | 'keras', rate: number, settings: OptimizerSettings])[] = [
  ['torch', 0.1, { name: 'sgd' }],
  ['torch', 0.05, { name: 'momentum', momentum: 0.9, nesterov: false }],
  ['torch', 0.05, { name: 'momentum', momentum: 0.9, nesterov: true }],
  ['torch', 0.1, { name: 'adagrad', initialAccumulator: 0.1, epsilon: 1e-7 }],
  ['torch', 1, { name: 'adadelta', rho: 0.95, epsilon: 1e-6 }],
  ['torch', 0.01, { name: 'rmsprop', rho: 0.9, epsilon: 1e-7 }],
  ['torch', 0.01, { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }],
  ['torch', 0.01, { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01 }],
  ['keras', 0.1, { name: 'sgd' }],
  ['keras', 1, { name: 'adadelta', rho: 0.95, epsilon: 1e-6 }],
  ['keras', 0.01, { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }],
  ['keras', 0.01, { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01 }],
];

const normals = (random: Random): Float32Array =>
  Float32Array.from({ length: rows * columns }, () => random.normal());

const random = new Random(5);
const start = normals(random);
/** Of four sizes, and none at all now and then. */
const gradients = Array.from({ length: steps }, (_, t) =>
  normals(random).map((g, i) => (t % 7 === 3 && i % 2 === 0 ? 0 : g * 10 ** -(i % 4))),
);
/** It changes, since the rules differ in what they do with it then. */
const ratesUpTo = (highest: number): number[] =>
  gradients.map((_, t) => highest * (0.55 + 0.45 * Math.cos(t / 9)));

describe('an optimizer against its peers', function () {
  this.timeout(120_000);
  let expected: readonly (readonly (readonly number[])[])[];

  before(function () {
    const python = pythonWith(this, 'torch', 'keras');
    const cases = peers.map(([peer, highest, settings]) => ({
      ...{ peer, settings, start: [...start] },
      gradients: gradients.map((gradient) => [...gradient]),
      rates: ratesUpTo(highest),
    }));
    expected = askPython(python, 'optimizers.py', cases) as typeof expected;
  });

  peers.forEach(([peer, highest, settings], one) => {
    it(`is after each of ${steps} steps where ${peer}'s is: ${JSON.stringify(settings)}`, () => {
      const [engine] = installedEngines();
      const workspace = engine!.workspace();
      const dense = workspace.keep(rows, columns);
      // Row 0 of a table never moves.
      const table = workspace.keep(rows + 1, columns);
      dense.data.set(start);
      table.data.set(start, columns);
      const denseSteps = new Optimizer(settings, workspace, dense);
      const rowSteps = new Optimizer(settings, workspace, table);
      let worst = 0;
      ratesUpTo(highest).forEach((rate, t) => {
        const gradient = gradients[t]!;
        workspace.begin();
        const matrix = workspace.matrix(rows, columns);
        matrix.data.set(gradient);
        denseSteps.apply(matrix, rate);
        const order = [...random.permutation(rows)];
        order.forEach((row, i) => {
          matrix.data.set(gradient.subarray(row * columns, (row + 1) * columns), i * columns);
        });
        const touched = workspace.integers(Int32Array.from(order, (row) => row + 1));
        rowSteps.applyRows(touched, rows, matrix, rate);
        expected[one]![t]!.forEach((value, i) => {
          for (const found of [dense.data[i]!, table.data[columns + i]!]) {
            worst = Math.max(worst, Math.abs(found - value) / Math.max(1, Math.abs(value)));
          }
        });
      });
      console.log(`      off by ${worst.toExponential(1)} at most`);
      assert.ok(worst <= 1e-5);
    });
  });
});
