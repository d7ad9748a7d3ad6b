import { UserError, type Place } from '../errors.ts';
import type { RowThreads } from './rowWork.ts';

/** A matrix whose rows are read in blocks, as often as wanted: a table in memory, or one that stays in its file. */
export interface RowSource {
  /** m */
  readonly rows: number;
  /** n */
  readonly dimension: number;
  /** m x n, row-major, where the matrix is in memory. */
  readonly data?: Float32Array;
  /** Where it is from, for messages. */
  readonly place?: Place;
  /** Rows `first` to `first + count`, in memory of their own. */
  readRows(first: number, count: number): Promise<Float32Array>;
}

/** How a pass over all rows is to go. */
export interface PassOptions {
  /** Where threads beside this one may compute, too. The result does not depend on them. */
  readonly threads?: RowThreads;
  /** Called after each block with the rows done; what it throws ends the pass. */
  readonly watch?: (rowsDone: number) => void | Promise<void>;
}

/** Numbers in a block: 1 MiB, which a thread takes some milliseconds for. */
const blockNumbers = 1 << 18;

export function blockRowsOf({ rows, dimension }: RowSource): number {
  return Math.max(1, Math.min(rows, Math.floor(blockNumbers / dimension)));
}

/** The error for a matrix with NaN or Infinity in it, naming its first; undefined where all of it is finite. */
export async function findNotFinite(source: RowSource): Promise<UserError | undefined> {
  const { rows, dimension, place } = source;
  const count = blockRowsOf(source);
  for (let first = 0; first < rows; first += count) {
    const block = await source.readRows(first, Math.min(count, rows - first));
    const at = block.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const name = place?.item === undefined ? '' : ` '${place.item}'`;
    return new UserError(
      'table-not-finite',
      `The embedding table${name} holds ${block[at]!} in row ${first + Math.floor(at / dimension)}, column ${at % dimension}; finite numbers are expected.`,
      'Check the word vectors or the training that made it: a learning rate that is too high ends so.',
      place,
    );
  }
  return undefined;
}
