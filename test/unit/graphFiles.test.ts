import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { GraphBody, GraphNode } from '../../src/core/checkpoint/graphBody.ts';
import type { Layer } from '../../src/core/checkpoint/layers.ts';
import { specOfLayers } from '../../src/core/checkpoint/specOfLayers.ts';
import { lackOfStockLayers, topologyOf } from '../../src/core/checkpoint/tfjsTopology.ts';
import { graphOf, graphs, node } from '../support/graphs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

type Json = Record<string, unknown>;

const dimension = 6;

function checkpointOf(body: GraphBody, rank?: number, masked = false): Checkpoint {
  return randomCheckpoint({
    embedding: { rows: 9, dimension, ...(rank !== undefined && { rank }) },
    body,
    head: 'softmax',
    classes: 3,
    masked,
  });
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('files of graphs', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** Writes a model.json and changes it. */
  async function edit(
    checkpoint: Checkpoint,
    change: (model: Json, layers: Json[]) => void,
  ): Promise<string> {
    const target = join(folder, 'model');
    await writeCheckpoint(target, checkpoint);
    const path = join(target, 'model.json');
    const model = JSON.parse(await readFile(path, 'utf8')) as Json;
    const { model_config: config } = model.modelTopology as { model_config: { config: { layers: Json[] } } };
    delete model.userDefinedMetadata;
    change(model, config.config.layers);
    await writeFile(path, JSON.stringify(model));
    return target;
  }

  for (const [name, nodes] of Object.entries(graphs)) {
    for (const format of ['tfjs', 'keras', 'h5'] as const) {
      it(`${name}: come back bit for bit from ${format}, factorized or not`, async () => {
        for (const rank of [undefined, 3]) {
          const checkpoint = checkpointOf(graphOf(nodes), rank);
          const target = join(folder, `${format}-${rank}`);
          assert.equal((await writeCheckpoint(target, checkpoint, format)).format, format);
          const back = await readCheckpoint(target);
          assert.deepEqual(back.spec, checkpoint.spec);
          assert.deepEqual(sorted(back.weights), sorted(checkpoint.weights));
        }
      });
    }

    it(`${name}: are read as foreign ones, too`, async () => {
      for (const rank of [undefined, 3]) {
        const names = { ...graphOf(nodes).names!, ...(rank !== undefined && { factor: 'thin' }) };
        const checkpoint = checkpointOf(graphOf(nodes, { dialect: 'tfjs', names }), rank);
        const back = await readCheckpoint(await edit(checkpoint, () => undefined));
        assert.deepEqual(topologyOf(back.spec, 'tfjs'), topologyOf(checkpoint.spec, 'tfjs'));
        assert.deepEqual(sorted(back.weights), sorted(checkpoint.weights));
      }
    });
  }

  it('keep a head whose activation is a layer of its own', async () => {
    const names = { ...graphOf([]).names!, activation: { name: 'shares', className: 'Softmax' } } as const;
    const checkpoint = checkpointOf(graphOf(graphs.merges!, { names }));
    await writeCheckpoint(join(folder, 'model'), checkpoint, 'h5');
    const { layers, output } = topologyOf((await readCheckpoint(join(folder, 'model'))).spec, 'keras');
    assert.equal(output, 'shares');
    assert.deepEqual(
      layers.slice(-2).map(({ name, class_name: className }) => [name, className]),
      [
        ['classes', 'Dense'],
        ['shares', 'Softmax'],
      ],
    );
  });

  it('are no chain where the last output of a masked recurrence is 0', () => {
    const layer = (className: string, name: string, config: Json, ...inputs: string[]): Layer => ({
      className,
      name,
      config,
      inputs,
      calls: [{ inputs: inputs.map((input) => ({ layer: input, call: 0 })) }],
    });
    const cell = { units: 3, activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true };
    const read = (config: Json): unknown =>
      specOfLayers(
        [
          layer('Embedding', 'words', { input_dim: 9, output_dim: 4, mask_zero: true }),
          layer('LSTM', 'lstm', { ...cell, ...config }, 'words'),
          layer('Dense', 'classes', { units: 3, activation: 'softmax' }, 'lstm'),
        ],
        new Set(
          ['lstm/kernel', 'lstm/recurrent_kernel', 'lstm/bias', 'classes/kernel', 'classes/bias'].concat(
            'words/embeddings',
          ),
        ),
        'keras',
        'model.h5',
      ).spec.body;
    assert.deepEqual(read({}), { kind: 'lstm', units: 3, pooling: 'last', peepholes: false, hidden: [] });
    assert.throws(() => read({ zero_output_for_mask: true }), { code: 'unsupported-layer' });
  });

  it('take no name twice', () => {
    const nodes = [
      node('GlobalAveragePooling1D', 'head', 'embedding'),
      node('Dense', 'embedding_factor', 'head', { units: 4 }),
    ];
    const { names: _, ...body } = graphOf(nodes);
    const { layers } = topologyOf(checkpointOf(body, 3).spec, 'keras');
    assert.equal(new Set(layers.map(({ name }) => name)).size, layers.length);
  });

  describe('between libraries', () => {
    const mean = node('GlobalAveragePooling1D', 'mean', 'embedding');
    const lstm = (returns: boolean): Json => ({
      units: 3,
      activation: 'tanh',
      recurrent_activation: 'sigmoid',
      return_sequences: returns,
    });
    const refused: [string, RegExp, GraphBody, 'keras' | 'tfjs'][] = [
      ['reset_after', /reset_after.*'gru'/, graphOf([node('GRU', 'gru', 'embedding', lstm(false))]), 'tfjs'],
      [
        'causal padding',
        /causal.*'conv'/,
        graphOf([
          node('Conv1D', 'conv', 'embedding', { filters: 2, kernel_size: 2, padding: 'causal' }),
          node('GlobalMaxPooling1D', 'most', 'conv'),
        ]),
        'tfjs',
      ],
      [
        'the hard_sigmoid of Keras 3',
        /hard_sigmoid.*'lstm'/,
        graphOf([
          node('LSTM', 'lstm', 'embedding', { ...lstm(false), recurrent_activation: 'hard_sigmoid' }),
        ]),
        'tfjs',
      ],
      [
        'the hard_sigmoid of tfjs',
        /hard_sigmoid.*'lstm'/,
        graphOf([node('LSTM', 'lstm', 'embedding', { units: 3 })], { dialect: 'tfjs' }),
        'keras',
      ],
      [
        'an average that counts the padding behind a masked layer',
        /average.*'mean'/,
        graphOf([node('LSTM', 'lstm', 'embedding', lstm(true)), { ...mean, inputs: ['lstm'] }], {
          maskZero: true,
          dialect: 'tfjs',
        }),
        'keras',
      ],
      [
        'a product of the steps that the mask counts',
        /Multiply.*'product'/,
        graphOf(
          [
            node('Dense', 'dense', 'embedding', { units: 6 }),
            node('Multiply', 'product', ['embedding', 'dense']),
            node('GlobalMaxPooling1D', 'most', 'product'),
          ],
          { maskZero: true },
        ),
        'tfjs',
      ],
      [
        'a mask that tfjs carries over',
        /mask.*'second'/,
        graphOf(
          [
            node('LSTM', 'first', 'embedding', lstm(false)),
            node('Conv1D', 'conv', 'embedding', { filters: 2, kernel_size: 2 }),
            node('LSTM', 'second', 'conv', lstm(false)),
            node('Concatenate', 'join', ['first', 'second']),
          ],
          { maskZero: true },
        ),
        'tfjs',
      ],
      [
        'steps in a row behind an ELU, which hands on no mask in tfjs',
        /mask.*'join'/,
        graphOf(
          [
            node('ELU', 'bend', 'embedding'),
            node('Concatenate', 'join', ['embedding', 'bend'], { axis: 1 }),
            node('LSTM', 'lstm', 'join', lstm(false)),
          ],
          { maskZero: true },
        ),
        'tfjs',
      ],
      [
        'a recurrence behind a LeakyReLU beside another mask',
        /mask.*'lstm'/,
        graphOf(
          [
            node('LeakyReLU', 'bend', 'embedding'),
            node('LSTM', 'lstm', 'bend', lstm(false)),
            { ...mean },
            node('Concatenate', 'join', ['mean', 'lstm']),
          ],
          { maskZero: true },
        ),
        'tfjs',
      ],
      [
        'the slope of a ReLU of each step',
        /ReLU.*'bend'/,
        graphOf([
          node('TimeDistributed', 'bend', 'embedding', {
            layer: { class_name: 'ReLU', config: { negative_slope: 0.1 } },
          }),
          { ...mean, inputs: ['bend'] },
        ]),
        'tfjs',
      ],
    ];
    for (const [what, message, body, dialect] of refused) {
      it(`${what} is not expressed, and said by name`, async () => {
        const { spec } = checkpointOf(body);
        assert.match(lackOfStockLayers(spec, dialect) ?? '', message);
        assert.equal(lackOfStockLayers(spec, body.dialect), undefined);
        const { format } = await writeCheckpoint(
          join(folder, 'model'),
          checkpointOf(body),
          dialect === 'tfjs' ? 'tfjs' : 'keras',
        );
        assert.equal(format, 'safetensors');
      });
    }

    it('an order of layers that Keras 2 and 3 do not share is not written for Keras', () => {
      // As Keras 3.12 and tf_keras 2.20 have it: e, a, b, c0, ... and e, c0, a, b, ...
      const dense = (name: string, input: string): GraphNode =>
        node('Dense', name, input, { units: 6, activation: 'linear', use_bias: true });
      const nodes = (last: readonly GraphNode[]): GraphNode[] => [
        dense('a', 'embedding'),
        dense('b', 'embedding'),
        node('Concatenate', 'join', ['a', 'b'], { axis: -1 }),
        node('GlobalAveragePooling1D', 'mean', 'join'),
        dense('c0', 'embedding'),
        ...last,
        node('Concatenate', 'all', ['mean', 'most'], { axis: -1 }),
      ];
      const chain = [dense('c1', 'c0'), dense('c2', 'c1'), node('GlobalMaxPooling1D', 'most', 'c2')];
      const { spec } = checkpointOf(graphOf(nodes(chain), { maskZero: true }));
      assert.match(lackOfStockLayers(spec, 'keras') ?? '', /different orders/);
      const short = [node('GlobalMaxPooling1D', 'most', 'c0')];
      for (const body of [
        graphOf(nodes(chain)),
        graphOf(nodes(short), { maskZero: true }),
        graphOf(graphs['recurrent branches']!, { maskZero: true }),
      ]) {
        assert.equal(lackOfStockLayers(checkpointOf(body).spec, 'keras'), undefined);
      }
    });

    it('an axis that is counted from the last one is counted from the first for tfjs', () => {
      const joined = (maskZero: boolean): ModelSpec =>
        checkpointOf(
          graphOf(
            [
              node('Dense', 'dense', 'embedding', { units: 6 }),
              node('Concatenate', 'join', ['embedding', 'dense'], { axis: -2 }),
              { ...mean, inputs: ['join'] },
            ],
            { maskZero },
          ),
        ).spec;
      const axisFor = (dialect: 'keras' | 'tfjs'): unknown =>
        (topologyOf(joined(false), dialect).layers.find(({ name }) => name === 'join')!.config as Json).axis;
      assert.equal(axisFor('tfjs'), 1);
      assert.equal(axisFor('keras'), -2);
      assert.match(lackOfStockLayers(joined(true), 'tfjs') ?? '', /longer than the sentence.*'mean'/);
    });

    it("Keras's average without the padding is built for tfjs", () => {
      const { spec } = checkpointOf(graphOf([mean], { maskZero: true }), undefined, true);
      const { layers } = topologyOf(spec, 'tfjs');
      assert.ok(!layers.some(({ class_name: className }) => className === 'GlobalAveragePooling1D'));
      assert.ok(layers.some(({ name }) => name === 'mean'));
    });
  });

  describe('that are no such models', () => {
    const base = (): Checkpoint => checkpointOf(graphOf(graphs.merges!, { dialect: 'tfjs' }));
    const named = (layers: readonly Json[], name: string): Json =>
      layers.find((layer) => layer.name === name)!;
    const broken: [string, string, RegExp, (layers: Json[]) => void][] = [
      [
        'a layer that is not known',
        'unsupported-layer',
        /'bend' \(Attention\)/,
        (layers) => {
          named(layers, 'bend').class_name = 'Attention';
        },
      ],
      [
        'an embedding in a model inside the model',
        'unsupported-layer',
        /'encoder' \(Functional\) behind 'tokens'.*a model inside the model/,
        (layers) => {
          const at = layers.findIndex((layer) => layer.class_name === 'Embedding');
          const [inner] = layers.splice(at, 1);
          const config = { name: 'encoder', layers: [inner] };
          layers.push({ ...inner, class_name: 'Functional', name: 'encoder', config });
        },
      ],
      [
        'an input that no embedding takes',
        'unsupported-layer',
        /'sum' \(Add\).*'numbers', and only an Embedding/,
        (layers) => {
          layers.push({ ...named(layers, 'tokens'), name: 'numbers', config: { name: 'numbers' } });
          named(layers, 'sum').inbound_nodes = [
            [
              ['dense', 0, 0, {}],
              ['numbers', 0, 0, {}],
            ],
          ];
        },
      ],
      [
        'a circle',
        'unsupported-layer',
        /lies on a circle/,
        (layers) => {
          named(layers, 'sum').inbound_nodes = [
            [
              ['dense', 0, 0, {}],
              ['bend', 0, 0, {}],
            ],
          ];
        },
      ],
      [
        'a layer before that is not there',
        'unsupported-layer',
        /takes 'nothing'/,
        (layers) => {
          named(layers, 'bend').inbound_nodes = [[['nothing', 0, 0, {}]]];
        },
      ],
      [
        'token ids where vectors are expected',
        'unsupported-layer',
        /'bend'.*token ids/,
        (layers) => {
          named(layers, 'bend').inbound_nodes = [[['tokens', 0, 0, {}]]];
        },
      ],
      [
        'inputs of different shapes',
        'unsupported-layer',
        /'sum' \(Add\).*shape/,
        (layers) => {
          (named(layers, 'dense').config as Json).units = 5;
        },
      ],
    ];
    for (const [what, code, message, change] of broken) {
      it(`${what}: says so`, async () => {
        const target = await edit(base(), (_, layers) => {
          change(layers);
        });
        await assert.rejects(readCheckpoint(target), { name: 'UserError', code, message });
      });
    }

    it('several outputs: says so', async () => {
      const target = await edit(base(), (model) => {
        const { model_config: config } = model.modelTopology as { model_config: { config: Json } };
        config.config.output_layers = [
          ['classes', 0, 0],
          ['relu', 0, 0],
        ];
      });
      await assert.rejects(readCheckpoint(target), { code: 'several-outputs', message: /'classes', 'relu'/ });
    });
  });
});
