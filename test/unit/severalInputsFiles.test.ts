import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint, ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import type { GraphNode } from '../../src/core/checkpoint/graphBody.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { tablesOf } from '../../src/core/checkpoint/graph/tables.ts';
import { topologyOf } from '../../src/core/checkpoint/tfjsTopology.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { loadPlain, predictPlainTexts } from '../support/plainTfjs.ts';
import { node } from '../support/graphs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { embedding, severalCases } from '../support/severalInputs.ts';

type Json = Record<string, unknown>;

const engine = createWasmEngine();

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkpointOf(spec: ModelSpec, weights: Weights): Checkpoint {
  return { spec, weights, text: undefined, vocabulary: undefined, labels: undefined };
}

describe('files of models with several inputs or tables', () => {
  let folder = '';
  before(() => tf.setBackend('cpu'));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('keep the name of a table that its second input is read from first', async () => {
    const nodes = [
      embedding('other', { input_dim: 9, output_dim: 3, mask_zero: false, input: 0 }),
      embedding('other_again', { input: 1 }, 'other'),
      node('GlobalMaxPooling1D', 'a', 'embedding'),
      node('GlobalMaxPooling1D', 'b', 'other'),
      node('GlobalMaxPooling1D', 'c', 'other_again'),
      // From here a walk from the output meets the call on the second text before that on the first.
      node('Concatenate', 'join', ['c', 'b', 'a'], { axis: -1 }),
    ];
    const names = { input: 'left', embedding: 'words', head: 'classes' };
    const inputs = [{ name: 'left' }, { name: 'right' }];
    const { spec, weights } = randomCheckpoint({
      embedding: { rows: 12, dimension: 4 },
      body: { kind: 'graph', nodes, hidden: [], inputs, maskZero: false, dialect: 'tfjs', names },
      head: 'softmax',
      classes: 3,
      masked: false,
    });
    const target = join(folder, 'model');
    await writeCheckpoint(target, checkpointOf(spec, weights), 'tfjs');
    const path = join(target, 'model.json');
    const { userDefinedMetadata: _, ...model } = JSON.parse(await readFile(path, 'utf8')) as Json;
    await writeFile(path, JSON.stringify(model));
    const back = await readCheckpoint(target);
    const layers = (of: ModelSpec): unknown[] => topologyOf(of, 'tfjs').layers.map(({ name }) => name);
    assert.deepEqual(layers(back.spec).sort(), layers(spec).sort());
  });

  for (const rank of [undefined, 2]) {
    for (const { name, spec, weights, batch } of severalCases(rank)) {
      const what = `${name}${rank ? ', factorized' : ''}`;
      for (const format of ['tfjs', 'keras', 'h5', 'safetensors'] as const) {
        it(`come back bit for bit from ${format}: ${what}`, async () => {
          // tfjs's own GRU is another one than Keras's.
          const isForeign = format === 'tfjs' && name.includes('share a table');
          const target = join(folder, 'model');
          const { format: written } = await writeCheckpoint(target, checkpointOf(spec, weights), format);
          assert.equal(written, isForeign ? 'safetensors' : format);
          const back = await readCheckpoint(target);
          assert.deepEqual(back.spec, spec);
          assert.deepEqual(sorted(back.weights), sorted(weights));
        });
      }

      it(`are read as foreign ones, and computed by tfjs as here: ${what}`, async () => {
        const nodes = spec.body.nodes.map((node) =>
          node.className === 'GRU' ? { ...node, config: { ...node.config, reset_after: false } } : node,
        );
        const own = nodes.map(({ className }) => className).includes('GRU')
          ? { ...spec, body: { ...spec.body, nodes } }
          : spec;
        const fitting = new Map(weights);
        if (own !== spec)
          fitting.set('graph/gru/bias', {
            shape: [9],
            data: weights.get('graph/gru/bias')!.data.slice(0, 9),
          });
        const target = join(folder, 'model');
        assert.equal((await writeCheckpoint(target, checkpointOf(own, fitting), 'tfjs')).format, 'tfjs');
        const expected = Array.from(new Classifier(engine, own, fitting).predict(batch).data);
        const { ids, size, length } = batch;
        const rows = Array.from({ length: size }, (_, s) =>
          Array.from(ids.subarray(s * length, (s + 1) * length)),
        );
        const found = predictPlainTexts(await loadPlain(target), rows).flat();
        expected.forEach((value, i) => {
          assert.ok(Math.abs(found[i]! - value) < 1e-5, `tfjs gives ${found[i]}, not ${value}`);
        });
        const path = join(target, 'model.json');
        const model = JSON.parse(await readFile(path, 'utf8')) as Json;
        delete model.userDefinedMetadata;
        await writeFile(path, JSON.stringify(model));
        // The mean without padding has layers that only tfjs needs.
        if (topologyOf(own, 'tfjs').layers.some(({ class_name: of }) => of === 'Dot')) return;
        const back = await readCheckpoint(target);
        assert.deepEqual(
          tablesOf(back.spec).map(({ rows, dimension, rank }) => [rows, dimension, rank]),
          tablesOf(own).map(({ rows, dimension, rank }) => [rows, dimension, rank]),
        );
        const again = new Classifier(engine, back.spec, back.weights).predict(batch).data;
        expected.forEach((value, i) => {
          assert.ok(Math.abs(again[i]! - value) < 1e-5);
        });
      });
    }
  }

  for (const format of ['tfjs', 'safetensors'] as const) {
    it(`have all tables factorized, or the one that is named: ${format}`, async () => {
      const { spec, weights } = severalCases()[0]!;
      const path = join(folder, 'model');
      await writeCheckpoint(path, checkpointOf(spec, weights), format);
      const ranksOf = async (of: string): Promise<(number | undefined)[]> =>
        tablesOf((await readCheckpoint(join(folder, of))).spec).map(({ rank }) => rank);
      // A reduction counts for each table: k (m + n) <= (1 - R) m n.
      const { tables } = await factorizeCheckpoint(path, join(folder, 'all'), { size: { reduction: 0.3 } });
      const at = (m: number, n: number): number => Math.floor((0.7 * m * n) / (m + n));
      assert.deepEqual(
        tables.map(({ name, rank }) => [name, rank]),
        [
          ['embedding', at(12, 4)],
          ['title_words', at(12, 3)],
        ],
      );
      assert.deepEqual(await ranksOf('all'), [at(12, 4), at(12, 3)]);
      await factorizeCheckpoint(path, join(folder, 'one'), { size: { rank: 2 }, embedding: 'title_words' });
      assert.deepEqual(await ranksOf('one'), [undefined, 2]);
      await factorizeCheckpoint(join(folder, 'one'), join(folder, 'other'), { size: { rank: 1 } });
      assert.deepEqual(await ranksOf('other'), [1, 2]);
      await assert.rejects(
        factorizeCheckpoint(path, join(folder, 'x'), { size: { rank: 2 }, embedding: 'x' }),
        {
          code: 'unknown-embedding',
          message: /'embedding', 'title_words'/,
        },
      );
    });
  }

  describe('that are no such models', () => {
    const pair = [
      { name: 'a', length: 4 },
      { name: 'b', length: 4 },
    ];
    const both = embedding('both', { input: 1 }, 'embedding');
    const mean = (name: string, of: string): GraphNode => node('GlobalMaxPooling1D', name, of);
    const body = (nodes: GraphNode[]): ModelSpec => ({
      embedding: { rows: 12, dimension: 4 },
      body: { kind: 'graph', inputs: pair, nodes, hidden: [], maskZero: true, dialect: 'tfjs' },
      head: 'softmax',
      classes: 3,
      masked: false,
    });
    const plain = [both, mean('x', 'embedding'), mean('y', 'both'), node('Add', 'sum', ['x', 'y'])];
    const cases: readonly (readonly [string, RegExp, GraphNode[], (layers: Json[], config: Json) => void])[] =
      [
        [
          'masks of several texts that are merged',
          /'join' \(Concatenate\).*masks of several texts/,
          [
            both,
            node('Concatenate', 'join', ['embedding', 'both'], { axis: -1 }),
            node('LSTM', 'x', 'join', { units: 2 }),
          ],
          () => undefined,
        ],
        [
          'an input of which nothing is made',
          /'c' \(InputLayer\).*makes nothing of it/,
          plain,
          (layers, config) => {
            layers.push({ class_name: 'InputLayer', name: 'c', config: { name: 'c' }, inbound_nodes: [] });
            (config.input_layers as unknown[]).push(['c', 0, 0]);
          },
        ],
        [
          'numbers beside the texts',
          /'sum' \(Add\).*'c', and only an Embedding/,
          plain,
          (layers, config) => {
            layers.push({ class_name: 'InputLayer', name: 'c', config: { name: 'c' }, inbound_nodes: [] });
            (config.input_layers as unknown[]).push(['c', 0, 0]);
            const sum = layers.find(({ name }) => name === 'sum')!;
            (sum.inbound_nodes as unknown[][])[0]!.push(['c', 0, 0, {}]);
          },
        ],
        [
          'a call that there is not',
          /'y'.*takes 'embedding', which is no layer/,
          plain,
          (layers) => {
            const y = layers.find(({ name }) => name === 'y')!;
            y.inbound_nodes = [[['embedding', 2, 0, {}]]];
          },
        ],
      ];
    for (const [what, words, nodes, change] of cases) {
      it(`${what}: says so, and how else the tables are compressed`, async () => {
        const target = join(folder, 'model');
        const { spec, weights } = randomCheckpoint(body(nodes));
        await writeCheckpoint(target, checkpointOf(spec, weights), 'tfjs');
        const path = join(target, 'model.json');
        const model = JSON.parse(await readFile(path, 'utf8')) as Json;
        delete model.userDefinedMetadata;
        const { model_config: of } = model.modelTopology as { model_config: { config: Json } };
        change(of.config.layers as Json[], of.config);
        await writeFile(path, JSON.stringify(model));
        await assert.rejects(readCheckpoint(target), {
          code: 'unsupported-layer',
          message: words,
          hint: /embedding-press factorize/,
        });
      });
    }
  });
});
