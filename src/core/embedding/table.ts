import type { RowSource } from './rowSource.ts';

/** A word-embedding table of m rows and n columns in one flat array. Row 0 is the padding. */
export class EmbeddingTable implements RowSource {
  /**
   * @param rows m
   * @param dimension n
   * @param data m x n, row-major; kept, not copied
   * @throws RangeError when the sizes do not fit each other
   */
  constructor(
    readonly rows: number,
    readonly dimension: number,
    readonly data: Float32Array,
  ) {
    if (!Number.isInteger(rows) || rows < 1) throw new RangeError(`rows must be at least 1, not ${rows}`);
    if (!Number.isInteger(dimension) || dimension < 1) {
      throw new RangeError(`dimension must be at least 1, not ${dimension}`);
    }
    if (data.length !== rows * dimension) {
      throw new RangeError(`${rows} x ${dimension} values expected, ${data.length} found`);
    }
  }

  readRows(first: number, count: number): Promise<Float32Array> {
    return Promise.resolve(this.data.slice(first * this.dimension, (first + count) * this.dimension));
  }
}
