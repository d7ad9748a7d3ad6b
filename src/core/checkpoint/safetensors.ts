import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { parseJson } from '../parseJson.ts';
import { checkFinite } from './checkFinite.ts';
import type { StreamedTensor, Tensor } from './checkpoint.ts';
import { numberTypes, type NumberType } from './numberType.ts';
import { openFile } from './openFile.ts';
import { bytesOf, readAll, replaceFile, writeAll, type Watch } from './replaceFile.ts';
import type { Halves } from './storage.ts';
import { blocksOf, sizeOf } from './tensorBlocks.ts';

/** The format's own limit: https://github.com/huggingface/safetensors, "Format". */
const maxHeaderBytes = 100_000_000;

/** By the format's names. */
const types: Readonly<Record<string, NumberType>> = {
  F64: numberTypes.float64,
  F32: numberTypes.float32,
  F16: numberTypes.float16,
  BF16: numberTypes.bfloat16,
  I64: numberTypes.int64,
  I32: numberTypes.int32,
  I16: numberTypes.int16,
  I8: numberTypes.int8,
  U8: numberTypes.uint8,
  BOOL: numberTypes.bool,
};

interface Entry {
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, Entry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data begins in the file. */
  readonly dataStart: number;
}

/** What a `.safetensors` file is written of: float32, half precision, or bytes. */
export type WrittenTensor = Tensor | StreamedTensor | Halves | Uint8Array;

/** Writes tensors as a `.safetensors` file, one by one, under a temporary name until it is whole. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, WrittenTensor>,
  metadata: Readonly<Record<string, string>>,
  watch?: Watch,
): Promise<void> {
  const header: [string, unknown][] = [['__metadata__', metadata]];
  let offset = 0;
  for (const [name, tensor] of tensors) {
    if (name === '__metadata__') throw new Error(`No tensor can be called '${name}'.`);
    const isBytes = tensor instanceof Uint8Array;
    const shape = isBytes ? [tensor.length] : tensor.shape;
    const dtype = isBytes ? 'U8' : 'halves' in tensor ? 'F16' : 'F32';
    const end = offset + types[dtype]!.bytes * sizeOf(shape);
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  // Spaces behind the header align the data to 8 bytes.
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await replaceFile(path, async (file) => {
    await writeAll(file, length);
    await writeAll(file, padded);
    for (const [name, tensor] of tensors) {
      if (tensor instanceof Uint8Array) await writeAll(file, tensor, watch);
      else if ('halves' in tensor) await writeAll(file, bytesOf(tensor.halves), watch);
      else for await (const block of blocksOf(tensor, name)) await writeAll(file, bytesOf(block), watch);
    }
  });
}

/**
 * Reads a `.safetensors` file, its numbers as float32.
 * @throws UserError that names the file and the tensor: lengths that lie, offsets that overlap or leave the file, shapes
 * that do not fit, other types, a header that is no JSON or names a tensor twice; with `finite`, also NaN and Infinity.
 */
export async function readSafetensors(
  path: string,
  { finite = false }: { readonly finite?: boolean } = {},
): Promise<{ tensors: Map<string, Tensor>; metadata: Readonly<Record<string, string>> }> {
  const file = await openFile(path);
  try {
    const { tensors: entries, metadata, dataStart } = await readHeader(file, path);
    const tensors = new Map<string, Tensor>();
    for (const [name, { type, shape, begin, end }] of entries) {
      const bytes = new Uint8Array(end - begin);
      if ((await readAll(file, bytes, dataStart + begin)) < bytes.length) {
        throw damaged(path, `the data of '${name}' ends early`, name);
      }
      const data = type.decode(bytes);
      if (finite) checkFinite(data, name, path);
      tensors.set(name, { shape, data });
    }
    return { tensors, metadata };
  } finally {
    await file.close();
  }
}

/** The header alone, checked against the file's size. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const file = await openFile(path);
  try {
    return await readHeader(file, path);
  } finally {
    await file.close();
  }
}

async function readHeader(file: FileHandle, path: string): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  const lengthBytes = new Uint8Array(8);
  if ((await readAll(file, lengthBytes, 0)) < 8) throw damaged(path, 'it is shorter than 8 bytes');
  const length = Number(Buffer.from(lengthBytes).readBigUInt64LE());
  if (length > maxHeaderBytes || 8 + length > size) {
    throw damaged(path, `its header claims ${length} bytes and the file has ${size}`);
  }
  const bytes = new Uint8Array(length);
  await readAll(file, bytes, 8);
  const text = Buffer.from(bytes).toString('utf8');
  const header = parseHeader(text, path);
  const tensors = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(value, path);
    else tensors.set(name, readEntry(name, value, size - 8 - length, path));
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw damaged(path, `its header names the tensor '${twice}' twice`, twice);
  let end = 0;
  for (const [name, entry] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end) throw damaged(path, `the data of '${name}' overlaps or leaves a gap`, name);
    end = entry.end;
  }
  if (end !== size - 8 - length) {
    throw damaged(path, `its tensors take ${end} bytes and ${size - 8 - length} follow the header`);
  }
  return { tensors, metadata, dataStart: 8 + length };
}

function parseHeader(text: string, path: string): Record<string, unknown> {
  try {
    const header: unknown = parseJson(text);
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) {
      return header as Record<string, unknown>;
    }
  } catch {
    // Reported below, with every other header that is no object.
  }
  throw damaged(path, 'its header is no JSON object');
}

/** JSON.parse keeps the last of equal keys in silence; this finds the first at the top level that is there twice. */
function repeatedKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      const start = i;
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
      if (depth !== 1) continue;
      let next = i + 1;
      while (/\s/.test(text[next] ?? '')) next++;
      if (text[next] !== ':') continue;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    } else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
  }
  return undefined;
}

function readMetadata(value: unknown, path: string): Record<string, string> {
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.values(value).some((v) => typeof v !== 'string')
  ) {
    throw damaged(path, 'its __metadata__ is no object of strings');
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, dataBytes: number, path: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const type = typeof dtype === 'string' && Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (type === undefined) {
    throw new UserError(
      'unsupported-dtype',
      `Tensor '${name}' has the type ${JSON.stringify(dtype)}, where one of ${Object.keys(types).join(', ')} is expected.`,
      'Save the model with float32 weights.',
      { file: path, item: name },
    );
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw damaged(path, `'${name}' lacks a proper shape or offsets`, name);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = type.bytes * sizeOf(shape);
  if (end > dataBytes || begin > end || end - begin !== bytes) {
    throw damaged(
      path,
      `'${name}' of ${shape.join(' x ')} has the offsets ${begin} to ${end} of ${dataBytes}`,
      name,
    );
  }
  return { type, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function damaged(path: string, fault: string, item?: string): UserError {
  return new UserError(
    'damaged-safetensors',
    `The file is no whole safetensors file: ${fault}.`,
    'Copy it anew from where it was made.',
    { file: path, ...(item !== undefined && { item }) },
  );
}
