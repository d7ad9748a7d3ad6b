import { growMemory, type KernelFunctions, type KernelInstance, type KernelPart } from './kernels.ts';

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

/** A matrix that products of a step have on their right, packed for the kernels once for all of them. */
export interface RightFactor {
  readonly matrix: Matrix;
  /** Where it is packed; undefined where its products are too small for that to pay. */
  readonly panels?: number;
}

/** The kernels that a part of some work may call, and memory for their products. */
export interface WorkPart {
  readonly kernels: KernelFunctions;
  readonly scratch: number;
}

/**
 * Rows of the kernels' tiles. In whole ones a product's values are the same whatever other rows there are; of fewer rows
 * a product reads the right factor as it lies in memory.
 */
export const tileRows = 4;

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

  /** Parts that some work is best split into. */
  get threads(): number {
    return this.#instance.threads;
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
      this.#put(found, product, to !== undefined);
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

  /** @param rows of the products' left factors, at most */
  rightFactor(matrix: Matrix, rows: number): RightFactor {
    const frozen = matrix.frozen();
    if (rows < tileRows) return { matrix: frozen };
    const { rows: k, columns: n } = matrix;
    const panels = this.matrix(k, 8 * Math.ceil(n / 8)).at;
    this.kernels.packPanels(matrix.at, 4 * n, 4, k, n, panels);
    return { matrix: frozen, panels };
  }

  /** a b, put into `to` or added to it. */
  multiplyInto(a: Matrix, b: RightFactor, to: Matrix, accumulate: boolean, part = this.#whole): void {
    const { matrix, panels } = b;
    if (panels === undefined) {
      if (!accumulate) to.data.fill(0);
      this.matMul(a, matrix, false, false, to);
      return;
    }
    const { rows: k, columns: n } = matrix;
    const product = { a, b: matrix, transposeA: false, transposeB: false, rows: a.rows, columns: n };
    const found = part.kernels === this.kernels ? this.#multiplier?.multiply(product) : undefined;
    if (found !== undefined) this.#put(found, to, accumulate);
    else part.kernels.matMulPacked(a.at, panels, to.at, a.rows, k, n, accumulate, part.scratch);
  }

  /**
   * Does some work in parts, on as many threads as there are for them. Each must be independent of the others, make the
   * same calls whenever it is run, and read nothing that its calls write.
   *
   * @param count of parts, at most `threads`
   */
  inParts(count: number, work: (part: WorkPart, i: number) => void): void {
    if (count === 1) {
      work(this.#whole, 0);
      return;
    }
    const part = (_: unknown, i: number): KernelPart => {
      return (kernels) => {
        work({ kernels, scratch: this.#scratch + i * scratchBytes }, i);
      };
    };
    this.#instance.runParts(Array.from({ length: count }, part));
  }

  /** A copy of it with rows for columns, for several products: each lays out a transposed matrix anew. */
  transpose({ at, rows, columns }: Matrix): Matrix {
    const transposed = this.matrix(columns, rows);
    this.kernels.transpose(at, rows, columns, transposed.at);
    return transposed;
  }

  /** All of some work, in the caller's thread. */
  get #whole(): WorkPart {
    return { kernels: this.kernels, scratch: this.#scratch };
  }

  #put(values: Float32Array, to: Matrix, accumulate: boolean): void {
    if (!accumulate) {
      to.data.set(values);
      return;
    }
    const part = this.matrix(to.rows, to.columns);
    part.data.set(values);
    this.kernels.add(to.at, part.at, values.length);
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
