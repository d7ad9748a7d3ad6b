import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Body, Checkpoint, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { storableBodies } from '../support/bodies.ts';
import { predictIds } from '../parity/predictIds.ts';
import { loadPlain, predictPlain, predictPlainTexts } from '../support/plainTfjs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { referenceLogits, referenceProbabilities } from '../support/referenceModel.ts';

const rows = 9;
const dimension = 6;
const sentences = [[3, 4, 3, 7, 1], [2], [8, 5, 5], [6, 8]];

const bodies: Record<string, Body> = {
  ...storableBodies,
  'DAN without hidden layers': { kind: 'dan', hidden: [] },
};

function checkpointOf(
  body: Body,
  rank: number | undefined,
  head: ModelSpec['head'],
  masked = true,
): Checkpoint {
  return randomCheckpoint({
    embedding: { rows, dimension, ...(rank !== undefined && { rank }) },
    body,
    head,
    classes: head === 'sigmoid' ? 2 : 3,
    masked,
  });
}

function assertClose(found: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(found.length, expected.length);
  found.forEach((x, i) => {
    assert.ok(Math.abs(x - expected[i]!) < tolerance, `${x} is not ${expected[i]} at ${i}`);
  });
}

describe('tfjs layers models', () => {
  let folder = '';
  before(async () => {
    await tf.setBackend('cpu');
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  for (const [name, body] of Object.entries(bodies)) {
    for (const rank of [undefined, 3]) {
      for (const head of ['softmax', 'sigmoid', 'logits'] as const) {
        it(`${name}, ${rank === undefined ? 'dense' : 'factorized'}, ${head}: plain tfjs predicts the same, padded or not`, async () => {
          const checkpoint = checkpointOf(body, rank, head);
          const { spec, weights } = checkpoint;
          const target = join(folder, 'model');
          const { format, notes } = await writeCheckpoint(target, checkpoint);
          assert.equal(format, 'tfjs');
          assert.equal(notes.length, 'pooling' in body && body.pooling === 'last' ? 0 : 1);
          const model = await loadPlain(target);
          const expected = sentences.map((tokens) =>
            head === 'logits'
              ? referenceLogits(spec, weights, tokens)
              : head === 'sigmoid'
                ? referenceProbabilities(spec, weights, tokens).slice(1)
                : referenceProbabilities(spec, weights, tokens),
          );
          for (const dtype of ['int32', 'float32'] as const) {
            const paddings = sentences.map((tokens) => new Array<number>(7 - tokens.length).fill(0));
            const onTheRight = sentences.map((tokens, i) => [...tokens, ...paddings[i]!]);
            const onTheLeft = sentences.map((tokens, i) => [...paddings[i]!, ...tokens]);
            for (const padded of [onTheRight, onTheLeft]) {
              predictPlain(model, padded, dtype).forEach((row, i) => {
                assertClose(row, expected[i]!, 1e-5);
              });
            }
            sentences.forEach((tokens, i) => {
              assertClose(predictPlain(model, [tokens], dtype)[0]!, expected[i]!, 1e-5);
            });
          }
          const back = await readCheckpoint(target);
          assert.deepEqual(back.spec, spec);
          assert.deepEqual(
            [...back.weights].sort(([a], [b]) => (a < b ? -1 : 1)),
            [...weights].sort(([a], [b]) => (a < b ? -1 : 1)),
          );
        });
      }
    }
  }

  for (const [name, body] of Object.entries(bodies)) {
    it(`${name} that does not mask: plain tfjs counts the padding as we do`, async () => {
      const checkpoint = checkpointOf(body, 3, 'softmax', false);
      const target = join(folder, 'model');
      await writeCheckpoint(target, checkpoint);
      const model = await loadPlain(target);
      const { spec, weights } = checkpoint;
      for (const ids of [
        [3, 4, 0, 0, 0],
        [0, 0, 2, 8, 5],
      ]) {
        const found = predictPlain(model, [ids], 'int32')[0]!;
        assertClose(found, referenceProbabilities(spec, weights, ids), 1e-5);
      }
      assert.deepEqual((await readCheckpoint(target)).spec, spec);
    });
  }

  it('gives a finite answer for a sentence of padding alone', async () => {
    const target = join(folder, 'model');
    for (const body of Object.values(bodies)) {
      await writeCheckpoint(target, checkpointOf(body, 3, 'softmax'));
      const [row] = predictPlain(await loadPlain(target), [[0, 0, 0]], 'int32');
      assert.ok(row!.every(Number.isFinite));
    }
  });

  it('cuts weights into shards and reads them back across the cuts', async () => {
    const spec: ModelSpec = {
      embedding: { rows: 11_000, dimension: 100 },
      body: { kind: 'dan', hidden: [] },
      head: 'softmax',
      classes: 2,
      masked: true,
    };
    const checkpoint = randomCheckpoint(spec);
    const target = join(folder, 'model');
    await writeCheckpoint(target, checkpoint);
    const manifest = JSON.parse(await readFile(join(target, 'model.json'), 'utf8')) as {
      weightsManifest: { paths: string[] }[];
    };
    assert.equal(manifest.weightsManifest[0]!.paths.length, 2);
    const table = (await readCheckpoint(target)).weights.get('embedding/table')!;
    assert.deepEqual(table.data, checkpoint.weights.get('embedding/table')!.data);
  });

  describe('made by tfjs itself', () => {
    /** Saves with tfjs and returns the folder. */
    async function save(model: layers.LayersModel): Promise<string> {
      await model.save({
        save: async (artifacts) => {
          const { modelTopology, weightSpecs, weightData, userDefinedMetadata } = artifacts;
          const json = {
            format: 'layers-model',
            modelTopology,
            weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
            userDefinedMetadata,
          };
          await writeFile(join(folder, 'model.json'), JSON.stringify(json));
          await writeFile(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
          return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
        },
      });
      return folder;
    }

    it('reads a Sequential of Embedding, average, dropout and dense layers, which counts its padding', async () => {
      const model = layers.sequential({
        layers: [
          layers.layers.embedding({ inputDim: rows, outputDim: dimension, inputLength: 6 }),
          layers.layers.globalAveragePooling1d({}),
          layers.layers.dropout({ rate: 0.5 }),
          layers.layers.dense({ units: 5, activation: 'relu' }),
          layers.layers.dense({ units: 3, activation: 'softmax' }),
        ],
      });
      const { spec, weights } = await readCheckpoint(await save(model));
      assert.deepEqual(spec, {
        embedding: { rows, dimension },
        body: { kind: 'dan', hidden: [5] },
        head: 'softmax',
        classes: 3,
        masked: false,
      });
      const ids = [2, 3, 4, 0, 0, 0];
      assertClose(predictPlain(model, [ids], 'int32')[0]!, referenceProbabilities(spec, weights, ids), 1e-5);
    });

    it('reads a functional LSTM over a factorized embedding, with its activation apart', async () => {
      const input = layers.input({ shape: [null], dtype: 'int32' });
      let x = layers.layers.embedding({ inputDim: rows, outputDim: 3, maskZero: true }).apply(input);
      x = layers.layers.dense({ units: dimension, useBias: false }).apply(x);
      x = layers.layers.lstm({ units: 4, recurrentActivation: 'sigmoid' }).apply(x);
      x = layers.layers.dense({ units: 3 }).apply(x);
      x = layers.layers.activation({ activation: 'softmax' }).apply(x);
      const model = layers.model({ inputs: input, outputs: x as layers.SymbolicTensor });
      const { spec, weights } = await readCheckpoint(await save(model));
      assert.deepEqual(spec, {
        embedding: { rows, dimension, rank: 3 },
        body: { kind: 'lstm', units: 4, pooling: 'last', peepholes: false, hidden: [] },
        head: 'softmax',
        classes: 3,
        masked: true,
      });
      const found = predictPlain(model, [[5, 2, 7, 0, 0]], 'int32')[0]!;
      assertClose(found, referenceProbabilities(spec, weights, [5, 2, 7]), 1e-5);
    });

    it('reads a model whose encoder is a model that is called for two texts', async () => {
      const tokens = layers.input({ shape: [4], dtype: 'int32' });
      let x = layers.layers.embedding({ inputDim: rows, outputDim: dimension }).apply(tokens);
      x = layers.layers.lstm({ units: 4, recurrentActivation: 'sigmoid' }).apply(x);
      const encoder = layers.model({ inputs: tokens, outputs: x as layers.SymbolicTensor, name: 'encoder' });
      const texts = ['left', 'right'].map((name) => layers.input({ name, shape: [4], dtype: 'int32' }));
      const both = texts.map((text) => encoder.apply(text) as layers.SymbolicTensor);
      let y = layers.layers.concatenate().apply(both);
      const top = [
        layers.layers.dense({ units: 5, activation: 'tanh', inputShape: [8] }),
        layers.layers.dense({ units: 3, activation: 'softmax' }),
      ];
      y = layers.sequential({ layers: top, name: 'top' }).apply(y);
      const model = layers.model({ inputs: texts, outputs: y as layers.SymbolicTensor });
      const read = await readCheckpoint(await save(model));
      assert.ok(read.spec.body.kind === 'graph');
      assert.deepEqual(
        read.spec.body.inputs?.map(({ name }) => name),
        ['left', 'right'],
      );
      const ids = [
        [2, 3, 4, 8, 1, 1, 7, 2],
        [5, 5, 6, 1, 3, 8, 2, 6],
      ];
      const found = predictIds(createWasmEngine(), read, ids);
      predictPlainTexts(model, ids).forEach((row, i) => {
        assertClose(found[i]!, row, 1e-5);
      });
    });

    for (const [name, body] of Object.entries(bodies)) {
      it(`reads a ${name} of ours that tfjs has loaded and saved again`, async () => {
        const checkpoint = checkpointOf(body, 3, 'softmax');
        const target = join(folder, 'model');
        await writeCheckpoint(target, checkpoint);
        const back = await readCheckpoint(await save(await loadPlain(target)));
        assert.deepEqual(back.spec, checkpoint.spec);
        for (const [weight, tensor] of checkpoint.weights) assert.deepEqual(back.weights.get(weight), tensor);
      });
    }

    const refused: [string, RegExp, () => layers.SequentialArgs['layers']][] = [
      [
        'a layer that it does not know',
        /'gru_cells' \(RNN\)/,
        () => [
          layers.layers.embedding({ inputDim: rows, outputDim: dimension, inputLength: 6 }),
          layers.layers.rnn({
            name: 'gru_cells',
            cell: layers.layers.gruCell({ units: 2 }),
          }),
          layers.layers.dense({ units: 2, activation: 'softmax' }),
        ],
      ],
      [
        'a model without an embedding',
        /no embedding layer/,
        () => [layers.layers.dense({ units: 2, activation: 'softmax', inputShape: [4] })],
      ],
      [
        'a head that is none',
        /'relu' is no classifier/,
        () => [
          layers.layers.embedding({ inputDim: rows, outputDim: dimension, inputLength: 6 }),
          layers.layers.globalAveragePooling1d({}),
          layers.layers.dense({ units: 2, activation: 'relu' }),
        ],
      ],
    ];
    for (const [name, message, make] of refused) {
      it(`refuses ${name}, by name`, async () => {
        await save(layers.sequential({ layers: make()! }));
        await assert.rejects(readCheckpoint(folder), (error: Error) => {
          assert.equal(error.name, 'UserError');
          assert.match(error.message, message);
          return true;
        });
      });
    }
  });
});
