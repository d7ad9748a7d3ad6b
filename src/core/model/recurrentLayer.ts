import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { PackedBatch } from './packedBatch.ts';
import type { Parameter } from './parameter.ts';

/** Of a sentence's outputs h_t: their mean over time, or the last one. */
export type Pooling = 'mean' | 'last';

export interface RecurrentBody {
  readonly units: number;
  readonly pooling: Pooling;
  readonly peepholes?: boolean;
}

/** A packed batch whose order and lengths the kernels can read. */
export interface Sequence extends PackedBatch {
  /** Addresses of int32 values. */
  readonly orderAt: number;
  readonly lengthsAt: number;
}

/** Reads token rows in their order. `backward` must follow its `forward`. */
export interface RecurrentLayer {
  readonly units: number;
  readonly parameters: readonly Parameter[];
  /** @param rows tokens x n, or tokens x k; returns the pooled outputs, size x units */
  forward(sequence: Sequence, rows: Matrix): Matrix;
  /** dL/d pooled outputs to dL/d rows. @param factorGradient to which dL/dB is added, where there is a B */
  backward(gradient: Matrix, factorGradient: Matrix | undefined): Matrix;
}

/** The output before each token: h_(t-1) of its sentence, zero at the start. */
export function outputsBefore(
  workspace: Workspace,
  { active, offsets }: PackedBatch,
  hidden: Matrix,
): Matrix {
  const before = workspace.matrix(hidden.rows, hidden.columns);
  const [from, to, units] = [hidden.data, before.data, hidden.columns];
  to.fill(0, 0, (active[0] ?? 0) * units);
  for (let t = 1; t < active.length; t++) {
    const previous = offsets[t - 1]! * units;
    to.set(from.subarray(previous, previous + active[t]! * units), offsets[t]! * units);
  }
  return before;
}
