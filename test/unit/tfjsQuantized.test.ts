import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

describe('quantized tfjs models', () => {
  let folder = '';
  before(() => tf.setBackend('cpu'));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const table = { name: 'embedding/embeddings', shape: [5, 3], dtype: 'float32' as const };
  // Every class of half: zeros, a subnormal, the smallest normal, one, the largest.
  const halves = [0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x3c00, 0xbc01, 0x7bff, 0x3555, 1, 2, 3, 4, 5, 6];
  const cases: [tf.io.WeightsManifestEntry, Uint8Array][] = [
    [
      { ...table, quantization: { dtype: 'uint8', scale: 0.013, min: -1.7 } },
      Uint8Array.from({ length: 15 }, (_, i) => i * 18),
    ],
    [
      { ...table, quantization: { dtype: 'uint16', scale: 0.00013, min: -1.7 } },
      new Uint8Array(Uint16Array.from({ length: 15 }, (_, i) => i * 4681).buffer),
    ],
    [{ ...table, quantization: { dtype: 'float16' } }, new Uint8Array(Uint16Array.from(halves).buffer)],
  ];
  for (const [weight, stored] of cases) {
    it(`of ${weight.quantization!.dtype} are read as tfjs reads them`, async () => {
      const model = join(folder, 'model');
      await writeCheckpoint(
        model,
        randomCheckpoint({
          embedding: { rows: 5, dimension: 3 },
          body: { kind: 'dan', hidden: [] },
          head: 'softmax',
          classes: 2,
          masked: false,
        }),
      );
      const file = join(model, 'model.json');
      const json = JSON.parse(await readFile(file, 'utf8')) as {
        weightsManifest: [{ paths: [string]; weights: tf.io.WeightsManifestEntry[] }];
      };
      const [group] = json.weightsManifest;
      group.weights[0] = weight;
      await writeFile(file, JSON.stringify(json));
      const shard = join(model, group.paths[0]);
      const rest = (await readFile(shard)).subarray(4 * 15);
      const bytes = Buffer.concat([stored, rest]);
      await writeFile(shard, bytes);

      const expected = tf.io.decodeWeights(new Uint8Array(bytes).buffer, group.weights);
      const { weights } = await readCheckpoint(model);
      const names = {
        'embedding/embeddings': 'embedding/table',
        'head/kernel': 'head/kernel',
        'head/bias': 'head/bias',
      };
      for (const [theirs, ours] of Object.entries(names)) {
        assert.deepEqual(weights.get(ours)!.data, expected[theirs]!.dataSync());
      }
    });
  }
});
