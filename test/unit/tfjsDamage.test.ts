import assert from 'node:assert/strict';
import { link, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { UserError } from '../../src/core/errors.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

interface Weight {
  name: string;
  shape: unknown;
  dtype: string;
  quantization?: unknown;
}

interface Layer {
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[];
}

interface ModelJson {
  format: string;
  modelTopology: { model_config: { class_name: string; config: { layers: Layer[] } } };
  weightsManifest: { paths: string[]; weights: Weight[] }[];
  userDefinedMetadata?: { embeddingPress: { spec: unknown } };
}

const spec: ModelSpec = {
  embedding: { rows: 7, dimension: 4 },
  body: { kind: 'lstm', units: 3, pooling: 'last', peepholes: false, hidden: [5] },
  head: 'softmax',
  classes: 2,
  masked: true,
};
const shardName = 'group1-shard1of1.bin';

describe('damaged and hostile tfjs models', () => {
  let folder = '';
  let model = '';
  let file = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    model = join(folder, 'model');
    file = join(model, 'model.json');
    await writeCheckpoint(model, randomCheckpoint(spec));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function change(edit: (json: ModelJson) => void): Promise<void> {
    const json = JSON.parse(await readFile(file, 'utf8')) as ModelJson;
    edit(json);
    await writeFile(file, JSON.stringify(json));
  }

  async function refused(code: string, message: RegExp, item?: string): Promise<void> {
    await assert.rejects(readCheckpoint(model), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.code, code);
      assert.ok(error.place !== undefined);
      assert.match(error.message, message);
      assert.equal(error.place.file, file);
      if (item !== undefined) assert.equal(error.place.item, item);
      return true;
    });
  }

  describe('model.json', () => {
    const texts: [string, string, string][] = [
      ['is empty', '', 'invalid-json'],
      ['is no JSON', '{"modelTopology": ', 'invalid-json'],
      ['is an array', '[]', 'invalid-json'],
      ['has nothing in it', '{}', 'no-topology'],
      ['is a graph model', '{"format": "graph-model"}', 'graph-model'],
      ['has layers that are no list', '{"modelTopology": {"config": {"layers": 3}}}', 'no-topology'],
      ['has a topology of null', '{"modelTopology": null}', 'no-topology'],
    ];
    for (const [what, text, code] of texts) {
      it(`that ${what} is refused`, async () => {
        await writeFile(file, text);
        await refused(code, /./);
      });
    }

    it('that is a folder, or is missing, is refused', async () => {
      await rm(file);
      await assert.rejects(readCheckpoint(model), { code: 'no-model' });
      await assert.rejects(readCheckpoint(file), { code: 'file-not-found' });
      await mkdir(file);
      await assert.rejects(readCheckpoint(model), { code: 'no-model' });
    });
  });

  describe('the manifest', () => {
    const edits: [string, (json: ModelJson) => void, string, RegExp, string?][] = [
      [
        'that is missing',
        (json) => {
          json.weightsManifest = undefined as never;
        },
        'weights-manifest',
        /is missing/,
      ],
      [
        'with a group of null',
        (json) => json.weightsManifest.push(null as never),
        'weights-manifest',
        /without paths or weights/,
      ],
      [
        'with a weight that is there twice',
        ({ weightsManifest: [group] }) => group!.weights.push(group!.weights[0]!),
        'weights-manifest',
        /weight 'embedding\/embeddings' twice/,
        'embedding/embeddings',
      ],
      [
        'with a shard that is there twice',
        ({ weightsManifest: [group] }) => group!.paths.push(shardName),
        'weights-manifest',
        /shard 'group1-shard1of1.bin' twice/,
        shardName,
      ],
      [
        'that lacks a weight',
        ({ weightsManifest: [group] }) => group!.weights.pop(),
        'weight-shape',
        /'head\/bias' is missing, where the layers ask for 2/,
        'head/bias',
      ],
      [
        'with another shape than the layers have',
        ({ weightsManifest: [group] }) => {
          group!.weights[0]!.shape = [14, 2];
        },
        'weight-shape',
        /'embedding\/embeddings' is 14 x 2, where the layers ask for 7 x 4/,
        'embedding/embeddings',
      ],
      [
        'with a shape that is none',
        ({ weightsManifest: [group] }) => {
          group!.weights[0]!.shape = [-7, -4];
        },
        'weights-manifest',
        /'embedding\/embeddings' no proper shape/,
        'embedding/embeddings',
      ],
      [
        'with integer weights',
        ({ weightsManifest: [group] }) => {
          group!.weights[1]!.dtype = 'int32';
        },
        'unsupported-dtype',
        /'lstm\/kernel' has the type "int32"/,
        'lstm/kernel',
      ],
      [
        'with a quantization that lacks its scale',
        ({ weightsManifest: [group] }) => {
          group!.weights[1]!.quantization = { dtype: 'uint8', min: 0 };
        },
        'unsupported-dtype',
        /'lstm\/kernel' has the type "float32" and the quantization/,
        'lstm/kernel',
      ],
    ];
    for (const [what, edit, code, message, item] of edits) {
      it(`${what} is refused`, async () => {
        await change(edit);
        await refused(code, message, item);
      });
    }

    for (const path of [
      '../outside.bin',
      '/etc/passwd',
      'a/../../outside.bin',
      'http://127.0.0.1/weights.bin',
      'file:///etc/passwd',
    ]) {
      it(`with the shard '${path}' is refused before anything is read`, async () => {
        await link(join(model, shardName), join(folder, 'outside.bin'));
        await change(({ weightsManifest: [group] }) => {
          group!.paths = [path];
        });
        await refused('shard-outside', /outside of the model's folder/, path);
      });
    }

    it('with a shard that is a link out of the folder is refused', async () => {
      await writeFile(join(folder, 'secret.bin'), await readFile(join(model, shardName)));
      await rm(join(model, shardName));
      await symlink(join(folder, 'secret.bin'), join(model, shardName));
      await refused('shard-outside', /outside/, shardName);
    });
  });

  describe('a shard', () => {
    it('that is missing, or a folder, is named', async () => {
      await rm(join(model, shardName));
      await refused('shard-missing', /'group1-shard1of1.bin' is missing/, shardName);
      await mkdir(join(model, shardName));
      await refused('shard-missing', /is missing/, shardName);
    });

    it('that is cut short is named, with what was expected', async () => {
      await truncate(join(model, shardName), 100);
      await refused('shard-size', /take \d+ bytes, and the shards have 100/, shardName);
      await assert.rejects(inspectCheckpoint(model), { code: 'shard-size' });
    });

    it('that is cut short among others is the one that is named', async () => {
      const big = randomCheckpoint({
        ...spec,
        embedding: { rows: 30_000, dimension: 100 },
        body: { kind: 'dan', hidden: [] },
      });
      await writeCheckpoint(model, big);
      await truncate(join(model, 'group1-shard2of3.bin'), 4_000_000);
      await refused('shard-size', /see 'group1-shard2of3.bin'/, 'group1-shard2of3.bin');
    });

    it('is not believed where it claims more memory than the files have', async () => {
      await change((json) => {
        const [group] = json.weightsManifest;
        group!.weights[0]!.shape = [2 ** 30, 2 ** 20];
        const { layers } = json.modelTopology.model_config.config;
        Object.assign(layers[1]!.config, { input_dim: 2 ** 30, output_dim: 2 ** 20 });
        group!.weights[1]!.shape = [2 ** 20, 12];
        delete json.userDefinedMetadata;
      });
      await refused('shard-size', /take 45\d+ bytes/, shardName);
    });

    for (const value of [NaN, Infinity, -Infinity]) {
      it(`with ${value} in it is refused, with the tensor's name`, async () => {
        const bytes = await readFile(join(model, shardName));
        bytes.writeFloatLE(value, 7 * 4 * 4 + 8);
        await writeFile(join(model, shardName), bytes);
        await refused(
          'weight-not-finite',
          /'lstm\/kernel' holds -?(NaN|Infinity) at position 2/,
          'lstm/kernel',
        );
      });
    }
  });

  describe('layers', () => {
    const layer = (json: ModelJson, name: string): Layer =>
      json.modelTopology.model_config.config.layers.find(({ config }) => config.name === name)!;
    const edits: [string, (json: ModelJson) => void, string, RegExp][] = [
      [
        'of an activation that is not known',
        (json) => (layer(json, 'hidden_0').config.activation = 'cosine'),
        'unsupported-layer',
        /'hidden_0' \(Dense\).*"cosine"/,
      ],
      [
        'of another class than the weights',
        (json) => (layer(json, 'lstm').class_name = 'GRU'),
        'weight-shape',
        /'lstm\/kernel' is 4 x 12, where the layers ask for 4 x 9/,
      ],
      [
        'that the model calls twice, with other sizes',
        (json) => {
          layer(json, 'hidden_0').inbound_nodes.push([['hidden_0', 0, 0, {}]]);
          layer(json, 'head').inbound_nodes = [[['hidden_0', 1, 0, {}]]];
        },
        'unsupported-layer',
        /'hidden_0#2' \(Dense\).*does not fit 'hidden_0'/,
      ],
      [
        'without a size',
        (json) => {
          delete json.userDefinedMetadata;
          layer(json, 'hidden_0').config.units = '5';
        },
        'unsupported-layer',
        /its units is "5"/,
      ],
      [
        'of an input of more tokens than are read',
        (json) => {
          delete json.userDefinedMetadata;
          layer(json, 'lstm').config.go_backwards = true;
          const [input] = json.modelTopology.model_config.config.layers;
          input!.config.batch_input_shape = [null, 2 ** 40];
        },
        'unsupported-layer',
        /sentences of 1099511627776 tokens, where at most 100000 are read/,
      ],
      [
        'that end before the head',
        (json) => (json.modelTopology.model_config.config.layers.length = 3),
        'no-head',
        /ends before/,
      ],
      [
        'that take nothing',
        (json) => (layer(json, 'lstm').inbound_nodes = []),
        'unsupported-layer',
        /'lstm' \(LSTM\).*takes nothing/,
      ],
      [
        'of which none is an embedding',
        (json) => (layer(json, 'embedding').class_name = 'Dense'),
        'no-embedding',
        /no embedding/,
      ],
    ];
    for (const [what, edit, code, message] of edits) {
      it(`${what} are refused`, async () => {
        await change(edit);
        await refused(code, message);
      });
    }

    it('of other settings than our note stands for are read as what they are', async () => {
      await change((json) => {
        layer(json, 'hidden_0').config.activation = 'tanh';
        layer(json, 'lstm').config.go_backwards = true;
      });
      const { body } = (await readCheckpoint(model)).spec;
      assert.ok(body.kind === 'graph');
      assert.deepEqual(
        body.nodes.map(({ name, config }) => [name, config.activation, config.go_backwards]),
        [
          ['lstm', 'tanh', true],
          ['hidden_0', 'tanh', undefined],
        ],
      );
    });

    it('are read without our note where they are plain ones', async () => {
      const before = await readCheckpoint(model);
      await change((json) => {
        delete json.userDefinedMetadata;
      });
      assert.deepEqual(await readCheckpoint(model), before);
    });

    it('with a note that is no spec are refused', async () => {
      await change(
        (json) => (json.userDefinedMetadata = { embeddingPress: { spec: { ...spec, classes: -1 } } }),
      );
      await refused('model-description', /'classes'/, 'classes');
    });
  });
});
