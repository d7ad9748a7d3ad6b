import { UserError } from '../errors.ts';
import type { RowSource } from '../embedding/rowSource.ts';
import type { NumberType } from './numberType.ts';
import { openFile } from './openFile.ts';
import { readAll } from './replaceFile.ts';
import { readSafetensorsHeader } from './safetensors.ts';
import { openTorchFile } from './torch/torchFile.ts';

/** A tensor that lies in a file and has not been read. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly type: NumberType;
  /**
   * Slices `first` to `first + count` of the first dimension, row-major, as float32; of a scalar the only one.
   * @throws UserError that names the file: it ends early.
   */
  readRows(first: number, count: number): Promise<Float32Array>;
}

/** A file of named tensors, without what computes with them. Nothing is kept open. */
export interface TensorFile {
  readonly format: 'safetensors' | 'torch';
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export function isTensorFile(path: string): boolean {
  return /\.safetensors$/i.test(path) || isTorchFile(path);
}

export function isTorchFile(path: string): boolean {
  return /\.(pt|pth)$/i.test(path);
}

/**
 * Opens a `.safetensors`, `.pt` or `.pth` file: names, shapes and places of its tensors, checked against the file.
 * @throws UserError that names the file, and the tensor or the entry at fault.
 */
export async function openTensors(path: string): Promise<TensorFile> {
  if (isTorchFile(path)) {
    return { format: 'torch', path, tensors: await openTorchFile(path), metadata: {} };
  }
  const { tensors, metadata, dataStart } = await readSafetensorsHeader(path);
  return {
    format: 'safetensors',
    path,
    metadata,
    tensors: new Map(
      [...tensors].map(([name, { shape, type, begin }]) => {
        const rowBytes = shape.slice(1).reduce((product, size) => product * size, type.bytes);
        const readRows = async (first: number, count: number): Promise<Float32Array> =>
          type.decode(await readRange(path, dataStart + begin + first * rowBytes, count * rowBytes));
        return [name, { shape, type, readRows }];
      }),
    ),
  };
}

/** The rows of a matrix; undefined for a tensor that is missing or none. */
export function rowsOf({ tensors, path }: TensorFile, name: string): RowSource | undefined {
  const tensor = tensors.get(name);
  const [rows, dimension, more] = tensor?.shape ?? [];
  if (tensor === undefined || !rows || !dimension || more !== undefined) return undefined;
  const place = { file: path, item: name };
  return { rows, dimension, place, readRows: (first, count) => tensor.readRows(first, count) };
}

/** What a tensor takes in its file. */
export function tensorBytes({ shape, type }: Pick<StoredTensor, 'shape' | 'type'>): number {
  return shape.reduce((product, size) => product * size, type.bytes);
}

/** All of a tensor. */
export function readTensor(tensor: StoredTensor): Promise<Float32Array> {
  return tensor.readRows(0, tensor.shape[0] ?? 1);
}

/** @throws UserError `file-cut-short` */
export async function readRange(path: string, position: number, length: number): Promise<Uint8Array> {
  const file = await openFile(path);
  try {
    const bytes = new Uint8Array(length);
    if ((await readAll(file, bytes, position)) === length) return bytes;
  } finally {
    await file.close();
  }
  throw new UserError(
    'file-cut-short',
    `The file ends before byte ${position + length}.`,
    'Copy it anew from where it was made.',
    { file: path },
  );
}
