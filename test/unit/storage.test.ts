import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error A script for others to copy, without types.
import { decode as decodeFile } from '../../docs/decoders/decode.mjs';
import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { checkTarget, readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { checkStorage, isRounded } from '../../src/core/checkpoint/storage.ts';
import { storages, type Storage } from '../../src/core/checkpoint/storageTypes.ts';
import { halfToNumber, numberToHalf } from '../../src/core/checkpoint/storedType.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { markCard } from '../../src/core/report/cardMark.ts';
import { codedCheckpoints } from '../support/codedCheckpoints.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const decode = decodeFile as (file: Uint8Array) => { readonly tensors: Weights };

const spec = (rank?: number): ModelSpec => ({
  embedding: { rows: 30, dimension: 12, ...(rank !== undefined && { rank }) },
  body: { kind: 'dan', hidden: [5] },
  head: 'softmax',
  classes: 3,
  masked: true,
});

describe('half precision', () => {
  it('gives every half back, and takes the nearest, the even one of two', () => {
    for (let half = 0; half < 0x10000; half++) {
      if ((half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0) continue;
      assert.equal(numberToHalf(halfToNumber(half)), half);
    }
    for (let half = 0; half < 0x7bff; half++) {
      const [low, high] = [halfToNumber(half), halfToNumber(half + 1)];
      const middle = (low + high) / 2;
      assert.equal(numberToHalf(middle), half + (half % 2));
      assert.equal(numberToHalf(-middle), 0x8000 | (half + (half % 2)));
      assert.equal(numberToHalf(low + (high - low) * 0.49), half);
      assert.equal(numberToHalf(low + (high - low) * 0.51), half + 1);
    }
    assert.equal(numberToHalf(65519), 0x7bff);
    assert.equal(numberToHalf(65520), 0x7c00);
  });
});

describe('the numbers of a large table', () => {
  it('take no memory but their own, whatever their type is', () => {
    // In a heap that a list of so many numbers would fill: typed arrays lie outside of it.
    const code = `
      import { roundedToHalf, toHalves, quantize } from './src/core/checkpoint/storage.ts';
      import { storedTypeOf } from './src/core/checkpoint/storedType.ts';
      import { numberTypes } from './src/core/checkpoint/numberType.ts';
      const shape = [6_000_000, 1];
      const data = new Float32Array(shape[0]).fill(0.5);
      data[0] = -1;
      toHalves({ shape, data }, 'w');
      await roundedToHalf({ shape, data }, 'w');
      for (const storage of ['float16', 'uint8', 'uint16']) {
        const { bytes, quantization } = quantize({ shape, data }, storage, 'w');
        storedTypeOf('float32', quantization).decode(bytes);
      }
      for (const type of Object.values(numberTypes)) type.decode(new Uint8Array(type.bytes * shape[0]));
    `;
    const flags = ['--max-old-space-size=50', '--import', 'tsx', '--input-type=module', '--eval', code];
    const { status, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
});

describe('rounded storage', () => {
  let folder = '';
  before(() => tf.setBackend('cpu'));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const steps: Readonly<Record<Exclude<Storage, 'float32'>, (largest: number) => number>> = {
    float16: (largest) => largest * 2 ** -11,
    uint8: (largest) => (2 * largest) / 255,
    uint16: (largest) => (2 * largest) / 65535,
  };

  for (const rank of [undefined, 3]) {
    for (const storage of storages.filter((one) => one !== 'float32')) {
      it(`${storage} of ${rank === undefined ? 'a table' : 'factors'} is read alike by us, plain tfjs and the decoder`, async () => {
        const checkpoint = randomCheckpoint(spec(rank));
        const [tfjs, safetensors] = [join(folder, 'tfjs'), join(folder, 'safetensors')];
        await writeCheckpoint(tfjs, checkpoint, 'tfjs', { storage });
        await writeCheckpoint(safetensors, checkpoint, 'safetensors', { storage });

        const read = await readCheckpoint(tfjs);
        const { tensors } = decode(await readFile(join(safetensors, 'model.safetensors')));
        for (const [name, { data }] of checkpoint.weights) {
          const found = read.weights.get(name)!.data;
          assert.deepEqual(found, tensors.get(name)!.data, name);
          if (!isRounded(name)) assert.deepEqual(found, data, name);
          else {
            assert.notDeepEqual(found, data);
            const most = steps[storage](data.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
            found.forEach((value, i) => {
              assert.ok(Math.abs(value - data[i]!) <= most * 1.5, `${value} ${data[i]}`);
            });
          }
        }

        const json = JSON.parse(await readFile(join(tfjs, 'model.json'), 'utf8')) as {
          modelTopology: object;
          weightsManifest: [{ paths: string[]; weights: tf.io.WeightsManifestEntry[] }];
        };
        const [{ paths, weights: weightSpecs }] = json.weightsManifest;
        const shards = await Promise.all(paths.map((path) => readFile(join(tfjs, path))));
        const model = await loadLayersModel({
          load: () =>
            Promise.resolve({
              modelTopology: json.modelTopology,
              weightSpecs,
              weightData: new Uint8Array(Buffer.concat(shards)).buffer,
            }),
        });
        const batch = {
          size: 1,
          length: 4,
          ids: Int32Array.of(3, 9, 12, 29),
          lengths: Int32Array.of(4),
          labels: Int32Array.of(0),
        };
        const engine = createWasmEngine();
        const ours = new Classifier(engine, read.spec, read.weights).predict(batch).data;
        const theirs = (model.predict(tf.tensor2d([...batch.ids], [1, 4])) as tf.Tensor).dataSync();
        ours.forEach((value, i) => {
          assert.ok(Math.abs(value - theirs[i]!) < 1e-5);
        });
        const packed = await readCheckpoint(safetensors);
        const again = new Classifier(engine, packed.spec, packed.weights).predict(batch).data;
        ours.forEach((value, i) => {
          assert.ok(Math.abs(value - again[i]!) < 1e-6);
        });
      });
    }
  }

  it('is smaller by what it says', async () => {
    const checkpoint = randomCheckpoint(spec());
    const size = async (storage: Storage): Promise<number> => {
      const model = join(folder, storage);
      await writeCheckpoint(model, checkpoint, 'tfjs', { storage });
      return (await readFile(join(model, 'group1-shard1of1.bin'))).length;
    };
    const whole = await size('float32');
    assert.equal(whole - (await size('float16')), 2 * 360);
    assert.equal(whole - (await size('uint16')), 2 * 360);
    assert.equal(whole - (await size('uint8')), 3 * 360);
  });

  for (const format of ['keras', 'h5'] as const) {
    it(`float16 in a file of Keras (${format}) is what tfjs stores, in fewer bytes than float32`, async () => {
      const checkpoint = randomCheckpoint({ ...spec(), embedding: { rows: 40_000, dimension: 12 } });
      const written = async (to: 'tfjs' | 'keras' | 'h5', storage: Storage): Promise<string> => {
        const model = join(folder, `${to}-${storage}`);
        await writeCheckpoint(model, checkpoint, to, { storage });
        return model;
      };
      const file = await written(format, 'float16');
      const [found, expected] = await Promise.all(
        [file, await written('tfjs', 'float16')].map(async (path) => (await readCheckpoint(path)).weights),
      );
      assert.deepEqual(found, expected);
      const size = async (model: string): Promise<number> =>
        (await stat(join(model, `model.${format}`))).size;
      const [small, whole] = [await size(file), await size(await written(format, 'float32'))];
      assert.ok(small < 0.65 * whole, `${small} of ${whole} bytes`);
    });
  }

  it('is refused by name where a file cannot hold it', async () => {
    const plain = randomCheckpoint(spec());
    for (const format of ['keras', 'h5'] as const) {
      assert.throws(
        () => {
          checkStorage('uint8', format, plain, 'm');
        },
        { code: 'storage-of-format' },
      );
      checkStorage('float32', format, plain, 'm');
    }
    const coded = codedCheckpoints()[0]!.checkpoint;
    assert.throws(
      () => {
        checkStorage('float16', 'safetensors', coded, 'm');
      },
      { code: 'storage-of-coding' },
    );
    const table = plain.weights.get('embedding/table')!;
    table.data[7] = 70_000;
    await assert.rejects(writeCheckpoint(join(folder, 'm'), plain, 'tfjs', { storage: 'float16' }), {
      code: 'float16-range',
    });
    assert.deepEqual(await checkTarget(join(folder, 'm')), false);
  });

  it('takes the place of a folder whose card nobody has edited, and of no other', async () => {
    const model = join(folder, 'model');
    const checkpoint = randomCheckpoint(spec());
    const card = (): Promise<string> => Promise.resolve(markCard('# A model\n'));
    await writeCheckpoint(model, checkpoint, 'tfjs', { card });
    await writeCheckpoint(model, checkpoint, 'tfjs', { card });
    assert.match(await readFile(join(model, 'README.md'), 'utf8'), /^# A model\n/);
    await writeFile(join(model, 'README.md'), (await readFile(join(model, 'README.md'), 'utf8')) + 'mine\n');
    await assert.rejects(writeCheckpoint(model, checkpoint), { code: 'output-exists' });
    assert.match(await readFile(join(model, 'README.md'), 'utf8'), /mine\n$/);
  });
});
