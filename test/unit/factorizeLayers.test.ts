import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { layerOrder } from '../../src/core/checkpoint/rewrite/layerOrder.ts';
import { modelsIn } from '../../src/core/checkpoint/rewrite/savedTopology.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { factorizeLayers } from '../../src/core/embedding/factorizeLayers.ts';
import { UserError } from '../../src/core/errors.ts';
import { graphOf, graphs } from '../support/graphs.ts';
import { loadPlain } from '../support/plainTfjs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const length = 5;

/** Two inputs that share an embedding, a second embedding, and layers that are not computed here. */
function siamese(): layers.LayersModel {
  const inputs = ['left', 'right'].map((name) => layers.input({ shape: [length], dtype: 'int32', name }));
  const shared = layers.layers.embedding({ inputDim: 12, outputDim: 6, name: 'words' });
  const [left, right] = inputs.map((input) =>
    layers.layers.flatten().apply(shared.apply(input)),
  ) as layers.SymbolicTensor[];
  const other = layers.layers.embedding({ inputDim: 9, outputDim: 4, name: 'tags' }).apply(inputs[0]!);
  const permuted = layers.layers.permute({ dims: [2, 1] }).apply(other);
  const tags = layers.layers.flatten().apply(permuted) as layers.SymbolicTensor;
  const near = layers.layers.dot({ axes: -1 }).apply([left!, right!]) as layers.SymbolicTensor;
  const all = layers.layers.concatenate().apply([near, tags]);
  const output = layers.layers.dense({ units: 3, activation: 'softmax' }).apply(all);
  return layers.model({ inputs, outputs: output as layers.SymbolicTensor });
}

const ids = [
  [1, 4, 3, 7, 0],
  [8, 2, 2, 5, 6],
];

function predict(model: layers.LayersModel): number[][] {
  const inputs = [ids, [...ids].reverse()].map((rows) => tf.tensor2d(rows, [2, length], 'int32'));
  return (model.predict(inputs) as tf.Tensor2D).arraySync();
}

function assertClose(found: readonly number[][], expected: readonly number[][], tolerance = 1e-5): void {
  expected.flat().forEach((value, i) => {
    const other = found.flat()[i] ?? NaN;
    assert.ok(Math.abs(other - value) < tolerance, `${other} is not ${value} at ${i}`);
  });
}

interface Manifest {
  readonly weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
}

