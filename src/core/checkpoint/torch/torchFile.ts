import { UserError } from '../../errors.ts';
import { readRange, type StoredTensor } from '../tensorFile.ts';
import type { PickledTensor } from './pickleValue.ts';
import { readPickle } from './readPickle.ts';
import { stateDictOf } from './stateDict.ts';
import { zipEntries, type ZipEntry } from './zipEntries.ts';

/** Names and shapes of many thousands of tensors. */
const maxPickleBytes = 64 * 2 ** 20;

/**
 * Opens a `.pt` or `.pth` file that holds a state dict, by itself or in a dict: its tensors, which views they are
 * checked against their storages, and these against the archive.
 *
 * @throws UserError `legacy-torch`, `damaged-archive`, `torch-storage`, and as `readPickle` and `stateDictOf` do.
 */
export async function openTorchFile(path: string): Promise<ReadonlyMap<string, StoredTensor>> {
  await checkFormat(path);
  const entries = await zipEntries(path);
  const pickles = [...entries].filter(([name]) => /^([^/]+\/)?data\.pkl$/.test(name));
  const [[pickleName, pickle] = ['', undefined]] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw new UserError(
      'no-state-dict',
      entriesHave(entries, 'constants.pkl')
        ? 'The file is a TorchScript archive.'
        : 'The archive holds no data.pkl at its top, so torch.save did not write it.',
      'Save the weights alone: torch.save(model.state_dict(), path).',
      { file: path },
    );
  }
  const folder = pickleName.slice(0, -'data.pkl'.length);
  await checkByteOrder(path, entries.get(`${folder}byteorder`));
  if (pickle.length > maxPickleBytes) {
    throw new UserError(
      'damaged-archive',
      `data.pkl has ${pickle.length} bytes, where at most ${maxPickleBytes} are read.`,
      'Save the weights alone: torch.save(model.state_dict(), path).',
      { file: path, item: pickleName },
    );
  }
  const root = readPickle(await readRange(path, pickle.start, pickle.length), path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of stateDictOf(root, path)) {
    const entry = entries.get(`${folder}data/${tensor.storage.key}`);
    checkView(name, tensor, entry, path);
    tensors.set(name, storedTensor(tensor, entry.start, path));
  }
  return tensors;
}

async function checkFormat(path: string): Promise<void> {
  const start = Buffer.from(await readRange(path, 0, 4));
  if (start.readUInt32LE() === 0x04034b50) return;
  const isPickle = start[0] === 0x80 && start[1]! <= 5;
  throw new UserError(
    isPickle ? 'legacy-torch' : 'no-torch-file',
    isPickle
      ? 'The file is of the format that torch wrote before 1.6, which is not read.'
      : 'The file is no torch file: it is no zip archive.',
    isPickle
      ? 'Save it again: torch.save(torch.load(path, map_location="cpu"), path, _use_new_zipfile_serialization=True).'
      : 'Check the path.',
    { file: path },
  );
}

function entriesHave(entries: ReadonlyMap<string, ZipEntry>, name: string): boolean {
  return [...entries.keys()].some((entry) => entry === name || entry.endsWith(`/${name}`));
}

async function checkByteOrder(path: string, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const order = Buffer.from(await readRange(path, entry.start, Math.min(16, entry.length))).toString(
    'latin1',
  );
  if (order === 'little') return;
  throw new UserError(
    'byte-order',
    `The byte order of the numbers is '${order}', where 'little' is expected.`,
    'Save the model on a little-endian machine.',
    { file: path, item: 'byteorder' },
  );
}

function checkView(
  name: string,
  { storage, offset, shape, strides }: PickledTensor,
  entry: ZipEntry | undefined,
  path: string,
): asserts entry is ZipEntry {
  const fail = (fault: string): UserError =>
    new UserError('torch-storage', `The tensor '${name}' ${fault}.`, 'Save the model anew.', {
      file: path,
      item: name,
    });
  const { type, key, length } = storage;
  if (entry === undefined) throw fail(`lies in the storage '${key}', which the archive lacks`);
  if (entry.length !== length * type.bytes) {
    throw fail(
      `lies in the storage '${key}' of ${length} ${type.name} numbers, for which ${entry.length} bytes are there`,
    );
  }
  const count = elements(shape);
  const end = count === 0 ? offset : offset + 1 + lastPosition(shape, strides);
  // An expanded tensor repeats numbers, so a small file could ask for any amount of memory.
  if (end > length || count > length) {
    throw fail(
      `of ${shape.join(' x ')} with the strides ${strides.join(', ')} from ${offset} does not lie in its storage of ${length} numbers`,
    );
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function lastPosition(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, 0);
}

function storedTensor(
  { storage, offset, shape, strides }: PickledTensor,
  start: number,
  path: string,
): StoredTensor {
  const { type } = storage;
  return {
    shape,
    type,
    async readRows(first, count) {
      const part = shape.length === 0 ? [] : [count, ...shape.slice(1)];
      const total = elements(part);
      if (total === 0) return new Float32Array(0);
      const span = 1 + lastPosition(part, strides);
      const from = start + (offset + first * (strides[0] ?? 0)) * type.bytes;
      const numbers = type.decode(await readRange(path, from, span * type.bytes));
      return isContiguous(part, strides) ? numbers : gather(numbers, part, strides, total);
    },
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i]!;
  }
  return true;
}

/** The numbers of a view in row-major order. */
function gather(
  numbers: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
  total: number,
): Float32Array {
  const result = new Float32Array(total);
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < total; i++) {
    result[i] = numbers[at]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      at -= shape[d]! * strides[d]!;
      index[d] = 0;
    }
  }
  return result;
}
