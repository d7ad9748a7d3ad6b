import { Matrix, type Workspace } from '../engine/workspace.ts';
import type { Parameter } from './parameter.ts';

/**
 * The kernel K that token rows are multiplied by, or B K where the embedding is factorized: the rows are then those of A,
 * which costs k rather than n multiplications a value. A convolution's kernel has a block of n rows for each of its
 * window's tokens, and B is multiplied into each.
 */
export class InputKernel {
  readonly #workspace: Workspace;
  readonly #factor: Parameter | undefined;
  readonly #blocks: number;

  /** @param factor B, where the layer reads the rows of A */
  constructor(
    workspace: Workspace,
    factor: Parameter | undefined,
    readonly parameter: Parameter,
    blocks = 1,
  ) {
    this.#workspace = workspace;
    this.#factor = factor;
    this.#blocks = blocks;
  }

  value(): Matrix {
    const kernel = this.parameter.value;
    if (this.#factor === undefined) return kernel;
    const factor = this.#factor.value;
    const value = this.#workspace.zeros(this.#blocks * factor.rows, kernel.columns);
    for (let i = 0; i < this.#blocks; i++) {
      this.#workspace.matMul(factor, this.#block(kernel, i), false, false, this.#block(value, i));
    }
    return value.frozen();
  }

  /** Whether `backward` has anything to do. */
  get needsGradient(): boolean {
    return this.#factor !== undefined || !this.parameter.isFixed;
  }

  /**
   * From dL/d(B K): dL/dK = B^T dL/d(B K), dL/dB = dL/d(B K) K^T.
   * @param factorGradient to which dL/dB is added, where there is a B
   */
  backward(gradient: Matrix, factorGradient: Matrix | undefined): void {
    const kernel = this.parameter.value;
    if (this.#factor === undefined || factorGradient === undefined) {
      this.parameter.gradient = gradient;
      return;
    }
    const { isFixed } = this.parameter;
    const own = isFixed ? undefined : this.#workspace.zeros(kernel.rows, kernel.columns);
    for (let i = 0; i < this.#blocks; i++) {
      const part = this.#block(gradient, i);
      if (own) this.#workspace.matMul(this.#factor.value, part, true, false, this.#block(own, i));
      this.#workspace.matMul(part, this.#block(kernel, i), false, true, factorGradient);
    }
    if (own) this.parameter.gradient = own;
  }

  #block(of: Matrix, index: number): Matrix {
    const rows = of.rows / this.#blocks;
    return of.rowsFrom(index * rows, rows);
  }
}