describe('factorizeLayers', () => {
  let folder = '';
  before(() => tf.setBackend('cpu'));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-layers-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function save(model: layers.LayersModel): Promise<string> {
    const target = join(folder, 'model.json');
    await model.save({
      save: async ({ modelTopology, weightSpecs, weightData }) => {
        const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
        const json = { format: 'layers-model', modelTopology, weightsManifest };
        await writeFile(target, JSON.stringify(json));
        await writeFile(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      },
    });
    return target;
  }

  /** Each weight's bytes by its name. */
  async function bytesOf(of: string): Promise<Map<string, string>> {
    const json = JSON.parse(await readFile(join(of, 'model.json'), 'utf8')) as Manifest;
    const found = new Map<string, string>();
    for (const { paths, weights } of json.weightsManifest) {
      const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(of, path)))));
      let at = 0;
      for (const { name, shape } of weights) {
        const end = at + 4 * shape.reduce((a, b) => a * b, 1);
        found.set(name, bytes.subarray(at, end).toString('hex'));
        at = end;
      }
      assert.equal(at, bytes.length);
    }
    return found;
  }

  it('changes a model of layers that are not supported, which tfjs loads; all else stays as it was', async () => {
    const model = siamese();
    const path = await save(model);
    await writeFile(join(folder, 'vocab.txt'), 'words of one of the tables\n');
    const before = await bytesOf(folder);
    for (const [name, size] of Object.entries({ whole: { rank: 4 }, small: { reduction: 0.6 } })) {
      const target = join(folder, name);
      const { format, tables, notes } = await factorizeCheckpoint(path, target, { size });
      assert.equal(format, 'tfjs');
      assert.deepEqual(
        tables.map(({ name: of, rows, dimension, rank }) => [of, rows, dimension, rank]),
        name === 'whole'
          ? [
              ['words', 12, 6, 4],
              ['tags', 9, 4, 4],
            ]
          : [
              ['words', 12, 6, 1],
              ['tags', 9, 4, 1],
            ],
      );
      assert.match(notes[0] ?? '', /'dot_Dot1' \(Dot\).*only the embedding/);
      assert.ok((await readdir(target)).includes('vocab.txt'));
      const after = await bytesOf(target);
      for (const [weight, bytes] of before) {
        if (!weight.endsWith('/embeddings')) assert.equal(after.get(weight), bytes, weight);
      }
      assert.equal(after.size, before.size + 2);
      assert.equal((await loadPlain(target)).layers.filter((layer) => layer.name === 'words').length, 1);
    }
    // Words of rank 6 lose something at rank 4, tags of rank 4 nothing.
    const tags = join(folder, 'tags');
    await factorizeLayers(path, tags, { size: { rank: 4 }, embedding: 'tags' });
    assertClose(predict(await loadPlain(tags)), predict(model));
    const words = join(folder, 'words');
    await factorizeLayers(path, words, { size: { rank: 6 }, embedding: 'words' });
    assertClose(predict(await loadPlain(words)), predict(model));
  });

  for (const format of ['tfjs', 'keras', 'h5'] as const) {
    it(`gives what the layers say, and every other weight bit for bit: ${format}`, async () => {
      const checkpoint = randomCheckpoint({
        embedding: { rows: 30, dimension: 6 },
        body: graphOf(graphs.merges!),
        head: 'softmax',
        classes: 3,
        masked: false,
      });
      await writeCheckpoint(join(folder, 'model'), checkpoint, format);
      const path = join(
        folder,
        'model',
        { tfjs: 'model.json', keras: 'model.keras', h5: 'model.h5' }[format],
      );
      const target = join(folder, 'small');
      await factorizeLayers(path, target, { size: { rank: 6 } });
      const { spec, weights } = await readCheckpoint(target);
      assert.deepEqual(spec.embedding, { rows: 30, dimension: 6, rank: 6 });
      for (const [name, { data }] of checkpoint.weights) {
        if (name !== 'embedding/table') assert.deepEqual(weights.get(name)?.data, data, name);
      }
      const [A, B] = [weights.get('embedding/A')!.data, weights.get('embedding/B')!.data];
      checkpoint.weights.get('embedding/table')!.data.forEach((value, i) => {
        const [row, column] = [Math.floor(i / 6), i % 6];
        let sum = 0;
        for (let k = 0; k < 6; k++) sum += A[row * 6 + k]! * B[k * 6 + column]!;
        assert.ok(Math.abs(sum - value) < 1e-5);
      });
    });
  }

  it('names what is wrong, and leaves nothing behind', async () => {
    const path = await save(siamese());
    const target = join(folder, 'small');
    const size = { rank: 2 };
    const rejected = async (promise: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
      await assert.rejects(promise, (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
      assert.ok(!(await readdir(folder)).some((name) => name.startsWith('small')));
    };
    await rejected(
      factorizeCheckpoint(path, target, { size, embedding: 'verbs' }),
      'unknown-embedding',
      /'verbs', but 'words', 'tags'/,
    );
    await rejected(factorizeCheckpoint(path, target, { size: { rank: 5 } }), 'rank-too-large', /4/);
    await rejected(factorizeLayers(path, folder, { size }), 'output-exists', /not empty/);
    const json = JSON.parse(await readFile(path, 'utf8')) as Manifest;
    json.weightsManifest[0]!.weights.find(({ name }) => name.startsWith('tags'))!.name = 'other/embeddings';
    await writeFile(path, JSON.stringify(json));
    await rejected(factorizeCheckpoint(path, target, { size }), 'weight-missing', /'tags' is missing/);
  });

  it('orders layers that are called twice, and models inside, as Keras does', () => {
    const tensor = (name: string, call = 0): unknown[] => [name, call, 0, {}];
    const layer = (name: string, ...calls: unknown[][]): Record<string, unknown> => ({
      class_name: 'Dense',
      name,
      config: { name },
      inbound_nodes: calls,
    });
    // As tf_keras 2.20 and Keras 3.12 order it: the shared layer by its longest way to an output.
    const topology = {
      class_name: 'Functional',
      config: {
        layers: [
          layer('in'),
          layer('late', [tensor('shared', 1)]),
          layer('shared', [tensor('in')], [tensor('first')]),
          layer('first', [tensor('in')]),
          layer('end', [tensor('shared', 0), tensor('late')]),
        ],
        input_layers: [['in', 0, 0]],
        output_layers: [['end', 0, 0]],
      },
    };
    const [model] = modelsIn(topology, '');
    assert.deepEqual(layerOrder(model!), ['in', 'first', 'shared', 'late', 'end']);
  });
});
