import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint, Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { checkSpec, codedMatrices } from '../../src/core/checkpoint/specFromJson.ts';
import { schemeOf } from '../../src/core/compression/codings.ts';
import { embeddingBytes, layerCosts, totalCost } from '../../src/core/cost/cost.ts';
import { UserError } from '../../src/core/errors.ts';
import { tensorsBelow } from '../../src/core/checkpoint/tensorsBelow.ts';
import { codedCheckpoints } from '../support/codedCheckpoints.ts';

/** The decoder that the documentation offers, in plain JavaScript. */
interface Decoder {
  readonly decode: (file: Uint8Array) => {
    readonly spec: unknown;
    readonly tensors: ReadonlyMap<string, Tensor>;
  };
}
const decoder = new URL('../../docs/decoders/decode.mjs', import.meta.url).href;

const checkpoints = codedCheckpoints();

/** The coded matrices as float32. */
function decoded({ spec, weights }: Pick<Checkpoint, 'spec' | 'weights'>): Map<string, Float32Array> {
  return new Map(
    codedMatrices(spec).map(({ name, rows, columns, coding }) => [
      name,
      schemeOf(coding).decode(tensorsBelow(weights, name), rows, columns, coding),
    ]),
  );
}

const byName = (weights: ReadonlyMap<string, unknown>): unknown[] =>
  [...weights].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a packed checkpoint', () => {
  let decode: Decoder['decode'];
  before(async () => {
    ({ decode } = (await import(decoder)) as Decoder);
  });

  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    file = join(folder, 'model', 'model.safetensors');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const write = async (checkpoint: Checkpoint): Promise<void> => {
    await writeCheckpoint(join(folder, 'model'), checkpoint);
  };

  for (const { name, checkpoint } of checkpoints) {
    it(`comes back bit for bit, and takes the bytes that are counted: ${name}`, async () => {
      await write(checkpoint);
      const back = await readCheckpoint(file);
      assert.deepEqual(byName(back.weights), byName(checkpoint.weights));
      assert.deepEqual(back.spec, checkpoint.spec);

      const header = 8 + Number((await readFile(file)).readBigUInt64LE());
      const layers = layerCosts(checkpoint.spec, 10, checkpoint.weights);
      assert.equal((await stat(file)).size - header, totalCost(layers).storageBytes);
      const inspected = await inspectCheckpoint(file);
      assert.equal(inspected.storageBytes, totalCost(layers).storageBytes);
      const embedding = inspected.layers.filter((layer) => /\/(table|A|B)(\/|$)/.test(layer.name));
      assert.equal(
        embedding.reduce((sum, { storageBytes }) => sum + storageBytes, 0),
        embeddingBytes(layers),
      );
      assert.ok(embeddingBytes(layerCosts(checkpoint.spec, 10)) >= embeddingBytes(layers));
    });

    it(`is decoded by the decoder in JavaScript: ${name}`, async () => {
      await write(checkpoint);
      const { spec, tensors } = decode(await readFile(file));
      assert.deepEqual(spec, checkpoint.spec);
      const expected = decoded(checkpoint);
      for (const [matrix, values] of expected) assert.deepEqual(tensors.get(matrix)!.data, values);
      const plain = [...checkpoint.weights].filter(([weight]) => !/\/(table|A|B)\//.test(weight));
      for (const [weight, tensor] of plain) assert.deepEqual(tensors.get(weight), tensor);
      assert.equal(tensors.size, expected.size + plain.length);
    });
  }

  it('has the floats at multiples of four', async () => {
    await write(checkpoints[0]!.checkpoint);
    const bytes = await readFile(file);
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
      string,
      { dtype: string; data_offsets: number[] }
    >;
    const floats = Object.values(header).filter(({ dtype }) => dtype === 'F32');
    assert.ok(
      floats.length > 1 && floats.every(({ data_offsets: [begin] }) => (8 + length + begin!) % 4 === 0),
    );
  });

  it('is refused with the name of what does not fit', async () => {
    const { checkpoint } = checkpoints.find(({ name }) => name.startsWith('fixed-point 4 "table"'))!;
    await write(checkpoint);
    const whole = await readFile(file);
    const header = 8 + Number(whole.readBigUInt64LE());
    /** With other text in its header, as long as before. */
    const refuse = async (from: string, to: string, message: RegExp): Promise<void> => {
      const text = whole.toString('latin1', 0, header).replace(from, to);
      assert.notEqual(text, whole.toString('latin1', 0, header));
      const padded = text.slice(0, header).padEnd(header, ' ');
      await writeFile(file, Buffer.concat([Buffer.from(padded, 'latin1'), whole.subarray(header)]));
      await assert.rejects(readCheckpoint(file), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        return true;
      });
    };
    await refuse('\\"bits\\":4}', '\\"bits\\":5}', /embedding\/table\/codes/);
    await refuse('"packed":"{', '"packed":"[', /how its weights are packed/);
    await refuse('[67,11]', '[67,10]', /'embedding\/table\/codes' is 67 x 10, where 67 x 11/);
    await refuse('"packed"', '"pecked"', /'embedding\/table\/codes' is missing/);
    await refuse('\\"rows\\":67', '\\"rows\\":68', /68 x 11 is expected/);
  });

  it('is refused where its few bytes would become more values than any model computes with', () => {
    const { spec } = checkpoints.find(({ name }) => name.startsWith('deep-compression'))!.checkpoint;
    for (const size of [{ rows: 2 ** 31 }, { dimension: 2 ** 25 }, { rows: 2 ** 20, rank: 2 ** 11 }]) {
      const hostile = { ...spec, embedding: { ...spec.embedding, ...size } };
      assert.throws(() => checkSpec(hostile, file), /embedding.rows/);
    }
  });
});
