import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Body, Checkpoint, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { readHdf5, writeHdf5 } from '../../src/core/checkpoint/keras/hdf5.ts';
import { kerasOrder } from '../../src/core/checkpoint/keras/kerasOrder.ts';
import type { KerasFormat } from '../../src/core/checkpoint/fileNames.ts';
import { writeKeras } from '../../src/core/checkpoint/keras/kerasWriter.ts';
import { openCheckpoint } from '../../src/core/checkpoint/openCheckpoint.ts';
import { storableBodies } from '../support/bodies.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { referenceLogits, referenceProbabilities } from '../support/referenceModel.ts';

const fixtures = join(import.meta.dirname, '../fixtures/keras');
const formats: readonly KerasFormat[] = ['keras', 'h5'];

const bodies: Record<string, Body> = {
  ...storableBodies,
  'GRU, mean': { kind: 'gru', units: 3, pooling: 'mean', hidden: [] },
  'GRU, last state': { kind: 'gru', units: 3, pooling: 'last', hidden: [4] },
};

function checkpointOf(
  body: Body,
  rank: number | undefined,
  head: ModelSpec['head'],
  masked: boolean,
): Checkpoint {
  return randomCheckpoint({
    embedding: { rows: 9, dimension: 6, ...(rank !== undefined && { rank }) },
    body,
    head,
    classes: head === 'sigmoid' ? 2 : 3,
    masked,
  });
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('Keras models', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  for (const [name, body] of Object.entries(bodies)) {
    for (const format of formats) {
      it(`${name} comes back bit for bit from .${format}`, async () => {
        let count = 0;
        for (const rank of [undefined, 3]) {
          for (const head of ['softmax', 'sigmoid', 'logits'] as const) {
            for (const masked of [true, false]) {
              const checkpoint = checkpointOf(body, rank, head, masked);
              const path = join(folder, `${count++}.${format}`);
              await writeKeras(path, checkpoint, format);
              const opened = await openCheckpoint(path);
              assert.equal(opened.format, format);
              assert.deepEqual(opened.spec, checkpoint.spec);
              assert.deepEqual(sorted(await opened.readWeights()), sorted(checkpoint.weights));
            }
          }
        }
      });
    }
  }

  describe('saved by Keras', () => {
    const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<
      string,
      { ids: number[][]; outputs: number[][] }
    >;
    const embedding = { rows: 9, dimension: 4 };
    const bilstm: ModelSpec = {
      embedding,
      body: { kind: 'bilstm', units: 3, pooling: 'mean', hidden: [5] },
      head: 'softmax',
      classes: 3,
      masked: true,
    };
    const cnn: ModelSpec = {
      embedding: { rows: 9, dimension: 5, rank: 4 },
      body: { kind: 'cnn', widths: [3, 2], filters: 3, hidden: [] },
      head: 'sigmoid',
      classes: 2,
      masked: false,
    };
    const dan: ModelSpec = {
      embedding,
      body: { kind: 'dan', hidden: [5] },
      head: 'logits',
      classes: 3,
      masked: true,
    };
    const specs: Record<string, ModelSpec> = {
      'bilstm-3.keras': bilstm,
      'bilstm-2.keras': bilstm,
      'cnn-3.h5': cnn,
      'cnn-2.h5': cnn,
      'dan-3.keras': dan,
    };
    for (const [name, wanted] of Object.entries(specs)) {
      it(`${name} predicts what Keras did`, async () => {
        const { spec, weights } = await readCheckpoint(join(fixtures, name));
        assert.deepEqual(spec, wanted);
        const { ids, outputs } = expected[name]!;
        ids.forEach((row, i) => {
          const tokens = spec.masked ? row.filter((id) => id !== 0) : row;
          const logits = spec.head === 'logits';
          const all = (logits ? referenceLogits : referenceProbabilities)(spec, weights, tokens);
          const found = spec.head === 'sigmoid' ? all.slice(1) : all;
          outputs[i]!.forEach((output, unit) => {
            assert.ok(Math.abs(found[unit]! - output) < 1e-5, `${found[unit]} is not ${output}`);
          });
        });
      });
    }

    it('is known by its content, whatever its name', async () => {
      const path = join(folder, 'model.h5');
      await copyFile(join(fixtures, 'dan-3.keras'), path);
      assert.equal((await openCheckpoint(folder)).format, 'keras');
    });

    it('as weights alone says what is missing', async () => {
      await assert.rejects(openCheckpoint(join(fixtures, 'dan.weights.h5')), {
        name: 'UserError',
        code: 'weights-only',
        message: /not its layers/,
      });
    });
  });

  it('orders the layers as Keras does: by the distance from the output, then as met from it', () => {
    const layer = (name: string, ...calls: string[][]): Parameters<typeof kerasOrder>[0][number] => ({
      name,
      calls: calls.map((inputs) => ({
        inputs: inputs.map((input) => {
          const [of = '', call = '0'] = input.split('#');
          return { layer: of, call: Number(call) };
        }),
      })),
    });
    const orderOf = (layers: Parameters<typeof kerasOrder>[0]): string[] =>
      kerasOrder(layers, [{ layer: 'end', call: 0 }]).map(({ name }) => name);
    const one = [
      layer('short', ['in']),
      layer('end', ['short', 'long']),
      layer('long', ['middle']),
      layer('middle', ['in']),
      layer('in'),
      layer('unused', ['in']),
    ];
    assert.deepEqual(orderOf(one), ['in', 'middle', 'short', 'long', 'end']);
    // A layer that is called twice lies at the longest distance of its calls.
    const shared = [
      layer('in'),
      layer('between', ['twice']),
      layer('twice', ['in'], ['between']),
      layer('end', ['twice#1']),
    ];
    assert.deepEqual(orderOf(shared), ['in', 'twice', 'between', 'end']);
  });

  it('are written and read in blocks', async () => {
    const path = join(folder, 'large.h5');
    const [rows, columns] = [100_003, 50];
    const data = Float32Array.from({ length: rows * columns }, (_, i) => i % 1009);
    await writeHdf5(path, async (file) => {
      await file.write('/table', [rows, columns], data);
    });
    const { size } = await stat(path);
    assert.ok(size < 4 * rows * columns + 2 * 2 ** 24);
    await readHdf5({ path, offset: 0, bytes: size }, async (file) => {
      assert.deepEqual((await file.dataset('/table'))?.shape, [rows, columns]);
      assert.ok((await file.read('/table', [rows, columns])).every((x, i) => x === i % 1009));
    });
  });
});
