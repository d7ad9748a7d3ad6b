import assert from 'node:assert/strict';
import type { Checkpoint, ModelSpec, Tensor, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import type { OptimizerSettings } from '../../src/core/recipe/recipe.ts';
import type { Batch } from '../../src/core/text/encoded.ts';

/** Coded models whose codes stay and whose codebooks are trained. */

type Model = Pick<Checkpoint, 'spec' | 'weights'>;

const rows = 60;
const dimension = 6;
const noDropout = { units: 0, words: 0, random: new Random(1) };

/** A DAN with random weights, factorized where there is a rank. */
function model(rank?: number): Checkpoint {
  const random = new Random(7);
  const normal = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const dense: ModelSpec = {
    embedding: { rows, dimension },
    body: { kind: 'dan', hidden: [5] },
    head: 'softmax',
    classes: 3,
    masked: true,
  };
  const weights = initialWeights(dense, normal(rows * dimension), 5);
  const rest = { text: undefined, vocabulary: undefined, labels: undefined };
  if (rank === undefined) return { spec: dense, weights, ...rest };
  weights.delete('embedding/table');
  weights.set('embedding/A', { shape: [rows, rank], data: normal(rows * rank) });
  weights.set('embedding/B', { shape: [rank, dimension], data: normal(rank * dimension) });
  return { spec: { ...dense, embedding: { rows, dimension, rank } }, weights, ...rest };
}

function batchOf(seed: number): Batch {
  const random = new Random(seed);
  const [size, length] = [8, 5];
  return {
    size,
    length,
    ids: Int32Array.from({ length: size * length }, () => 1 + random.integer(rows - 1)),
    lengths: Int32Array.from({ length: size }, () => length),
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
  };
}

export function copyOf(weights: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

/** The weights as a checkpoint holds them: parts without exact values. */
function stored(spec: ModelSpec, weights: Weights): Weights {
  return copyOf(new Classifier(createWasmEngine(), spec, weights).weights());
}

function lossOf(spec: ModelSpec, weights: Weights): number {
  return new Classifier(createWasmEngine(), spec, weights).trainStep(batchOf(1), 0, noDropout);
}

/** Compares a step of gradient descent with the finite differences of the loss. */
export function checkCodebookGradients(
  code: (checkpoint: Checkpoint) => Model,
  trained: readonly string[],
  rank?: number,
): void {
  const { spec, weights } = code(model(rank));
  const before = stored(spec, weights);
  const moved = new Classifier(createWasmEngine(), spec, copyOf(before), { name: 'sgd' });
  moved.trainStep(batchOf(1), 1, noDropout);
  const after = copyOf(moved.weights());
  const matrix = rank === undefined ? 'embedding/table' : 'embedding/A';
  for (const part of trained) {
    const name = `${matrix}/${part}`;
    const { shape, data } = before.get(name)!;
    const slopes = data.map((value, i) => value - after.get(name)!.data[i]!);
    const steepest = [...slopes.keys()].sort((a, b) => Math.abs(slopes[b]!) - Math.abs(slopes[a]!));
    // The steepest, and some that may not move at all.
    for (const i of [...steepest.slice(0, 12), ...steepest.slice(-6)]) {
      const at = (step: number): number => {
        const values = data.slice();
        values[i]! += step;
        return lossOf(spec, new Map([...before, [name, { shape, data: values }]]));
      };
      const step = 1e-2;
      const expected = (at(step) - at(-step)) / (2 * step);
      assert.ok(
        Math.abs(slopes[i]! - expected) < 2e-4 + 0.02 * Math.abs(expected),
        `${name} ${i}: ${slopes[i]} is not ${expected}`,
      );
    }
    assert.ok(Math.abs(slopes[steepest[0]!]!) > 1e-3);
  }
}

/** Stops after two of four epochs of a step, or after `done`, and compares. */
export function checkResume(code: (checkpoint: Checkpoint) => Model, done = 2): void {
  const optimizer: OptimizerSettings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
  const { spec, weights } = code(model());
  const train = (classifier: Classifier, from: number, to: number): void => {
    for (let step = from; step < to; step++) {
      classifier.beginEpoch(step, 4);
      classifier.trainStep(batchOf(step), 0.01, noDropout);
    }
  };
  const whole = new Classifier(createWasmEngine(), spec, weights, optimizer);
  train(whole, 0, 4);
  const first = new Classifier(createWasmEngine(), spec, weights, optimizer);
  train(first, 0, done);
  const saved = [copyOf(first.weights()), copyOf(first.optimizerState())] as const;
  const second = new Classifier(createWasmEngine(), spec, saved[0], optimizer);
  second.restoreOptimizers(saved[1]);
  train(second, done, 4);
  assert.deepEqual(second.weights(), whole.weights());
  assert.deepEqual(second.optimizerState(), whole.optimizerState());
  assert.deepEqual(second.predict(batchOf(9)).data.slice(), whole.predict(batchOf(9)).data.slice());
}
