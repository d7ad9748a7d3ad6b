import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import { readSafetensors, writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { loadState, saveState } from '../../src/core/checkpoint/savedState.ts';
import { UserError } from '../../src/core/errors.ts';
import { bytesOf as bytes, entry, fileOf } from '../support/safetensorsFile.ts';

describe('safetensors', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    path = join(folder, 'x.safetensors');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function refused(file: Buffer, code: string, message: RegExp, item?: string): Promise<void> {
    await writeFile(path, file);
    await assert.rejects(readSafetensors(path, { finite: true }), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.code, code);
      assert.ok(error.place !== undefined);
      assert.match(error.message, message);
      assert.equal(error.place.file, path);
      assert.equal(error.place.item, item);
      return true;
    });
  }

  it('reads a file made by hand, with its data in another order than its header', async () => {
    const header = JSON.stringify({
      b: entry([2], 8, 16),
      __metadata__: { who: 'me' },
      a: entry([1, 2], 0, 8),
    });
    await writeFile(path, fileOf(header, bytes(1, 2, 3, 4)));
    const { tensors, metadata } = await readSafetensors(path);
    assert.deepEqual(metadata, { who: 'me' });
    assert.deepEqual(tensors.get('a'), { shape: [1, 2], data: Float32Array.of(1, 2) });
    assert.deepEqual(tensors.get('b'), { shape: [2], data: Float32Array.of(3, 4) });
  });

  it('writes what the format asks for: length, JSON, data at a multiple of 8', async () => {
    await writeSafetensors(path, new Map([['w', { shape: [3], data: Float32Array.of(1, 2, 3) }]]), {
      k: 'v',
    });
    const file = await readFile(path);
    const length = Number(file.readBigUInt64LE());
    assert.equal(length % 8, 0);
    assert.deepEqual(JSON.parse(file.toString('utf8', 8, 8 + length)), {
      __metadata__: { k: 'v' },
      w: entry([3], 0, 12),
    });
    assert.deepEqual(new Uint8Array(file.subarray(8 + length)), bytes(1, 2, 3));
  });

  it('keeps every bit: NaN, infinities, subnormals, scalars, empty tensors, views, odd names', async () => {
    const memory = Float32Array.from([9, NaN, Infinity, -0, 1e-45, 9]);
    const tensors = new Map<string, Tensor>([
      ['view', { shape: [2, 2], data: memory.subarray(1, 5) }],
      ['scalar', { shape: [], data: Float32Array.of(3.1) }],
      ['empty', { shape: [0, 4], data: new Float32Array(0) }],
      ['7', { shape: [1], data: Float32Array.of(7) }],
      ['a "quoted" näme: x', { shape: [1], data: Float32Array.of(-1) }],
    ]);
    await writeSafetensors(path, tensors, { text: 'line\nbreak "}{' });
    const back = await readSafetensors(path);
    assert.deepEqual(back.metadata, { text: 'line\nbreak "}{' });
    assert.deepEqual([...back.tensors.keys()].sort(), [...tensors.keys()].sort());
    for (const [name, { shape, data }] of tensors) {
      const found = back.tensors.get(name)!;
      assert.deepEqual(found.shape, shape);
      assert.ok(
        Buffer.from(found.data.buffer).equals(Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
      );
    }
  });

  it('leaves the old file, and no temporary one, where writing fails', async () => {
    await writeSafetensors(path, new Map([['w', { shape: [1], data: Float32Array.of(1) }]]), {});
    const before = await readFile(path);
    const broken = new Map([['w', { shape: [2], data: Float32Array.of(1) }]]);
    await assert.rejects(writeSafetensors(path, broken, {}), /'w' of 2 has 1 numbers/);
    assert.deepEqual(await readFile(path), before);
    assert.deepEqual(await readdir(folder), ['x.safetensors']);
  });

  it('refuses a file that is missing, or a folder', async () => {
    await assert.rejects(readSafetensors(path), { code: 'file-not-found' });
    await assert.rejects(readSafetensors(folder), { code: 'not-a-file' });
  });

  const w = JSON.stringify({ w: entry([2], 0, 8) });
  const bad: [string, Buffer, RegExp, string?][] = [
    ['an empty file', Buffer.alloc(0), /shorter than 8/],
    ['a header longer than the file', fileOf('{}', Buffer.alloc(0), 1000), /claims 1000 bytes/],
    ['a header of 2^63 bytes', Buffer.concat([Buffer.alloc(7), Buffer.of(0x80)]), /claims 9\d+ bytes/],
    ['a header that is no JSON', fileOf('{"w":', Buffer.alloc(0)), /no JSON object/],
    ['a header that is an array', fileOf('[]', Buffer.alloc(0)), /no JSON object/],
    ['metadata that are no strings', fileOf('{"__metadata__":{"a":1}}', Buffer.alloc(0)), /__metadata__/],
    [
      'a name that is there twice',
      fileOf(`{"w":${JSON.stringify(entry([1], 0, 4))},"w":${JSON.stringify(entry([1], 0, 4))}}`, bytes(1)),
      /the tensor 'w' twice/,
      'w',
    ],
    ['data that are cut short', fileOf(w, bytes(1)), /'w' of 2 has the offsets 0 to 8 of 4/, 'w'],
    ['data that nobody claims', fileOf(w, bytes(1, 2, 3)), /take 8 bytes and 12 follow/],
    [
      'tensors that overlap',
      fileOf(JSON.stringify({ w: entry([2], 0, 8), v: entry([2], 4, 12) }), bytes(1, 2, 3)),
      /'v' overlaps/,
      'v',
    ],
    [
      'a gap between tensors',
      fileOf(JSON.stringify({ w: entry([1], 0, 4), v: entry([1], 8, 12) }), bytes(1, 2, 3)),
      /'v' overlaps or leaves a gap/,
      'v',
    ],
    [
      'a shape that does not fit its data',
      fileOf(JSON.stringify({ w: entry([3], 0, 8) }), bytes(1, 2)),
      /'w' of 3 has/,
      'w',
    ],
    [
      'a negative size',
      fileOf(JSON.stringify({ w: entry([-1, -2], 0, 8) }), bytes(1, 2)),
      /'w' lacks a proper shape/,
      'w',
    ],
    [
      'sizes whose product overflows',
      fileOf(JSON.stringify({ w: entry([2 ** 40, 2 ** 40], 0, 8) }), bytes(1, 2)),
      /'w' of/,
      'w',
    ],
    ['an entry without offsets', fileOf('{"w":{"dtype":"F32","shape":[]}}', bytes(1)), /'w' lacks/, 'w'],
  ];
  for (const [name, file, message, item] of bad) {
    it(`refuses ${name}`, () => refused(file, 'damaged-safetensors', message, item));
  }

  it('reads other types as float32', async () => {
    const stored: [string, Uint8Array][] = [
      ['F64', new Uint8Array(Float64Array.of(1.5, -3).buffer)],
      // 1.5 and -3: sign, 5 bits of exponent, 10 of fraction; and the upper halves of float32.
      ['F16', new Uint8Array(Uint16Array.of(0x3e00, 0xc200).buffer)],
      ['BF16', new Uint8Array(Uint16Array.of(0x3fc0, 0xc040).buffer)],
    ];
    for (const [dtype, data] of stored) {
      const header = JSON.stringify({ w: entry([2], 0, data.length, dtype) });
      await writeFile(path, fileOf(header, data));
      const { tensors } = await readSafetensors(path);
      assert.deepEqual(tensors.get('w')?.data, Float32Array.of(1.5, -3), dtype);
    }
    const integers = new Uint8Array(BigInt64Array.of(7n, -1n).buffer);
    await writeFile(path, fileOf(JSON.stringify({ w: entry([2], 0, 16, 'I64') }), integers));
    assert.deepEqual((await readSafetensors(path)).tensors.get('w')?.data, Float32Array.of(7, -1));
  });

  it('refuses types that it cannot read, by name', async () => {
    const tiny = fileOf(JSON.stringify({ w: entry([2], 0, 2, 'F8_E4M3') }), new Uint8Array(2));
    await refused(tiny, 'unsupported-dtype', /'w' has the type "F8_E4M3"/, 'w');
    await refused(fileOf('{"w":null}', bytes(1)), 'unsupported-dtype', /'w' has the type undefined/, 'w');
  });

  it('refuses NaN and Infinity where it is asked to, by name', async () => {
    await refused(fileOf(w, bytes(1, NaN)), 'weight-not-finite', /'w' holds NaN at position 1/, 'w');
    assert.equal((await readSafetensors(path)).tensors.size, 1);
  });

  describe('training states', () => {
    it('come back as they were, and are undefined where there is none', async () => {
      assert.equal(await loadState(path), undefined);
      const tensors = new Map([['m', { shape: [2], data: Float32Array.of(1, 2) }]]);
      const meta = { epoch: 3, losses: [0.5, 0.25], nested: { best: null } };
      await saveState(path, { tensors: new Map(), meta: {} });
      await saveState(path, { tensors, meta });
      assert.deepEqual(await loadState(path), { tensors, meta });
      assert.deepEqual(await readdir(folder), ['x.safetensors']);
    });

    it('are refused where they hold no state', async () => {
      for (const metadata of [{}, { state: '{' }, { state: '3' }] as Record<string, string>[]) {
        await writeSafetensors(path, new Map(), metadata);
        await assert.rejects(loadState(path), { code: 'no-training-state' });
      }
      await rm(path);
      await mkdir(path);
      await assert.rejects(loadState(path), { code: 'not-a-file' });
    });
  });
});
