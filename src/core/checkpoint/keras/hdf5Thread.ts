import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { Dataset, File, FS, Group, ready } from 'h5wasm';
import type {
  Hdf5Calls,
  Hdf5Dataset,
  Hdf5Entry,
  Hdf5Reply,
  Hdf5Request,
  Hdf5Source,
} from './hdf5Protocol.ts';

/**
 * The HDF5 library, in a thread of its own. It sees no file system: a name is there, which reads and writes the file that
 * it was given, and another for the file that is copied from, so that a file that names others reaches none.
 */
const name = '/model';
const originName = '/origin';
const maxAttributeBytes = 64 * 2 ** 20;
/** More than any model has. */
const maxEntries = 100_000;
/** Of 9, which takes six times as long for 3 % less. */
const deflateLevel = 3;
/** What the library can read and write: integers and floating-point numbers of these bytes. */
const copied = /^<[fdbBhHiIqQ]$/;

interface Stream {
  readonly node: Node;
  position: number;
}

/** A file of Emscripten's file system in memory. */
interface Node {
  usedBytes: number;
  node_ops: Record<string, unknown>;
  stream_ops: Record<string, unknown>;
}

interface FileSystem {
  createFile(parent: string, name: string, properties: object, canRead: boolean, canWrite: boolean): Node;
  unlink(path: string): void;
}

/** Once the library is ready. */
const fileSystem = (): FileSystem => FS as unknown as FileSystem;

let file: File | undefined;
let origin: File | undefined;
let handles: number[] = [];

/** @throws Error where the library cannot open it, of which it says nothing itself */
function opened(path: string): File {
  const found = new File(path, 'r');
  if (found.file_id < 0n) throw new Error('it is cut short, or its beginning is damaged');
  return found;
}

