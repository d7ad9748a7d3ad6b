import { isTensorFile, openTensors, rowsOf, type TensorFile } from '../checkpoint/tensorFile.ts';
import { UserError } from '../errors.ts';
import type { RowSource } from './rowSource.ts';
import { isBinaryVectors } from './vectors.ts';
import { openNpy } from './vectorsNpy.ts';
import { unpackVectors, type UnpackOptions } from './vectorsUnpack.ts';
import type { VectorsFormat } from './vectorsWrite.ts';

/** How the vectors of a file become rows that can be read from any one on. */
export type VectorsKind = 'text' | 'binary' | 'matrix' | 'tensors';

export function vectorsKind(path: string): VectorsKind {
  if (isTensorFile(path)) return 'tensors';
  if (path.toLowerCase().endsWith('.npy')) return 'matrix';
  return isBinaryVectors(path) ? 'binary' : 'text';
}

export interface VectorsSource extends RowSource {
  /** A format that can be written, too; undefined for a file of tensors. */
  readonly format: VectorsFormat | undefined;
}

/**
 * @param tensor of a file of tensors, the matrix's name; its largest one where absent
 * @throws UserError as `unpackVectors`, `openNpy` and `openTensors` do; `no-matrix`
 */
export async function openVectorsFile(
  path: string,
  options: UnpackOptions & { readonly tensor?: string },
): Promise<VectorsSource> {
  switch (vectorsKind(path)) {
    case 'tensors':
      return { format: undefined, ...matrixOf(await openTensors(path), options.tensor) };
    case 'matrix':
      return { format: 'npy', ...(await openNpy(path)) };
    default:
      return unpackVectors(path, options);
  }
}

function matrixOf(file: TensorFile, name: string | undefined): RowSource {
  const matrices = [...file.tensors.keys()].flatMap((key) => rowsOf(file, key) ?? []);
  const size = ({ rows, dimension }: RowSource): number => rows * dimension;
  const found =
    name === undefined
      ? matrices.toSorted((a, b) => size(b) - size(a))[0]
      : matrices.find(({ place }) => place?.item === name);
  if (found !== undefined) return found;
  const names = matrices.map(({ place }) => `'${place?.item ?? ''}'`).slice(0, 10);
  throw new UserError(
    'no-matrix',
    `The file has no matrix${name === undefined ? '' : ` called '${name}'`}${names.length > 0 ? `; it has ${names.join(', ')}` : ''}.`,
    'Name one of its matrices with --tensor.',
    { file: file.path, ...(name !== undefined && { item: name }) },
  );
}
