import type { Weights } from '../checkpoint/checkpoint.ts';
import type { EncodedDataset } from '../text/encoded.ts';

/**
 * The rows of a table that data name. No step on these data reads or moves another one, so that a model which is trained
 * on them needs room, and moments, for these alone: they lie together, and a step on a large table costs what one on a
 * small table does.
 */
export class UsedRows {
  /** Ascending, the padding's first. */
  readonly rows: Int32Array;
  /** Place of each row of the table among the used ones; -1 of the others. */
  readonly #places: Int32Array;

  /** @param isUsed of each row of the table, 1 or 0; the padding's is 1 */
  constructor(isUsed: Uint8Array) {
    this.rows = new Int32Array(isUsed.reduce((count, used) => count + used, 0));
    this.#places = new Int32Array(isUsed.length).fill(-1);
    for (let row = 0, place = 0; row < isUsed.length; row++) {
      if (isUsed[row] === 0) continue;
      this.#places[row] = place;
      this.rows[place++] = row;
    }
  }

  /** m, of the table. */
  get tableRows(): number {
    return this.#places.length;
  }

  get count(): number {
    return this.rows.length;
  }

  /** @throws RangeError for a row that is not among them */
  placesOf(rows: Int32Array): Int32Array {
    const places = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const place = this.#places[rows[i]!] ?? -1;
      if (place < 0) throw new RangeError(`row ${rows[i]} is not among the ${this.count} that the data name`);
      places[i] = place;
    }
    return places;
  }

  /** @param table m x columns @returns count x columns */
  gather(table: Float32Array, columns: number): Float32Array {
    const used = new Float32Array(this.count * columns);
    this.rows.forEach((row, place) => {
      used.set(table.subarray(row * columns, (row + 1) * columns), place * columns);
    });
    return used;
  }

  /** Puts the rows back in their places. @param used count x columns @param table m x columns */
  scatter(used: Float32Array, columns: number, table: Float32Array): void {
    this.rows.forEach((row, place) => {
      table.set(used.subarray(place * columns, (place + 1) * columns), row * columns);
    });
  }
}

/**
 * The rows that the datasets name; undefined where they are half of the table or more, and little is won.
 * @param rows m
 */
export function usedRows(datasets: readonly EncodedDataset[], rows: number): UsedRows | undefined {
  const isUsed = new Uint8Array(rows);
  isUsed[0] = 1;
  let count = 1;
  for (const data of datasets) {
    for (const { ids } of data.chunks()) {
      for (const id of ids) {
        count += 1 - isUsed[id]!;
        isUsed[id] = 1;
      }
      if (2 * count >= rows) return undefined;
    }
  }
  return new UsedRows(isUsed);
}

/**
 * A model's weights from those that training has changed.
 *
 * @param weights before training, for the rows that are not used
 * @param trained as `Classifier.trainedWeights` gives them
 * @param used of the model
 * @throws RangeError for trained weights of another size
 */
export function withTrained(weights: Weights, trained: Weights, used: UsedRows | undefined): Weights {
  return new Map(
    [...trained].map(([name, tensor]) => {
      const whole = weights.get(name);
      if (whole === undefined || whole.data.length === tensor.data.length) return [name, tensor] as const;
      const [, columns = 0] = whole.shape;
      if (used === undefined || tensor.data.length !== used.count * columns) {
        throw new RangeError(`${name} has ${tensor.shape.join(' x ')} values, of ${whole.shape.join(' x ')}`);
      }
      const data = whole.data.slice();
      used.scatter(tensor.data, columns, data);
      return [name, { shape: whole.shape, data }] as const;
    }),
  );
}