const calls: Hdf5Calls = {
  open(source) {
    mount(name, reader(source), false);
    file = opened(name);
  },
  create(path) {
    const handle = openSync(path, 'wx+');
    handles.push(handle);
    mount(name, wholeFile(handle), true);
    file = new File(name, 'w');
  },
  close() {
    file?.close();
    file = undefined;
    fileSystem().unlink(name);
    if (origin !== undefined) {
      origin.close();
      origin = undefined;
      fileSystem().unlink(originName);
    }
    handles.forEach(closeSync);
    handles = [];
  },
  texts(object, attribute) {
    const found = at(object);
    if (!(found instanceof Group) && !(found instanceof Dataset)) return undefined;
    const entry = Object.getOwnPropertyDescriptor(found.attrs, attribute) && found.attrs[attribute];
    if (!entry) return undefined;
    const { size, total_size: count } = entry.metadata;
    if (size * count > maxAttributeBytes) throw new Error(`the attribute '${attribute}' is too large`);
    const { value } = entry;
    const texts = Array.isArray(value) ? value : [value];
    return texts.every((text) => typeof text === 'string') ? texts : [];
  },
  hasGroup: (object) => at(object) instanceof Group,
  dataset(object): Hdf5Dataset | undefined {
    const found = at(object);
    if (!(found instanceof Dataset)) {
      const cut = object.lastIndexOf('/');
      const parent = at(object.slice(0, cut));
      // The library takes an array with a damaged header for a group.
      if (parent instanceof Group && parent.keys().includes(object.slice(cut + 1))) {
        throw new Error('there is no array that can be opened');
      }
      return undefined;
    }
    const { metadata, dtype, filters } = found;
    return {
      shape: metadata.shape ?? [],
      type: typeof dtype === 'string' ? dtype : 'compound',
      chunkBytes: metadata.chunks?.reduce((product, length) => product * length, metadata.size),
      filtered: filters.length > 0,
      elsewhere: (metadata.virtual_sources?.length ?? 0) > 0,
    };
  },
  entries() {
    const entries: Hdf5Entry[] = [];
    const visit = (path: string, found: unknown): void => {
      if (entries.length > maxEntries) throw new Error(`it holds more than ${maxEntries} objects`);
      if (!(found instanceof Group) && !(found instanceof Dataset)) throw new Error(`'${path}' is a link`);
      entries.push({ object: path, isArray: found instanceof Dataset });
      if (found instanceof Dataset) return;
      for (const key of found.keys()) visit(`${path === '/' ? '' : path}/${key}`, found.get(key));
    };
    visit('/', at('/'));
    return entries;
  },
  openOrigin(source) {
    mount(originName, reader(source), false);
    origin = opened(originName);
  },
  copyAttributes(from, to, without) {
    const source = origin?.get(from);
    if (!(source instanceof Group) && !(source instanceof Dataset)) throw new Error('there is nothing');
    const target = at(to);
    if (!(target instanceof Group) && !(target instanceof Dataset)) throw new Error('there is nothing');
    for (const [attribute, { metadata, value }] of Object.entries(source.attrs)) {
      if (without.includes(attribute.replace(/\d+$/, ''))) continue;
      if (metadata.size * metadata.total_size > maxAttributeBytes) {
        throw new Error(`the attribute '${attribute}' is too large`);
      }
      const texts = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
      if (typeof value === 'string' || typeof value === 'number' || texts) {
        target.create_attribute(attribute, value as string);
      }
    }
  },
  copyRows(from, to, begin, end) {
    const source = origin?.get(from);
    if (!(source instanceof Dataset)) throw new Error('there is no array');
    const { dtype, shape } = source;
    if (typeof dtype !== 'string' || !copied.test(dtype) || shape === null) {
      throw new Error(`it holds ${JSON.stringify(dtype)}, which is not copied`);
    }
    const value = shape.length === 0 ? [source.value].flat()[0] : source.slice([[begin, end]]);
    const data = ArrayBuffer.isView(value) ? value : scalar(value, dtype);
    if (begin === 0) create(to, shape, dtype, end, data);
    else append(to, begin, end, data);
  },
  read(object, begin, end) {
    const found = at(object);
    if (!(found instanceof Dataset)) throw new Error('there is no array');
    const value = found.shape?.length === 0 ? found.value : found.slice([[begin, end]]);
    if (value instanceof Float32Array) return value;
    if (value instanceof Float64Array) return Float32Array.from(value);
    throw new Error('there are no floating-point numbers');
  },
  makeGroup(object) {
    group(object);
  },
  setText(object, attribute, value) {
    group(object).create_attribute(attribute, value as string);
  },
  write(object, shape, rows, data, deflated) {
    create(object, shape, '<f', rows, data, deflated);
  },
  append(object, begin, data) {
    const found = at(object);
    if (!(found instanceof Dataset)) throw new Error('there is no array');
    const [, ...others] = found.shape ?? [];
    const count = data.length / others.reduce((product, length) => product * length, 1);
    append(object, begin, begin + count, data);
  },
};

type Numbers = Float32Array | ArrayBufferView;

/** Makes an array of the first `rows` rows, whose blocks are as large as this one. */
function create(
  object: string,
  shape: readonly number[],
  dtype: string,
  rows: number,
  data: Numbers,
  deflated = false,
): void {
  const cut = object.lastIndexOf('/');
  const whole = rows === (shape[0] ?? 1);
  const block = [rows, ...shape.slice(1)];
  group(object.slice(0, cut)).create_dataset({
    name: object.slice(cut + 1),
    data: data as Float32Array,
    shape: whole ? [...shape] : block,
    dtype,
    ...(!whole && { maxshape: [...shape] }),
    ...((!whole || deflated) && { chunks: block }),
    ...(deflated && { compression: 'gzip', compression_opts: [deflateLevel] }),
  });
}

function append(object: string, begin: number, end: number, data: Numbers): void {
  const found = at(object);
  if (!(found instanceof Dataset)) throw new Error('there is no array');
  const [rows = 0, ...others] = found.shape ?? [];
  if (end > rows) found.resize([end, ...others]);
  found.write_slice([[begin, end]], data);
}

