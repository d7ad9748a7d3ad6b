import type { Matrix } from '../../engine/workspace.ts';
import type { Parameter } from '../parameter.ts';

/**
 * The computation of one step of a recurrence. Rows are those of the batch's sentences, step after step; `before` has, at
 * the row of a step, the states of the step before.
 */
export interface RecurrentCell {
  readonly parameters: readonly Parameter[];
  /** How many states there are; the first one is the output. */
  readonly states: number;
  /**
   * Multiplies the input of all steps by the kernel, and keeps what the steps will need.
   *
   * @param size rows of a step
   * @param before and states: rows x units each, of which the steps read and write their own
   */
  begin(size: number, input: Matrix, before: readonly Matrix[], states: readonly Matrix[]): void;
  /** The states at the rows [at, at + count). */
  forward(at: number, count: number): void;
  beginBackward(): void;
  /** @param carries dL/d states of these rows, count x units each, replaced by dL/d states before */
  backward(at: number, count: number, carries: readonly Matrix[]): void;
  /** The gradients of the parameters from those of all steps. @returns dL/d input */
  endBackward(): Matrix;
}
