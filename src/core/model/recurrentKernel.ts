import type { Matrix, RightFactor, Workspace, WorkPart } from '../engine/workspace.ts';
import type { Parameter } from './parameter.ts';

/** U of a recurrence (H x gates of H), laid out anew once for the products of all steps. */
export class RecurrentKernel {
  readonly #workspace: Workspace;
  #rows = 0;
  #kernel: RightFactor | undefined;
  #transposed: RightFactor | undefined;

  constructor(
    workspace: Workspace,
    readonly parameter: Parameter,
  ) {
    this.#workspace = workspace;
  }

  /** Before the first step. @param rows of a step, at most */
  begin(rows: number): void {
    this.#rows = rows;
    this.#kernel = this.#workspace.rightFactor(this.parameter.value, rows);
  }

  /** sums += h U, both of a step */
  addProduct(hidden: Matrix, sums: Matrix, part?: WorkPart): void {
    if (this.#kernel === undefined) throw new Error('recurrence: a step before the first one');
    this.#workspace.multiplyInto(hidden, this.#kernel, sums, true, part);
  }

  /** Before the first step backward. */
  beginBackward(): void {
    const transposed = this.#workspace.transpose(this.parameter.value);
    this.#transposed = this.#workspace.rightFactor(transposed, this.#rows);
  }

  /** dL/dh = dL/dsums U^T, put into `hidden` or added to it */
  backward(sums: Matrix, hidden: Matrix, accumulate: boolean, part?: WorkPart): void {
    if (this.#transposed === undefined) throw new Error('recurrence: backward without forward');
    this.#workspace.multiplyInto(sums, this.#transposed, hidden, accumulate, part);
  }
}
