import assert from 'node:assert/strict';
import type { ModelSpec, Tensor, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { weightShapes } from '../../src/core/checkpoint/specFromJson.ts';
import { layerCosts, totalCost } from '../../src/core/cost/cost.ts';
import { foldEmbedding } from '../../src/core/embedding/fold.ts';
import { foldability } from '../../src/core/embedding/foldability.ts';
import { UserError } from '../../src/core/errors.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { Random } from '../../src/core/random.ts';
import { codedCheckpoints } from '../support/codedCheckpoints.ts';
import { graphCases } from '../support/graphCases.ts';
import { installedEngines } from '../support/engines.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const bodies = {
  'a DAN': { kind: 'dan', hidden: [9, 5] },
  'a DAN without a hidden layer': { kind: 'dan', hidden: [] },
  'an LSTM': { kind: 'lstm', units: 6, pooling: 'last', peepholes: true, hidden: [4] },
  'a BiLSTM': { kind: 'bilstm', units: 5, pooling: 'mean', hidden: [] },
  'a GRU': { kind: 'gru', units: 6, pooling: 'mean', hidden: [4] },
  'a CNN': { kind: 'cnn', widths: [1, 2, 5], filters: 4, hidden: [] },
} as const;

const batch = {
  size: 2,
  length: 4,
  ids: Int32Array.of(3, 9, 12, 29, 7, 7, 0, 0),
  lengths: Int32Array.of(4, 2),
  labels: Int32Array.of(0, 1),
};

describe('foldEmbedding', () => {
  for (const [name, body] of Object.entries(bodies)) {
    it(`leaves the outputs of ${name} as they were, at fewer bytes and FLOPs`, () => {
      const spec: ModelSpec = {
        embedding: { rows: 30, dimension: 12, rank: 3 },
        body,
        head: 'logits',
        classes: 3,
        masked: true,
      };
      const factorized = randomCheckpoint(spec);
      const folded = foldEmbedding(factorized);
      assert.deepEqual(folded.spec, { ...spec, embedding: { rows: 30, dimension: 3 } });
      for (const engine of installedEngines()) {
        const before = new Classifier(engine, factorized.spec, factorized.weights).predict(batch).data;
        const after = new Classifier(engine, folded.spec, folded.weights).predict(batch).data;
        after.forEach((value, i) => {
          assert.ok(Math.abs(value - before[i]!) < 1e-5, `${value} is not ${before[i]}`);
        });
      }
      const [less, more] = [folded, factorized].map((of) => totalCost(layerCosts(of.spec, 10)));
      assert.ok(less!.storageBytes < more!.storageBytes && less!.flopsPerSentence < more!.flopsPerSentence);
    });
  }

  const graphs = graphCases().map(({ name, spec, weights, batch: sentences }) => {
    const random = new Random(5);
    const normal = (...shape: number[]): Tensor => ({
      shape,
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    });
    const { rows, dimension } = spec.embedding;
    const changed: Weights = new Map([...weights].filter(([weight]) => weight !== 'embedding/table'));
    changed.set('embedding/A', normal(rows, 2)).set('embedding/B', normal(2, dimension));
    const embedding = { rows, dimension, rank: 2 };
    const rest = { text: undefined, vocabulary: undefined, labels: undefined };
    return {
      name,
      batch: sentences,
      checkpoint: { spec: { ...spec, embedding }, weights: changed, ...rest },
    };
  });
  /** The layer that stands in the way of each, by the case's name. */
  const obstacles: Readonly<Record<string, string>> = {
    ReLU: 'n0',
    LeakyReLU: 'n0',
    ELU: 'n0',
    'an Activation': 'n1',
    maximum: 'n0',
    'TimeDistributed Activation': 'n0',
    'TimeDistributed LayerNormalization': 'n0',
    LayerNormalization: 'n0',
    'BatchNormalization, then windows with padding': 'n1',
    'BatchNormalization, then a head without bias': 'head',
    Add: 'n2',
    Multiply: 'n2',
    Average: 'n2',
    Maximum: 'n2',
    'Multiply, all of it seen': 'n1',
    'Maximum, all of it seen': 'n1',
    'Concatenate in time': 'n1',
    'a sequence added to itself': 'n0',
    'mean and maximum of a BiLSTM, with a residual': 'n1',
  };
  for (const { name, batch: sentences, checkpoint } of graphs) {
    const plain = name.replace(/, masked$/, '');
    const merge = /^(Multiply|Maximum) of/.test(plain) ? 'n2' : undefined;
    const obstacle = obstacles[plain] ?? merge ?? (plain.startsWith('MaxPooling1D') ? 'n0' : undefined);
    if (obstacle !== undefined) {
      it(`names the layer that stands in the way: ${name}`, () => {
        const found = foldability(checkpoint.spec);
        assert.ok(!found.exact && found.why.includes(`the layer '${obstacle}'`));
        assert.throws(
          () => foldEmbedding(checkpoint),
          (error) => error instanceof UserError && error.message.includes(`the layer '${obstacle}'`),
        );
      });
      continue;
    }
    it(`leaves the outputs of a graph as they were: ${name}`, () => {
      assert.deepEqual(foldability(checkpoint.spec), { exact: true });
      const folded = foldEmbedding(checkpoint);
      const { rows, rank } = checkpoint.spec.embedding;
      assert.deepEqual(folded.spec.embedding, { rows, dimension: rank });
      assert.deepEqual(
        [...folded.weights].map(([weight, { shape }]) => [weight, shape]).sort(),
        [...weightShapes(folded.spec)].sort(),
      );
      const engine = installedEngines()[0]!;
      const before = new Classifier(engine, checkpoint.spec, checkpoint.weights)
        .predict(sentences)
        .data.slice();
      const after = new Classifier(engine, folded.spec, folded.weights).predict(sentences).data;
      after.forEach((value, i) => {
        assert.ok(Math.abs(value - before[i]!) < 1e-5, `${value} is not ${before[i]}`);
      });
      const [less, more] = [folded, checkpoint].map((of) => totalCost(layerCosts(of.spec, 7)));
      assert.ok(less!.flopsPerSentence < more!.flopsPerSentence);
    });
  }

  it('keeps the coding of A, and decodes B', () => {
    const engine = installedEngines()[0]!;
    const models = codedCheckpoints().filter(
      ({ checkpoint }) => checkpoint.spec.body.kind === 'dan' && checkpoint.spec.embedding.rank !== undefined,
    );
    assert.ok(models.length >= 5);
    for (const { name, checkpoint } of models) {
      const folded = foldEmbedding(checkpoint);
      const { rank, coding } = checkpoint.spec.embedding;
      assert.deepEqual(folded.spec.embedding, { rows: 67, dimension: rank, coding });
      const before = new Classifier(engine, checkpoint.spec, checkpoint.weights).predict(batch).data.slice();
      new Classifier(engine, folded.spec, folded.weights).predict(batch).data.forEach((value, i) => {
        assert.ok(Math.abs(value - before[i]!) < 1e-5, `${name}: ${value} is not ${before[i]}`);
      });
    }
  });

  it('refuses a model without factors', () => {
    const dense = randomCheckpoint({
      embedding: { rows: 5, dimension: 2 },
      body: { kind: 'dan', hidden: [] },
      head: 'softmax',
      classes: 2,
      masked: true,
    });
    assert.throws(() => foldEmbedding(dense), { code: 'not-factorized' });
  });
});
