import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTensors, readTensor } from '../../src/core/checkpoint/tensorFile.ts';
import { UserError } from '../../src/core/errors.ts';
import {
  archive,
  pickle,
  tensor as pickled,
  torchFile,
  zipOf,
  type Entry,
  type View,
} from '../support/torchFile.ts';

const stored = (key: string, numbers: ArrayBufferView): Entry => ({
  name: `model/data/${key}`,
  data: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
});
const six = Float32Array.of(1, 2, 3, 4, 5, 6);
/** One tensor over a storage of six numbers. */
const oneView = (view: Partial<View> & Pick<View, 'shape'>): Buffer =>
  archive(pickle.ordered([pickle.text('w'), pickled({ key: '0', length: 6, ...view })]), [stored('0', six)]);

describe('torch files', () => {
  let folder = '';
  let path = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-torch-'));
    path = join(folder, 'model.pt');
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function numbersIn(file: Buffer, name = 'w'): Promise<number[]> {
    await writeFile(path, file);
    const { tensors } = await openTensors(path);
    const found = tensors.get(name);
    assert.ok(found, `'${name}' is not among ${[...tensors.keys()].join(', ')}`);
    return [...(await readTensor(found))];
  }

  async function refused(file: Buffer, code: string, message: RegExp): Promise<void> {
    await writeFile(path, file);
    await assert.rejects(openTensors(path), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.equal(error.place?.file, path);
      return true;
    });
  }

  it('gives names, shapes and numbers of a state dict, and some of a tensor rows', async () => {
    const tensors = new Map([
      ['embedding.weight', { shape: [3, 2], data: six }],
      ['fc.bias', { shape: [1], data: Float32Array.of(7) }],
    ]);
    await writeFile(path, torchFile(tensors));
    const found = await openTensors(path);
    assert.equal(found.format, 'torch');
    assert.deepEqual(
      [...found.tensors].map(([name, { shape, type }]) => [name, shape, type.name]),
      [
        ['embedding.weight', [3, 2], 'float32'],
        ['fc.bias', [1], 'float32'],
      ],
    );
    assert.deepEqual([...(await found.tensors.get('embedding.weight')!.readRows(1, 2))], [3, 4, 5, 6]);
  });

  it('reads views: offsets, transposed tensors, slices, scalars, empty ones', async () => {
    assert.deepEqual(await numbersIn(oneView({ shape: [2, 2], offset: 1 })), [2, 3, 4, 5]);
    assert.deepEqual(await numbersIn(oneView({ shape: [2, 3], strides: [1, 2] })), [1, 3, 5, 2, 4, 6]);
    assert.deepEqual(await numbersIn(oneView({ shape: [3], strides: [2] })), [1, 3, 5]);
    assert.deepEqual(await numbersIn(oneView({ shape: [1, 2], strides: [99, 1], offset: 4 })), [5, 6]);
    assert.deepEqual(await numbersIn(oneView({ shape: [], offset: 5 })), [6]);
    assert.deepEqual(await numbersIn(oneView({ shape: [0, 4] })), []);
    await writeFile(path, oneView({ shape: [2, 3], strides: [1, 2] }));
    const transposed = (await openTensors(path)).tensors.get('w');
    assert.deepEqual([...(await transposed!.readRows(1, 1))], [2, 4, 6]);
  });

  it('reads float64, float16, bfloat16 and int64', async () => {
    const types: [string, ArrayBufferView][] = [
      ['DoubleStorage', Float64Array.of(1.5, -3)],
      ['HalfStorage', Uint16Array.of(0x3e00, 0xc200)],
      ['BFloat16Storage', Uint16Array.of(0x3fc0, 0xc040)],
    ];
    const view = (storage: string): Buffer =>
      pickle.ordered([pickle.text('w'), pickled({ storage, key: '0', length: 2, shape: [2] })]);
    for (const [storage, numbers] of types) {
      const file = archive(view(storage), [stored('0', numbers)]);
      assert.deepEqual(await numbersIn(file), [1.5, -3], storage);
    }
    const file = archive(view('LongStorage'), [stored('0', BigInt64Array.of(7n, -1n))]);
    assert.deepEqual(await numbersIn(file), [7, -1]);
  });

  it('finds the state dict in a dict, beside an optimizer', async () => {
    const w = pickled({ key: '0', length: 6, shape: [6] });
    const moment = pickled({ key: '0', length: 6, shape: [3, 2] });
    const optimizer = pickle.dict([
      pickle.text('state'),
      pickle.dict([pickle.number(0), pickle.dict([pickle.text('exp_avg'), moment])]),
    ]);
    for (const key of ['state_dict', 'model_state_dict', 'whatever']) {
      const root = pickle.dict(
        [pickle.text('epoch'), pickle.number(3)],
        [pickle.text('optimizer_state_dict'), optimizer],
        [pickle.text(key), pickle.ordered([pickle.text('w'), w])],
      );
      assert.deepEqual(await numbersIn(archive(root, [stored('0', six)])), [...six], key);
    }
    const two = pickle.dict(
      [pickle.text('generator'), pickle.ordered([pickle.text('w'), w])],
      [pickle.text('critic'), pickle.ordered([pickle.text('w'), w])],
    );
    await refused(archive(two, [stored('0', six)]), 'several-state-dicts', /'generator', 'critic'/);
    await refused(archive(pickle.dict(), []), 'no-state-dict', /a dict without tensors/);
    await refused(archive(w, [stored('0', six)]), 'no-state-dict', /a tensor without a name/);
    // A dict that holds itself, as pickles can.
    const itself = Buffer.concat([Buffer.from('}q\0'), pickle.text('me'), Buffer.from('h\0s')]);
    await refused(archive(itself, []), 'no-state-dict', /a dict without tensors/);
  });

  it('refuses what runs code, by name and place, and runs nothing', async () => {
    const system = Buffer.concat([
      pickle.global('os', 'system'),
      pickle.tuple(pickle.text('touch pwned')),
      Buffer.from('R'),
    ]);
    await refused(archive(system, []), 'refused-global', /'os\.system' at byte 2/);
    const names = Buffer.concat([pickle.text('builtins'), pickle.text('eval'), Buffer.of(0x93)]);
    await refused(archive(names, []), 'refused-global', /'builtins\.eval'/);
    await refused(archive(pickle.global('__main__', 'Net'), []), 'refused-global', /'__main__\.Net'/);
    await refused(archive(Buffer.from('(ios\nsystem\n'), []), 'refused-opcode', /INST at byte 3/);
    await refused(archive(Buffer.from('}}\x81', 'latin1'), []), 'refused-opcode', /NEWOBJ at byte 4/);
    await refused(archive(Buffer.of(0xff), []), 'refused-opcode', /opcode 0xff/);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      await refused(archive(pickle.global('torch', name), []), 'refused-global', /torch/);
    }
  });

  it('refuses damaged pickles', async () => {
    const cases: [string, Buffer, RegExp][] = [
      ['a stack that is empty', Buffer.from('s'), /stack is empty/],
      ['a mark that is missing', Buffer.from('t'), /mark is missing/],
      ['what lies below a mark', Buffer.from('}(s'), /stack is empty/],
      ['a memo that is empty', Buffer.from('h\x05'), /recalls 5/],
      ['a text beyond the end', Buffer.from('X\xff\xff\xff\xff', 'latin1'), /ends early/],
      ['a text of 2^64 bytes', Buffer.from('\x8d\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'), /ends early/],
      ['a global without end', Buffer.from('ctorch'), /ends early/],
      [
        'a call of a storage',
        Buffer.concat([pickle.global('torch', 'FloatStorage'), Buffer.from(')R')]),
        /'torch\.FloatStorage' with/,
      ],
      ['a call of a number', Buffer.from('K\x01)R'), /no global/],
      ['a persistent id that is none', Buffer.from('K\x01Q'), /persistent id/],
      [
        'a name twice',
        pickle.ordered([pickle.text('w'), pickle.number(1)], [pickle.text('w'), pickle.number(2)]),
        /'w' twice/,
      ],
    ];
    for (const [what, bytes, message] of cases) {
      await refused(archive(bytes, []), 'damaged-pickle', message).catch((error: unknown) => {
        throw new Error(what, { cause: error });
      });
    }
  });

  it('refuses views that leave their storage, repeat it, or ask for more than it holds', async () => {
    const bad: Partial<View>[] = [
      { shape: [7] },
      { shape: [6], offset: 1 },
      { shape: [2, 3], strides: [4, 1] },
      { shape: [1000, 1000], strides: [0, 0] },
      { shape: [2 ** 40, 2 ** 40] },
      { shape: [2 ** 40, 2 ** 40], strides: [0, 0] },
    ];
    for (const view of bad) {
      await refused(
        oneView({ shape: [1], ...view }),
        'torch-storage',
        /'w' of .* does not lie in its storage of 6/,
      );
    }
    await refused(oneView({ shape: [-1] }), 'damaged-pickle', /_rebuild_tensor_v2/);
    await refused(oneView({ shape: [2], strides: [1, 1] }), 'damaged-pickle', /_rebuild_tensor_v2/);
    await refused(
      oneView({ shape: [7], length: 7 }),
      'torch-storage',
      /7 float32 numbers, for which 24 bytes/,
    );
    await refused(oneView({ shape: [1], key: '9' }), 'torch-storage', /storage '9', which the archive lacks/);
    await refused(oneView({ shape: [1], key: '../../x' }), 'torch-storage', /which the archive lacks/);
  });

  it('refuses archives that are compressed, lead out of themselves, or hold a name twice', async () => {
    const data = pickle.whole(pickle.dict());
    const names = (name: string, method = 0): Buffer =>
      zipOf([
        { name: 'm/data.pkl', data },
        { name, data: Buffer.alloc(8), method },
      ]);
    await refused(names('m/data/0', 8), 'damaged-archive', /'m\/data\/0' is compressed/);
    await refused(names('m/../../x'), 'damaged-archive', /relative path/);
    await refused(names('/etc/x'), 'damaged-archive', /absolute path/);
    await refused(names('m/data.pkl'), 'damaged-archive', /'m\/data.pkl' is there twice/);
    const over = zipOf([
      { name: 'm/data.pkl', data },
      { name: 'm/data/0', data: Buffer.alloc(8) },
    ]);
    // The central directory's record of the second entry gets the place of the first.
    over.writeUInt32LE(0, over.lastIndexOf('PK\x01\x02') + 42);
    await refused(over, 'damaged-archive', /lies over another file/);
  });

  it('refuses files of other kinds with what to do', async () => {
    await refused(Buffer.from('\x80\x02\x8a\nl\xfc', 'latin1'), 'legacy-torch', /before 1\.6/);
    await refused(Buffer.from('hello'), 'no-torch-file', /no zip archive/);
    await refused(Buffer.from(''), 'file-cut-short', /ends before byte 4/);
    await refused(zipOf([{ name: 'a.txt', data: Buffer.from('a') }]), 'no-state-dict', /no data\.pkl/);
    const script = zipOf([{ name: 'm/code/constants.pkl', data: Buffer.from('a') }]);
    await refused(script, 'no-state-dict', /TorchScript/);
    const big = zipOf([
      { name: 'm/data.pkl', data: pickle.whole(pickle.dict()) },
      { name: 'm/byteorder', data: Buffer.from('big') },
    ]);
    await refused(big, 'byte-order', /'big'/);
    await assert.rejects(openTensors(join(folder, 'none.pt')), { code: 'file-not-found' });
  });
});
