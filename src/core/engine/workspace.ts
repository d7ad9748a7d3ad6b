import { growMemory, type KernelFunctions, type KernelInstance } from './kernels.ts';

/** Where a workspace's products are computed, if not by its kernels. */
export interface Multiplier {
  /** Gives the product, or nothing where it passes. */
  multiply(product: {
    readonly a: Matrix;
    readonly b: Matrix;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    /** Of the result. */
    readonly rows: number;
    readonly columns: number;
  }): Float32Array | undefined;
  /** A step begins: what was frozen may have other values. */
  begin(): void;
}

/** Values of a thread that are not a matrix of a model: a product's panel of B and its last columns. */
export const scratchBytes = 16_384;
const alignment = 16;

/**
 * A row-major float32 matrix in a workspace. Its memory may move when the workspace grows, so `data` is asked for
 * where it is used and not kept over a call that makes another matrix.
 */
export class Matrix {
  readonly #workspace: Workspace;

  /**
   * @param at its address, in bytes
   * @param isFrozen whether its values stay as they are until the next `begin`
   */
  constructor(
    workspace: Workspace,
    readonly at: number,
    readonly rows: number,
    readonly columns: number,
    readonly isFrozen = false,
  ) {
    this.#workspace = workspace;
  }

  get data(): Float32Array {
    return new Float32Array(this.#workspace.buffer, this.at, this.rows * this.columns);
  }

  /** `count` of its rows, in the same memory. */
  rowsFrom(first: number, count: number): Matrix {
    return new Matrix(this.#workspace, this.at + 4 * first * this.columns, count, this.columns);
  }

  /** The same values, for several products before they change: an engine that copies its operands copies them once. */
  frozen(): Matrix {
    return new Matrix(this.#workspace, this.at, this.rows, this.columns, true);
  }
}

/**
 * The memory of one model and the kernels that work in it. What is `kept` stays for the model's life; what is made by
 * `matrix` and `integers` is gone with the next `begin`.
 */
export class Workspace {
  readonly kernels: KernelFunctions;
  readonly #instance: KernelInstance;
  readonly #multiplier: Multiplier | undefined;
  readonly #scratch: number;
  /** Where the values begin. */
  readonly #first: number;
  #kept: number;
  #end: number;
  /** The farthest end so far. */
  #used: number;

  constructor(instance: KernelInstance, multiplier?: Multiplier) {
    this.#instance = instance;
    this.#multiplier = multiplier;
    this.kernels = instance.functions;
    // An address of 0 means none, and what a compiler keeps lies first.
    this.#scratch = 1024;
    this.#first = this.#scratch + scratchBytes * instance.threads;
    this.#kept = this.#first;
    this.#end = this.#kept;
    this.#used = this.#kept;
  }

  get buffer(): ArrayBuffer {
    return this.#instance.memory.buffer;
  }

  /** Gives up all that was kept, too: what was made of it before is not to be used any more. */
  clear(): void {
    this.#kept = this.#first;
    this.begin();
  }

  /** Room for values that stay, all 0. Not between a `begin` and the last use of what was made since. */
  keep(rows: number, columns: number): Matrix {
    if (this.#end !== this.#kept) throw new Error('Values to keep are made before those of a step.');
    const used = this.#used;
    const matrix = this.#allocate(rows, columns);
    this.#kept = this.#end;
    // Memory that no step has used is 0, and costs nothing while it is not touched.
    const stale = Math.min(used, this.#end) - matrix.at;
    if (stale > 0) new Uint8Array(this.buffer, matrix.at, stale).fill(0);
    return matrix;
  }

  /** Gives up what was made since the last `begin`. */
  begin(): void {
    this.#end = this.#kept;
    this.#multiplier?.begin();
  }

  /** Room for a step's values, whatever they are. */
  matrix(rows: number, columns: number): Matrix {
    return this.#allocate(rows, columns);
  }

  /** Room for a step's values, all 0. */
  zeros(rows: number, columns: number): Matrix {
    const matrix = this.#allocate(rows, columns);
    matrix.data.fill(0);
    return matrix;
  }

  /** A copy of int32 values for a step. @returns its address */
  integers(values: Int32Array): number {
    const { at } = this.#allocate(1, values.length);
    new Int32Array(this.buffer, at, values.length).set(values);
    return at;
  }

  /**
   * op(a) op(b), where op transposes if asked to; added to `to` where it is given.
   * @throws Error if sizes differ (a bug in the caller).
   */
  matMul(a: Matrix, b: Matrix, transposeA = false, transposeB = false, to?: Matrix): Matrix {
    const rows = transposeA ? a.columns : a.rows;
    const inner = transposeA ? a.rows : a.columns;
    const innerB = transposeB ? b.columns : b.rows;
    const columns = transposeB ? b.rows : b.columns;
    if (inner !== innerB) throw new Error(`matMul: inner sizes ${inner} and ${innerB} differ`);
    if (to !== undefined && to.rows * to.columns !== rows * columns) {
      throw new Error(`matMul: ${rows} x ${columns} do not fit ${to.rows} x ${to.columns}`);
    }
    const product = to ?? this.matrix(rows, columns);
    const found = this.#multiplier?.multiply({ a, b, transposeA, transposeB, rows, columns });
    if (found !== undefined) {
      if (to === undefined) product.data.set(found);
      else {
        const part = this.matrix(rows, columns);
        part.data.set(found);
        this.kernels.add(to.at, part.at, rows * columns);
      }
      return product;
    }
    const [aRow, aColumn] = strides(a, transposeA);
    const [bRow, bColumn] = strides(b, transposeB);
    this.kernels.matMul(
      a.at,
      aRow,
      aColumn,
      b.at,
      bRow,
      bColumn,
      product.at,
      4 * columns,
      rows,
      inner,
      columns,
      to !== undefined,
      this.#scratch,
    );
    return product;
  }

  /** A copy of it with rows for columns, for several products: each lays out a transposed matrix anew. */
  transpose({ at, rows, columns }: Matrix): Matrix {
    const transposed = this.matrix(columns, rows);
    this.kernels.transpose(at, rows, columns, transposed.at);
    return transposed;
  }

  #allocate(rows: number, columns: number): Matrix {
    const at = this.#end;
    this.#end = at + Math.ceil((4 * rows * columns) / alignment) * alignment;
    this.#used = Math.max(this.#used, this.#end);
    if (this.#end > this.buffer.byteLength) growMemory(this.#instance.memory, this.#end);
    return new Matrix(this, at, rows, columns);
  }
}

/** Bytes between the rows and between the columns of op(matrix). */
function strides({ columns }: Matrix, transpose: boolean): [number, number] {
  return transpose ? [4, 4 * columns] : [4 * columns, 4];
}
