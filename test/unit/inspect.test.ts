import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import type { Storage } from '../../src/core/checkpoint/storageTypes.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const lstm: ModelSpec = {
  embedding: { rows: 10, dimension: 6, rank: 2 },
  body: { kind: 'lstm', units: 3, pooling: 'mean', peepholes: false, hidden: [] },
  head: 'sigmoid',
  classes: 2,
  masked: true,
};

describe('inspecting a checkpoint', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  for (const peepholes of [false, true]) {
    it(`counts by hand what a factorized LSTM ${peepholes ? 'with' : 'without'} peepholes has`, async () => {
      const model = join(folder, 'model');
      const spec = { ...lstm, body: { ...lstm.body, peepholes } } as ModelSpec;
      await writeCheckpoint(model, {
        ...randomCheckpoint(spec),
        vocabulary: Array.from({ length: 10 }, (_, i) => `w${i}`),
        labels: ['no', 'yes'],
      });
      const found = await inspectCheckpoint(model);
      // A 10x2, B 2x6, LSTM 4 (6x3 + 3x3 + 3), head 3 + 1, peepholes 3x3.
      const parameters = 20 + 12 + 120 + 4 + (peepholes ? 9 : 0);
      assert.equal(found.format, peepholes ? 'safetensors' : 'tfjs');
      assert.deepEqual(found.spec, spec);
      assert.equal(found.parameters, parameters);
      assert.equal(found.storageBytes, 4 * parameters);
      assert.ok(Math.abs(found.embeddingShare - 32 / parameters) < 1e-12);
      assert.deepEqual(found.layers[0], {
        name: 'embedding/A',
        shape: [10, 2],
        parameters: 20,
        storageBytes: 80,
        share: 20 / parameters,
      });
      assert.ok(Math.abs(found.layers.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-12);
      assert.equal(found.vocabulary, 10);
      assert.deepEqual(found.labels, ['no', 'yes']);
    });
  }

  it('counts the bytes that are stored, of every storage', async () => {
    const dan: ModelSpec = { ...lstm, body: { kind: 'dan', hidden: [] }, head: 'softmax' };
    const bytes = { float32: 4, float16: 2, uint8: 1, uint16: 2 };
    for (const [storage, ofNumber] of Object.entries(bytes)) {
      for (const format of ['tfjs', 'safetensors'] as const) {
        const model = join(folder, `${format}-${storage}`);
        await writeCheckpoint(model, randomCheckpoint(dan), format, { storage: storage as Storage });
        const { layers, storageBytes, embeddingBytes } = await inspectCheckpoint(model);
        // Fixed point in safetensors has scale and offset of each factor as weights of their own.
        const others = format === 'safetensors' && storage.startsWith('uint') ? 2 * 2 * 4 : 0;
        assert.equal(embeddingBytes, (20 + 12) * ofNumber + others, `${format}, ${storage}`);
        // A head 6x2 + 2.
        assert.equal(storageBytes, embeddingBytes + 4 * 14);
        assert.equal(
          storageBytes,
          layers.reduce((sum, layer) => sum + layer.storageBytes, 0),
        );
      }
    }
  });

  it('counts the bytes of foreign tensors, of any type', async () => {
    const path = join(folder, 'foreign.safetensors');
    const entries = {
      'embedding.weight': ['F16', [5, 3], 2],
      'lstm.weight_ih_l0': ['BF16', [8, 3], 2],
      'lstm.weight_hh_l0': ['F32', [8, 2], 4],
      'lstm.bias_ih_l0': ['F32', [8], 4],
      'lstm.bias_hh_l0': ['F64', [8], 8],
      'fc.weight': ['F64', [2, 2], 8],
    } as const;
    let end = 0;
    const header = Object.entries(entries).map(([name, [dtype, shape, size]]) => {
      const begin = end;
      end += shape.reduce<number>((a, b) => a * b, size);
      return [name, { dtype, shape, data_offsets: [begin, end] }];
    });
    const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await writeFile(path, Buffer.concat([length, text, Buffer.alloc(end)]));
    const { layers, storageBytes } = await inspectCheckpoint(path, {
      kind: 'lstm',
      pooling: 'last',
      masked: true,
      paddingRow: 0,
      ignore: [],
      tensors: {},
    });
    assert.deepEqual(Object.fromEntries(layers.map((layer) => [layer.name, layer.storageBytes])), {
      'embedding/table': 30,
      'lstm/kernel': 48,
      'lstm/recurrent_kernel': 64,
      // Both of torch's.
      'lstm/bias': 32 + 64,
      'head/kernel': 32,
      'head/bias': 0,
    });
    assert.equal(storageBytes, end);
  });

  it('reads no weights: a table of 4 GB takes no memory and no time', async () => {
    const table = { name: 'e/embeddings', shape: [10_000_000, 100], dtype: 'float32' };
    const layers = [
      { class_name: 'Embedding', config: { name: 'e', input_dim: 10_000_000, output_dim: 100 } },
      { class_name: 'GlobalAveragePooling1D', config: { name: 'a' } },
      { class_name: 'Dense', config: { name: 'd', units: 2, activation: 'softmax' } },
    ];
    const head = [
      { name: 'd/kernel', shape: [100, 2], dtype: 'float32' },
      { name: 'd/bias', shape: [2], dtype: 'float32' },
    ];
    await writeFile(
      join(folder, 'model.json'),
      JSON.stringify({
        modelTopology: { class_name: 'Sequential', config: { layers } },
        weightsManifest: [{ paths: ['table.bin'], weights: [table, ...head] }],
      }),
    );
    const shard = join(folder, 'table.bin');
    await writeFile(shard, '');
    // A file with a hole: it takes no room on the disk.
    await truncate(shard, 4 * (1_000_000_000 + 202));
    assert.equal((await stat(shard)).size, 4_000_000_808);
    const started = performance.now();
    const before = process.memoryUsage().arrayBuffers;
    const { parameters, embeddingShare } = await inspectCheckpoint(folder);
    assert.equal(parameters, 1_000_000_202);
    assert.ok(embeddingShare > 0.9999);
    assert.ok(performance.now() - started < 1000);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e7);
  });
});
