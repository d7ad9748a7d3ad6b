import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';

/** A row-major float32 matrix in host memory. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** A trainable matrix that lives in the engine, with its optimizer's moments. */
export interface Variable {
  readonly rows: number;
  readonly columns: number;
  /** A copy of the current value. */
  read(): Float32Array;
  /** One optimizer step; `gradient` has rows * columns entries, `rate` is the learning rate. Step counts start at 1. */
  apply(gradient: Float32Array, rate: number): void;
  /** The moments and the step count, so that training can go on elsewhere. */
  state(): ReadonlyMap<string, Tensor>;
  restore(state: ReadonlyMap<string, Tensor>): void;
  dispose(): void;
}

export type EngineName = 'tensorflow' | 'wasm';

/**
 * What the models need of a compute engine: matrix products and trainable matrices. Everything that is linear in
 * its input (gathers, gates, activations, means) costs less in a plain loop than an engine's call does.
 */
export interface Engine {
  readonly name: EngineName;
  readonly versions: Readonly<Record<string, string>>;
  /**
   * op(a) op(b), where op transposes if asked to.
   * @throws Error if the inner sizes differ (a bug in the caller).
   */
  matMul(a: Matrix | Variable, b: Matrix | Variable, transposeA?: boolean, transposeB?: boolean): Matrix;
  variable(value: Matrix, optimizer: OptimizerSettings): Variable;
}

/** The sizes of op(a) op(b): [rows, inner, columns]. */
export function productSizes(
  a: { rows: number; columns: number },
  b: { rows: number; columns: number },
  transposeA: boolean,
  transposeB: boolean,
): [number, number, number] {
  const rows = transposeA ? a.columns : a.rows;
  const inner = transposeA ? a.rows : a.columns;
  const innerB = transposeB ? b.columns : b.rows;
  const columns = transposeB ? b.rows : b.columns;
  if (inner !== innerB) {
    throw new Error(`matMul: inner sizes ${inner} and ${innerB} differ`);
  }
  return [rows, inner, columns];
}
