/** The distinct rows that a batch reads, and where each position of the batch finds its own among them. */
export interface UniqueRows {
  /** u distinct table rows, in order of first appearance. */
  readonly rows: Int32Array;
  /** `rows[slots[i]] === ids[i]` */
  readonly slots: Int32Array;
}

/**
 * A word-embedding table of m rows and n columns in one flat array, kept outside of any engine's tape: a
 * training step gathers the rows of its batch and writes only those back, so that its cost does not grow
 * with the vocabulary. Row 0 is the padding.
 */
export class EmbeddingTable {
  /** Slot of each row during one `uniqueRows` call, -1 between calls; made at the first call. */
  #slotOfRow: Int32Array | undefined;

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

  /**
   * @param ids table rows, repeated at will
   * @returns arrays of their own, never reused, so that an engine's tensors may share their memory
   * @throws RangeError when an id is no row of the table
   */
  uniqueRows(ids: Int32Array): UniqueRows {
    const slotOfRow = (this.#slotOfRow ??= new Int32Array(this.rows).fill(-1));
    const slots = new Int32Array(ids.length);
    const seen = new Int32Array(Math.min(ids.length, this.rows));
    let count = 0;
    let stray: number | undefined;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (id < 0 || id >= this.rows) {
        stray = id;
        break;
      }
      let slot = slotOfRow[id]!;
      if (slot < 0) {
        slot = count++;
        slotOfRow[id] = slot;
        seen[slot] = id;
      }
      slots[i] = slot;
    }
    for (let slot = 0; slot < count; slot++) slotOfRow[seen[slot]!] = -1;
    if (stray !== undefined) throw new RangeError(`row ${stray} is not among the table's ${this.rows}`);
    return { rows: seen.slice(0, count), slots };
  }

  /**
   * @param rows u table rows
   * @returns u x n, a new array
   * @throws RangeError when one is no row of the table
   */
  gather(rows: Int32Array): Float32Array {
    const n = this.dimension;
    const { data } = this;
    const gathered = new Float32Array(rows.length * n);
    for (let slot = 0, to = 0; slot < rows.length; slot++) {
      const row = rows[slot]!;
      if (row < 0 || row >= this.rows) {
        throw new RangeError(`row ${row} is not among the table's ${this.rows}`);
      }
      for (let from = row * n, end = from + n; from < end; from++, to++) gathered[to] = data[from]!;
    }
    return gathered;
  }
}
