import assert from 'node:assert/strict';
import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { usedRows, withTrained, type UsedRows } from '../../src/core/model/usedRows.ts';
import { Random } from '../../src/core/random.ts';
import { optimizerDefaults } from '../../src/core/recipe/defaults.ts';
import { MemoryDataset, type Batch } from '../../src/core/text/encoded.ts';
import { storableBodies } from '../support/bodies.ts';
import { installedEngines } from '../support/engines.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const rows = 40;
const dimension = 6;
const sentences = [[30, 4, 30, 7], [2], [39, 11, 5, 5, 8]];

function dataset(): MemoryDataset {
  const ids = Int32Array.from(sentences.flat());
  const labels = Int32Array.of(0, 1, 2);
  const offsets = Int32Array.of(0, 4, 5, 10);
  return new MemoryDataset({ ids, offsets, labels, withUnknown: new Uint8Array(3), lines: labels });
}

const batch: Batch = {
  size: 3,
  length: 5,
  ids: Int32Array.from(sentences.flatMap((s) => [...s, 0, 0, 0, 0, 0].slice(0, 5))),
  lengths: Int32Array.from(sentences, (s) => s.length),
  labels: Int32Array.of(0, 1, 2),
};

function model(body: ModelSpec['body'], rank?: number): [ModelSpec, Weights] {
  const spec: ModelSpec = {
    embedding: { rows, dimension, ...(rank !== undefined && { rank }) },
    body,
    head: 'softmax',
    classes: 3,
    masked: true,
  };
  return [spec, randomCheckpoint(spec).weights];
}

const copy = (weights: Weights): Weights =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

const noDropout = { units: 0, words: 0, random: new Random(1) };

function train(model: Classifier, steps: number): Classifier {
  for (let step = 0; step < steps; step++) model.trainStep(batch, 1e-2, noDropout);
  return model;
}

describe('the rows that data name', () => {
  let used: UsedRows;
  before(() => {
    const found = usedRows([dataset()], rows);
    assert.ok(found);
    used = found;
  });

  it('are those of all sentences and the padding, in the order of the table', () => {
    assert.deepEqual([...used.rows], [0, 2, 4, 5, 7, 8, 11, 30, 39]);
    assert.deepEqual(used.placesOf(Int32Array.of(39, 0, 30)), Int32Array.of(8, 0, 7));
  });

  it('are not told apart where they are half of the table or more', () => {
    assert.ok(usedRows([dataset()], 40));
    const of = (ids: number[]): MemoryDataset =>
      new MemoryDataset({ ...dataset().chunk, ids: Int32Array.from(ids) });
    assert.equal(usedRows([of([1, 2, 3])], 8), undefined);
    assert.equal(usedRows([of([1, 2, 3])], 9)?.count, 4);
  });

  it('are all that a model may be given', () => {
    const [spec, weights] = model({ kind: 'dan', hidden: [4] });
    const only = new Classifier(installedEngines()[0]!, spec, weights, undefined, { used });
    const unknown = { ...batch, ids: batch.ids.map((id) => (id === 7 ? 6 : id)) };
    assert.throws(() => only.predict(unknown), /row 6 is not among the 9/);
    assert.throws(() => only.predict({ ...unknown, ids: batch.ids.map(() => 40) }), /row 40 /);
  });

  for (const [name, body] of Object.entries(storableBodies)) {
    for (const rank of [undefined, 2]) {
      it(`${name}${rank ? ', factorized' : ''}: train to the same weights as in a whole table, bit for bit`, () => {
        for (const engine of installedEngines()) {
          const [spec, weights] = model(body, rank);
          const given = copy(weights);
          const open = (from: Weights, options: { used?: UsedRows }): Classifier =>
            new Classifier(engine, spec, from, optimizerDefaults.adam, options);
          const whole = train(open(weights, {}), 4);
          const straight = train(open(given, { used }), 4);
          assert.deepEqual(straight.weights(), whole.weights());
          assert.deepEqual(straight.predict(batch).data, whole.predict(batch).data);
          assert.deepEqual(given, weights, 'the weights given are changed');

          const first = train(open(given, { used }), 2);
          const [trained, state] = [copy(first.trainedWeights()), copy(first.optimizerState())];
          const table = rank === undefined ? 'embedding/table' : 'embedding/A';
          assert.equal(trained.get(table)!.shape[0], used.count);
          assert.equal(state.get(`${table}/m`)!.shape[0], used.count);
          const second = open(withTrained(given, trained, used), { used });
          second.restoreOptimizers(state);
          assert.deepEqual(train(second, 2).weights(), whole.weights());
        }
      });
    }
  }

  it('cannot go on from weights of another number of rows', () => {
    const [spec, weights] = model({ kind: 'dan', hidden: [4] });
    const engine = installedEngines()[0]!;
    const trained = new Classifier(engine, spec, weights, undefined, { used }).trainedWeights();
    assert.throws(
      () => withTrained(weights, trained, undefined),
      /embedding\/table has 9 x 6 values, of 40 x 6/,
    );
    const fewer = usedRows([new MemoryDataset({ ...dataset().chunk, ids: Int32Array.of(1) })], rows);
    assert.throws(() => withTrained(weights, trained, fewer), RangeError);
  });
});
