import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { Optimizer } from '../training/optimizer.ts';
import type { Parts } from './coding.ts';

/** A table whose values train row by row, but for those that are not marked: they are and stay 0. */
export class MaskedRows {
  readonly #workspace: Workspace;
  readonly #value: Matrix;
  readonly #optimizer: Optimizer;
  #mask: Uint8Array;

  /** @param mask 1 for each value that is left; the others become 0 */
  constructor(workspace: Workspace, value: Matrix, mask: Uint8Array, optimizer: OptimizerSettings) {
    this.#workspace = workspace;
    this.#value = value;
    this.#optimizer = new Optimizer(optimizer, workspace, value);
    this.#mask = mask;
    this.mask = mask;
  }

  get mask(): Uint8Array {
    return this.#mask;
  }

  set mask(mask: Uint8Array) {
    this.#mask = mask;
    const { data } = this.#value;
    for (let i = 0; i < data.length; i++) if (mask[i] === 0) data[i] = 0;
  }

  /** As `RowCode.step`. */
  step(rows: number, count: number, gradients: Matrix, rate: number): void {
    this.#optimizer.applyRows(rows, count, gradients, rate);
    const { data, columns } = this.#value;
    const mask = this.#mask;
    // What an optimizer remembers of the time before would move values without a gradient, too.
    for (const row of new Int32Array(this.#workspace.buffer, rows, count)) {
      for (let i = row * columns; i < (row + 1) * columns; i++) if (mask[i] === 0) data[i] = 0;
    }
  }

  /** Of the optimizer. */
  state(): Parts {
    return this.#optimizer.state();
  }

  /** @throws RangeError when a tensor is missing or of another size */
  restore(state: Parts): void {
    this.#optimizer.restore(state);
  }
}
