import assert from 'node:assert/strict';
import type { Body, ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import type { Batch } from '../../src/core/text/encoded.ts';
import { checkFactorsAlone } from '../support/factorsAlone.ts';
import { installedEngines } from '../support/engines.ts';
import { referenceProbabilities } from '../support/referenceModel.ts';

const rows = 12;
const dimension = 6;
const sentences = [[3, 4, 3, 7, 1], [2], [9, 11, 5], [6, 8, 10, 2, 2, 4]];
const labels = [0, 1, 2, 1];

const bodies: Record<string, Body> = {
  DAN: { kind: 'dan', hidden: [5, 4] },
  'LSTM, mean': { kind: 'lstm', units: 5, pooling: 'mean', peepholes: false, hidden: [] },
  'LSTM, last state': { kind: 'lstm', units: 5, pooling: 'last', peepholes: false, hidden: [4] },
  'LSTM with peepholes': { kind: 'lstm', units: 5, pooling: 'mean', peepholes: true, hidden: [] },
  'BiLSTM, mean': { kind: 'bilstm', units: 5, pooling: 'mean', hidden: [] },
  'BiLSTM, last states': { kind: 'bilstm', units: 4, pooling: 'last', hidden: [4] },
  'GRU, mean': { kind: 'gru', units: 5, pooling: 'mean', hidden: [4] },
  'GRU, last state': { kind: 'gru', units: 6, pooling: 'last', hidden: [] },
  CNN: { kind: 'cnn', widths: [1, 3, 5], filters: 5, hidden: [] },
  'CNN with a hidden layer': { kind: 'cnn', widths: [2], filters: 4, hidden: [4] },
};

function batchOf(classes: number): Batch {
  const length = Math.max(...sentences.map((s) => s.length));
  const ids = new Int32Array(sentences.length * length);
  sentences.forEach((sentence, i) => {
    ids.set(sentence, i * length);
  });
  return {
    size: sentences.length,
    length,
    ids,
    lengths: Int32Array.from(sentences, (s) => s.length),
    labels: Int32Array.from(labels, (label) => label % classes),
  };
}

function makeModel(body: Body, rank: number | undefined, head: ModelSpec['head']): [ModelSpec, Weights] {
  const random = new Random(7);
  const normal = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const classes = head === 'sigmoid' ? 2 : 3;
  const spec: ModelSpec = { embedding: { rows, dimension }, body, head, classes, masked: true };
  const weights = initialWeights(spec, normal(rows * dimension), 5);
  // Biases and peepholes begin at zero, where a wrong sign would not show.
  for (const [name, { data }] of weights) {
    if (/bias|peephole/.test(name)) data.forEach((x, i) => (data[i] = x + 0.3 * random.normal()));
  }
  if (rank === undefined) return [spec, weights];
  weights.delete('embedding/table');
  weights.set('embedding/A', { shape: [rows, rank], data: normal(rows * rank) });
  weights.set('embedding/B', { shape: [rank, dimension], data: normal(rank * dimension) });
  return [{ ...spec, embedding: { rows, dimension, rank } }, weights];
}

const copy = (weights: Weights): Weights =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

function referenceLoss(spec: ModelSpec, weights: Weights): number {
  const losses = sentences.map(
    (tokens, i) => -Math.log(referenceProbabilities(spec, weights, tokens)[labels[i]! % spec.classes]!),
  );
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}

describe('classifier', () => {
  let engines: Engine[] = [];
  before(() => {
    engines = installedEngines();
  });

  for (const [name, body] of Object.entries(bodies)) {
    for (const rank of [undefined, 3]) {
      for (const head of ['softmax', 'sigmoid'] as const) {
        it(`${name}, ${rank === undefined ? 'dense' : 'factorized'}, ${head}: predicts and learns by its definition`, () => {
          const [spec, weights] = makeModel(body, rank, head);
          const batch = batchOf(spec.classes);
          for (const engine of engines) {
            const model = new Classifier(engine, spec, copy(weights), { name: 'sgd' });
            const predicted = model.predict(batch);
            sentences.forEach((tokens, i) => {
              referenceProbabilities(spec, weights, tokens).forEach((p, c) => {
                const found = predicted.data[i * spec.classes + c]!;
                assert.ok(Math.abs(found - p) < 1e-5, `${engine.name}: ${found} is not ${p}`);
              });
            });

            const before = copy(model.weights());
            model.trainStep(batch, 1, { units: 0, words: 0, random: new Random(1) });
            const after = model.weights();
            // A step of plain gradient descent at rate 1 moves each weight by minus its gradient.
            const random = new Random(3);
            for (const [weight, { data }] of before) {
              for (let trial = 0; trial < 12; trial++) {
                const at = random.integer(data.length);
                if (weight.startsWith('embedding/') && !weight.endsWith('/B') && at < data.length / rows)
                  continue;
                const shifted = (by: number): number => {
                  const other = new Map<string, { shape: number[]; data: Float32Array }>(
                    [...before].map(([n, t]) => [n, { shape: [...t.shape], data: t.data }]),
                  );
                  const moved = Float64Array.from(data);
                  moved[at]! += by;
                  other.set(weight, {
                    shape: [...before.get(weight)!.shape],
                    data: moved as unknown as Float32Array,
                  });
                  return referenceLoss(spec, other);
                };
                const expected = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                const found = data[at]! - after.get(weight)!.data[at]!;
                assert.ok(
                  Math.abs(found - expected) < 2e-5 + 1e-3 * Math.abs(expected),
                  `${engine.name}, ${weight}[${at}]: gradient ${found}, expected ${expected}`,
                );
              }
            }
          }
        });
      }
    }
  }

  it('never moves the padding row', () => {
    const [spec, weights] = makeModel(bodies.DAN!, undefined, 'softmax');
    const model = new Classifier(engines[0]!, spec, copy(weights), { name: 'sgd' });
    model.trainStep(batchOf(3), 1, { units: 0.3, words: 0.3, random: new Random(1) });
    assert.deepEqual(
      model.weights().get('embedding/table')!.data.subarray(0, dimension),
      weights.get('embedding/table')!.data.subarray(0, dimension),
    );
  });

  it('leaves frozen columns of the table as they are, and moves the others as if there were none', () => {
    const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
    const [spec, weights] = makeModel(bodies.CNN!, undefined, 'softmax');
    const tableAfter = (frozen: number): Float32Array => {
      const model = new Classifier(engines[0]!, spec, copy(weights), adam, { frozenColumns: frozen });
      model.trainStep(batchOf(3), 0.1, { units: 0, words: 0, random: new Random(1) });
      return model.weights().get('embedding/table')!.data;
    };
    const before = weights.get('embedding/table')!.data;
    const moved = tableAfter(0);
    for (const frozen of [2, dimension]) {
      const after = tableAfter(frozen);
      after.forEach((x, i) => {
        assert.equal(x, i % dimension < frozen ? before[i] : moved[i]);
      });
    }
    assert.notDeepEqual(moved, before);
  });

  for (const [name, body] of Object.entries(bodies)) {
    it(`${name}: trains the factors, or the table, alone as it does with all, and remembers no more`, () => {
      for (const rank of [undefined, 3]) {
        const [spec, weights] = makeModel(body, rank, 'softmax');
        checkFactorsAlone(engines[0]!, spec, weights, batchOf(3));
      }
    });
  }

  it('gives the same weights to 1e-4 on every engine after 20 steps of Adam', function () {
    if (engines.length < 2) this.skip();
    for (const body of Object.values(bodies)) {
      const results = engines.map((engine) => {
        const [spec, weights] = makeModel(body, 3, 'softmax');
        const settings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
        const model = new Classifier(engine, spec, copy(weights), settings);
        const random = new Random(2);
        for (let step = 0; step < 20; step++) {
          model.trainStep(batchOf(3), 1e-2, { units: 0.2, words: 0.2, random });
        }
        return copy(model.weights());
      });
      for (const [name, { data }] of results[0]!) {
        const other = results[1]!.get(name)!.data;
        data.forEach((x, i) => {
          assert.ok(Math.abs(x - other[i]!) < 1e-4, `${name}[${i}]: ${x} and ${other[i]}`);
        });
      }
    }
  });

  it('goes on from its optimizers’ state as if it had not stopped', () => {
    const settings = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
    for (const engine of engines) {
      const [spec, weights] = makeModel(bodies['LSTM with peepholes']!, 3, 'softmax');
      const none = { units: 0, words: 0, random: new Random(1) };
      const straight = new Classifier(engine, spec, copy(weights), settings);
      for (let step = 0; step < 6; step++) straight.trainStep(batchOf(3), 1e-2, none);
      const first = new Classifier(engine, spec, copy(weights), settings);
      for (let step = 0; step < 3; step++) first.trainStep(batchOf(3), 1e-2, none);
      const second = new Classifier(engine, spec, copy(first.weights()), settings);
      second.restoreOptimizers(first.optimizerState());
      for (let step = 0; step < 3; step++) second.trainStep(batchOf(3), 1e-2, none);
      for (const [name, { data }] of straight.weights()) {
        assert.deepEqual(second.weights().get(name)!.data, data, `${engine.name}, ${name}`);
      }
    }
  });
});
