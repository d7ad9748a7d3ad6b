import { numberTypes, type NumberType } from '../checkpoint/numberType.ts';
import { openFile } from '../checkpoint/openFile.ts';
import { readAll } from '../checkpoint/replaceFile.ts';
import { readRange } from '../checkpoint/tensorFile.ts';
import type { RowSource } from './rowSource.ts';
import { checkDimension, emptyVectors, invalidVectors } from './vectorsErrors.ts';

const magic = Buffer.from('\x93NUMPY', 'latin1');
/** Of a matrix's header, with room for its padding; numpy itself refuses longer ones. */
const maxHeaderBytes = 10_000;
const types: Readonly<Record<string, NumberType>> = {
  '<f4': numberTypes.float32,
  '<f8': numberTypes.float64,
  '<f2': numberTypes.float16,
};

/**
 * The rows of a matrix in a .npy file, which are read as they are asked for
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 *
 * @throws UserError naming the file: another format, order or type, no matrix, or a size that the file's belies
 */
export async function openNpy(path: string): Promise<RowSource> {
  const damaged = (fault: string): Error => invalidVectors(path, fault, { item: 'header' });
  const file = await openFile(path);
  let start: Buffer;
  let size: number;
  try {
    ({ size } = await file.stat());
    if (size === 0) throw emptyVectors(path);
    const bytes = Buffer.alloc(Math.min(size, maxHeaderBytes + 12));
    start = bytes.subarray(0, await readAll(file, bytes, 0));
  } finally {
    await file.close();
  }
  if (start.length < 12 || !start.subarray(0, 6).equals(magic)) {
    throw damaged('The file does not begin as a .npy file does.');
  }
  const major = start[6]!;
  if (major < 1 || major > 3)
    throw damaged(`The file has version ${major} of the format, where 1 to 3 are read.`);
  const headerStart = major === 1 ? 10 : 12;
  const length = major === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const dataStart = headerStart + length;
  if (length > maxHeaderBytes || dataStart > size) {
    throw damaged(`The header claims ${length} bytes, and the file has ${size}.`);
  }
  const text = start.toString('latin1', headerStart, dataStart);
  const field = (name: string, value: string): string | undefined =>
    new RegExp(`['"]${name}['"]\\s*:\\s*${value}`).exec(text)?.[1];
  const descr = field('descr', `['"]([^'"]{1,20})['"]`);
  const type = descr !== undefined && Object.hasOwn(types, descr) ? types[descr] : undefined;
  if (type === undefined) {
    throw damaged(
      `The numbers are of the type '${descr ?? '?'}', where ${Object.keys(types).join(', ')} are read.`,
    );
  }
  if (field('fortran_order', '(True|False)') !== 'False') {
    throw damaged('The matrix does not lie row by row; numpy.ascontiguousarray makes it so.');
  }
  const shape = field('shape', '\\(\\s*(\\d{1,15}\\s*,\\s*\\d{1,15})\\s*,?\\s*\\)')?.split(',').map(Number);
  const [rows = 0, dimension = 0] = shape ?? [];
  if (shape === undefined) throw damaged('The array is no matrix of a row for each word.');
  if (rows === 0) throw emptyVectors(path);
  checkDimension(dimension, path);
  const rowBytes = dimension * type.bytes;
  if (rows * rowBytes !== size - dataStart) {
    throw damaged(
      `The header announces ${rows} x ${dimension} values of ${type.bytes} bytes, and ${size - dataStart} bytes follow it.`,
    );
  }
  return {
    rows,
    dimension,
    place: { file: path },
    readRows: async (first, count) =>
      type.decode(await readRange(path, dataStart + first * rowBytes, count * rowBytes)),
  };
}

/** What precedes rows x columns float32 in a .npy file; the data is aligned to 64 bytes. */
export function npyHeader(rows: number, columns: number): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const start = Buffer.from([...magic, 1, 0, length & 0xff, length >> 8]);
  return Buffer.concat([start, Buffer.from(`${text.padEnd(length - 1)}\n`)]);
}
