/** Writes what torch.save writes, and what it never would: stored zip archives and pickles, byte by byte. */

export interface Entry {
  readonly name: string;
  readonly data: Uint8Array;
  /** 0: stored. */
  readonly method?: number;
}

/** A zip archive whose entries are stored. */
export function zipOf(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method = 0 } of entries) {
    const bytes = Buffer.from(name);
    const fields = Buffer.alloc(22);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16LE(bytes.length);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, lengths, bytes, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, lengths, tail, bytes);
    parts.push(local);
    offset += local.length;
  }
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, all, end]);
}

/** Pickle opcodes of the values that a state dict holds. */
export const pickle = {
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text: (text: string) =>
    Buffer.concat([Buffer.of(0x58), uint32(Buffer.byteLength(text)), Buffer.from(text)]),
  number: (value: number) =>
    Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? int32(value) : long(BigInt(Math.trunc(value))),
  tuple: (...items: Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  dict: (...items: [Buffer, Buffer][]) =>
    Buffer.concat([Buffer.from('}('), ...items.flat(), Buffer.from('u')]),
  ordered: (...items: [Buffer, Buffer][]) =>
    Buffer.concat([
      pickle.global('collections', 'OrderedDict'),
      Buffer.from(')R('),
      ...items.flat(),
      Buffer.from('u'),
    ]),
  /** The whole: protocol 2 and the end. */
  whole: (value: Buffer) => Buffer.concat([Buffer.of(0x80, 2), value, Buffer.from('.')]),
};

export interface View {
  readonly storage?: string;
  readonly key: string;
  /** Of the storage, in numbers. */
  readonly length: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
}

export function tensor({ storage = 'FloatStorage', key, length, offset = 0, shape, strides }: View): Buffer {
  const numbers = (values: readonly number[]): Buffer => pickle.tuple(...values.map(pickle.number));
  const id = pickle.tuple(
    pickle.text('storage'),
    pickle.global('torch', storage),
    pickle.text(key),
    pickle.text('cpu'),
    pickle.number(length),
  );
  const contiguous = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const given = pickle.tuple(
    Buffer.concat([id, Buffer.from('Q')]),
    pickle.number(offset),
    numbers(shape),
    numbers(strides ?? contiguous),
    Buffer.of(0x89),
    Buffer.concat([pickle.global('collections', 'OrderedDict'), Buffer.from(')R')]),
  );
  return Buffer.concat([pickle.global('torch._utils', '_rebuild_tensor_v2'), given, Buffer.from('R')]);
}

/** A file of float32 tensors, as `torch.save(state_dict)` makes it. */
export function torchFile(
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>,
): Buffer {
  const items = [...tensors].map(([name, { shape, data }], i): [Buffer, Buffer] => [
    pickle.text(name),
    tensor({ key: String(i), length: data.length, shape }),
  ]);
  const storages = [...tensors.values()].map(({ data }, i) => ({
    name: `model/data/${i}`,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  return archive(pickle.ordered(...items), storages);
}

/** A torch archive of a pickled value and its storages. */
export function archive(value: Buffer, storages: readonly Entry[]): Buffer {
  return zipOf([
    { name: 'model/data.pkl', data: pickle.whole(value) },
    { name: 'model/byteorder', data: Buffer.from('little') },
    ...storages,
    { name: 'model/version', data: Buffer.from('3\n') },
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.set([0x8a, 8]);
  bytes.writeBigInt64LE(value, 2);
  return bytes;
}
