import assert from 'node:assert/strict';
import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import type { InspectedLayer } from '../../src/core/checkpoint/inspect.ts';
import { weightShapes } from '../../src/core/checkpoint/specFromJson.ts';
import { reducedModels } from '../../src/editor/reducedModels.ts';
import { describeBody, describeEmbedding, describeText } from '../../webview/model/describeModel.ts';
import { keptShares, rankKeeping } from '../../webview/model/keptShares.ts';
import { storageParts } from '../../webview/model/storageParts.ts';

const dan: ModelSpec = {
  embedding: { rows: 3502, dimension: 32 },
  body: { kind: 'dan', hidden: [24, 8] },
  head: 'softmax',
  classes: 2,
  masked: true,
};
const lstm: ModelSpec = {
  ...dan,
  embedding: { rows: 3502, dimension: 32, rank: 3 },
  body: { kind: 'lstm', units: 16, pooling: 'last', peepholes: true, hidden: [] },
};

function bytesOf(spec: ModelSpec): number {
  return [...weightShapes(spec).values()].reduce(
    (sum, shape) => sum + 4 * shape.reduce((a, b) => a * b, 1),
    0,
  );
}

describe('the page of a model', () => {
  it('foretells the size that a model of that rank has', () => {
    const { rows, dimension } = dan.embedding;
    const models = reducedModels({
      spec: dan,
      storageBytes: bytesOf(dan),
      embeddingBytes: 4 * rows * dimension,
    });
    assert.deepEqual(
      models.map(({ rank }) => rank),
      [15, 6, 3, 1, 1],
    );
    for (const { rank, storageBytes } of models) {
      assert.equal(storageBytes, bytesOf({ ...dan, embedding: { ...dan.embedding, rank } }));
    }
  });

  it('offers no reduction of a table that is factorized', () => {
    assert.deepEqual(reducedModels({ spec: lstm, storageBytes: bytesOf(lstm), embeddingBytes: 0 }), []);
  });

  it('tells what a rank keeps: ever more, and all of it in the end', () => {
    const kept = keptShares([4, 2, 2, 1, 0]);
    assert.deepEqual(
      kept.map((share) => Math.round(25 * share)),
      [16, 20, 24, 25, 25],
    );
    assert.equal(kept.at(-1), 1);
    assert.equal(rankKeeping(0.8, kept), 2);
    assert.equal(rankKeeping(1, kept), 4);
    assert.deepEqual(keptShares([0, 0]), [1, 1]);
    assert.equal(rankKeeping(0.5, []), undefined);
  });

  it('reaches all of a spectrum whose sum is not exact', () => {
    const kept = keptShares(Array.from({ length: 300 }, (_, i) => 1 / (i + 3)));
    assert.ok(kept.every((share, i) => share <= 1 && share >= (kept[i - 1] ?? 0)));
    assert.equal(rankKeeping(1, kept), 300);
  });

  it('sums weights by layer without losing a byte', () => {
    const weights = [...weightShapes(lstm)].map(([name, shape]): InspectedLayer => {
      const parameters = shape.reduce((a, b) => a * b, 1);
      const storageBytes = 4 * parameters;
      return { name, shape, parameters, storageBytes, share: storageBytes / bytesOf(lstm) };
    });
    const parts = storageParts(weights);
    assert.deepEqual(
      parts.map(({ layer }) => layer),
      ['embedding', 'lstm', 'head'],
    );
    assert.equal(
      parts.reduce((sum, { storageBytes }) => sum + storageBytes, 0),
      bytesOf(lstm),
    );
    assert.ok(Math.abs(parts.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12);
  });

  it('tells the layers of a graph apart, and shows the largest of many', () => {
    const weight = (name: string, storageBytes: number): InspectedLayer => {
      return { name, shape: [storageBytes], parameters: storageBytes, storageBytes, share: 0 };
    };
    const few = storageParts([
      weight('embedding/table', 80),
      weight('graph/lstm_1/forward/kernel', 10),
      weight('graph/lstm_1/backward/kernel', 10),
      weight('graph/conv/kernel', 4),
      weight('head/kernel', 2),
    ]);
    assert.deepEqual(
      few.map(({ layer, storageBytes }) => [layer, storageBytes]),
      [
        ['embedding', 80],
        ['lstm_1', 20],
        ['conv', 4],
        ['head', 2],
      ],
    );
    const sizes = Array.from({ length: 500 }, (_, i) => 1 + ((7 * i) % 500));
    const many = storageParts(sizes.map((size, i) => weight(`graph/dense_${i}/kernel`, size)));
    const shown = many.flatMap(({ layer, storageBytes }) => (layer === undefined ? [] : storageBytes));
    assert.deepEqual(
      shown.toSorted((a, b) => b - a),
      [500, 499, 498, 497, 496, 495, 494, 493, 492, 491, 490],
    );
    assert.equal(many.at(-1)?.layer, undefined);
    assert.equal(
      many.reduce((sum, { storageBytes }) => sum + storageBytes, 0),
      sizes.reduce((a, b) => a + b),
    );
  });

  it('counts layers of one class in a row', () => {
    const bodyOf = (...classes: string[]): string => {
      const nodes = classes.map((className, i) => ({
        className,
        name: `layer_${i}`,
        config: {},
        inputs: [],
      }));
      const body = { kind: 'graph', nodes, hidden: [], maskZero: false, dialect: 'keras' } as const;
      return describeBody({ ...dan, body });
    };
    assert.equal(
      bodyOf('LSTM', 'Dense', 'Dense', 'Dense', 'Dropout', 'Dense'),
      'LSTM, Dense x 3, Dropout, Dense',
    );
    const block = ['Dense', 'Dense', 'Dropout'];
    assert.equal(
      bodyOf('LSTM', ...Array.from({ length: 100 }, () => block).flat()),
      'LSTM, Dense x 200, Dropout x 100',
    );
  });

  it('names each of several tables', () => {
    const spec: ModelSpec = {
      ...dan,
      embedding: { rows: 3502, dimension: 32, rank: 3 },
      body: {
        kind: 'graph',
        nodes: [
          { name: 'again', className: 'Embedding', config: { input_dim: 40, output_dim: 8 }, inputs: [] },
        ],
        hidden: [],
        maskZero: false,
        dialect: 'keras',
        names: { input: 'in', embedding: 'words', layers: { again: 'tags' }, head: 'out' },
      },
    };
    assert.equal(describeEmbedding(spec), 'words: 3,502 × 3 and 3 × 32, rank 3; tags: 40 × 8');
  });

  it('says in words what the model is', () => {
    assert.equal(describeBody(dan), 'DAN, hidden layers 24, 8');
    const deep = { kind: 'dan', hidden: new Array<number>(40).fill(6) } as const;
    assert.equal(
      describeBody({ ...dan, body: deep }),
      `DAN, hidden layers ${new Array(12).fill('6').join(', ')} and 28 more`,
    );
    assert.equal(describeBody(lstm), 'LSTM with 16 units, peepholes, last output');
    const cnn = { kind: 'cnn', widths: [3, 4], filters: 8, hidden: [] } as const;
    assert.equal(describeBody({ ...dan, body: cnn }), 'CNN with 8 filters of each width 3, 4');
    const bilstm = { kind: 'bilstm', units: 8, pooling: 'mean', hidden: [4] } as const;
    assert.equal(
      describeBody({ ...dan, body: bilstm }),
      'BiLSTM with 8 units in each direction, mean of all outputs, hidden layers 4',
    );
    assert.equal(describeEmbedding(dan), '3,502 × 32');
    assert.equal(describeEmbedding(lstm), '3,502 × 3 and 3 × 32, rank 3');
  });

  it('names the side of the padding only where the model sees it', () => {
    const text = {
      tokenizer: 'words',
      lowercase: true,
      maxLength: 80,
      padding: 'right',
      outOfVocabularyToken: '<unk>',
    } as const;
    assert.equal(
      describeText(text, true),
      'Words and punctuation, lower case, at most 80 tokens, unknown words as <unk>',
    );
    assert.match(describeText(text, false), /padded on the right/);
    assert.equal(describeText({ ...text, tokenizer: 'ids' }, true), 'Rows of the table, at most 80 tokens');
  });
});
