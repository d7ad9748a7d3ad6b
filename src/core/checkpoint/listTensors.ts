import { UserError } from '../errors.ts';
import type { RawArchitecture } from '../recipe/rawRecipe.ts';
import { proposeArchitecture } from './architecture/proposeArchitecture.ts';
import { isTensorFile, openTensors, type TensorFile } from './tensorFile.ts';

/** What a file of bare tensors holds. */
export interface TensorListing {
  readonly path: string;
  readonly format: TensorFile['format'];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly type: string;
    readonly parameters: number;
    readonly storageBytes: number;
  }[];
  readonly parameters: number;
  readonly storageBytes: number;
  /** Name of the largest matrix. */
  readonly largestTable?: string;
  /** What to add to a recipe, where the usual names are there. */
  readonly architecture?: RawArchitecture;
  /** Why there is no architecture, and what to do. */
  readonly fault?: string;
}

/**
 * Lists the tensors of a file that does not describe its model; undefined for every other path.
 * @throws UserError as `openTensors` does.
 */
export async function listTensors(path: string): Promise<TensorListing | undefined> {
  if (!isTensorFile(path)) return undefined;
  const file = await openTensors(path);
  if (file.metadata.spec !== undefined) return undefined;
  const tensors = [...file.tensors].map(([name, { shape, type }]) => {
    const parameters = shape.reduce((product, size) => product * size, 1);
    return { name, shape, type: type.name, parameters, storageBytes: parameters * type.bytes };
  });
  const tables = tensors.filter(({ shape }) => shape.length === 2);
  const largest = tables.sort((a, b) => b.parameters - a.parameters)[0];
  const proposed = proposeArchitecture(file);
  return {
    path,
    format: file.format,
    tensors,
    parameters: tensors.reduce((sum, { parameters }) => sum + parameters, 0),
    storageBytes: tensors.reduce((sum, { storageBytes }) => sum + storageBytes, 0),
    ...(largest !== undefined && { largestTable: largest.name }),
    ...(proposed instanceof UserError
      ? { fault: `${proposed.message} ${proposed.hint}` }
      : { architecture: proposed }),
  };
}