/** A single number as the memory that it takes. */
function scalar(value: unknown, dtype: string): Numbers {
  const kinds = {
    f: Float32Array,
    d: Float64Array,
    b: Int8Array,
    B: Uint8Array,
    h: Int16Array,
    H: Uint16Array,
    i: Int32Array,
    I: Uint32Array,
  } as const;
  if (dtype === '<q') return BigInt64Array.of(BigInt(value as number));
  if (dtype === '<Q') return BigUint64Array.of(BigInt(value as number));
  return kinds[dtype[1] as keyof typeof kinds].of(value as number);
}

function at(object: string): unknown {
  if (file === undefined) throw new Error('no file is open');
  return file.get(object);
}

function group(path: string): Group {
  if (file === undefined) throw new Error('no file is open');
  let found: Group = file;
  for (const part of path.split('/').filter((one) => one !== '')) {
    const next = found.get(part) ?? found.create_group(part);
    if (!(next instanceof Group)) throw new Error(`'${path}' is no group`);
    found = next;
  }
  return found;
}

/** What stands behind the one name. */
interface Backing {
  size(): number;
  read(to: Uint8Array, position: number): number;
  write?(from: Uint8Array, position: number): number;
  truncate?(size: number): void;
}

function reader(source: Hdf5Source): Backing {
  if ('memory' in source) {
    const { memory } = source;
    return {
      size: () => memory.length,
      read(to, position) {
        const part = memory.subarray(position, position + to.length);
        to.set(part);
        return part.length;
      },
    };
  }
  const descriptor = openSync(source.path, 'r');
  handles.push(descriptor);
  return {
    size: () => source.bytes,
    read: (to, position) => {
      const length = Math.max(0, Math.min(to.length, source.bytes - position));
      return length === 0 ? 0 : readSync(descriptor, to, 0, length, source.offset + position);
    },
  };
}

function wholeFile(descriptor: number): Backing {
  return {
    size: () => fstatSync(descriptor).size,
    read: (to, position) => readSync(descriptor, to, 0, to.length, position),
    write: (from, position) => writeSync(descriptor, from, 0, from.length, position),
    truncate: (size) => {
      ftruncateSync(descriptor, size);
    },
  };
}

function mount(path: string, backing: Backing, canWrite: boolean): void {
  const node = fileSystem().createFile('/', path.slice(1), {}, true, canWrite);
  Object.defineProperty(node, 'usedBytes', { get: () => backing.size() });
  const { setattr } = node.node_ops as { setattr: (node: Node, attributes: { size?: number }) => void };
  const bytesOf = (heap: Uint8Array, offset: number, length: number): Uint8Array =>
    new Uint8Array(heap.buffer, heap.byteOffset + offset, length);
  node.node_ops = {
    ...node.node_ops,
    setattr(of: Node, { size, ...others }: { size?: number }) {
      if (size !== undefined) backing.truncate?.(size);
      setattr(of, others);
    },
  };
  node.stream_ops = {
    ...node.stream_ops,
    read: (_: Stream, heap: Uint8Array, offset: number, length: number, position: number) =>
      backing.read(bytesOf(heap, offset, length), position),
    write: (_: Stream, heap: Uint8Array, offset: number, length: number, position: number) =>
      backing.write?.(bytesOf(heap, offset, length), position) ?? 0,
  };
}

parentPort?.on('message', (request: Hdf5Request) => {
  void ready.then(() => {
    const reply = answer(request);
    const moved = 'value' in reply && reply.value instanceof Float32Array ? [reply.value.buffer] : [];
    parentPort?.postMessage(reply, moved as ArrayBuffer[]);
  });
});

function answer({ call, args }: Hdf5Request): Hdf5Reply {
  try {
    return { value: (calls[call] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    // The library throws plain errors; anything else comes from WebAssembly that was ended or ran out of memory.
    const broken = !(error instanceof Error) || error.constructor !== Error;
    return { error: error instanceof Error ? error.message : String(error), broken };
  }
}
