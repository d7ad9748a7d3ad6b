import { tileRows, type Matrix, type Workspace, type WorkPart } from '../engine/workspace.ts';
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

/** Sentences of a packed batch, from `first` to before `end`, whose tokens lie together at each step. */
export interface Share extends WorkPart {
  readonly first: number;
  readonly end: number;
}

/** A step of a share's sentences that are not at their end. */
export interface Step {
  readonly t: number;
  /** How many they are. */
  readonly active: number;
  /** Their first token in the packed batch, at this step and at the one before. */
  readonly from: number;
  readonly before: number | undefined;
}

export function stepsOf({ first, end }: Share, { active: counts, offsets }: PackedBatch): Step[] {
  const steps: Step[] = [];
  for (let t = 0; t < counts.length; t++) {
    const active = Math.min(end, counts[t]!) - first;
    if (active <= 0) break;
    steps.push({
      t,
      active,
      from: offsets[t]! + first,
      before: t === 0 ? undefined : offsets[t - 1]! + first,
    });
  }
  return steps;
}

/** Adds a step's outputs to the features of its sentences. @param outputs active x units */
export function pool(
  { kernels, first }: Share,
  { orderAt, lengthsAt }: Sequence,
  { t, active }: Step,
  outputs: Matrix,
  features: Matrix,
  pooling: Pooling,
): void {
  const [order, lengths] = [orderAt + 4 * first, lengthsAt + 4 * first];
  const isMean = pooling === 'mean';
  kernels.poolStep(outputs.at, features.at, order, lengths, active, outputs.columns, t, isMean);
}

/** Its gradient, added to the outputs'. */
export function poolBackward(
  { kernels, first }: Share,
  { orderAt, lengthsAt }: Sequence,
  { t, active }: Step,
  features: Matrix,
  outputs: Matrix,
  pooling: Pooling,
): void {
  const [order, lengths] = [orderAt + 4 * first, lengthsAt + 4 * first];
  const isMean = pooling === 'mean';
  kernels.poolStepBackward(features.at, outputs.at, order, lengths, active, outputs.columns, t, isMean);
}

/** From so many multiplications on, which take longer than it takes to tell other threads of them. */
const worthSharing = 4e6;

/**
 * Does the work of a recurrence, whose sentences do not depend on each other, in shares of about as many tokens.
 *
 * @param multiplications of a token
 */
export function inShares(
  workspace: Workspace,
  { lengths, tokens }: PackedBatch,
  multiplications: number,
  work: (share: Share) => void,
): void {
  const isShared = tokens.length * multiplications >= worthSharing;
  const ends = shareEnds(lengths, tokens.length, isShared ? workspace.threads : 1);
  workspace.inParts(ends.length, (part, i) => {
    work({ ...part, first: ends[i - 1] ?? 0, end: ends[i]! });
  });
}

/** Where shares of about as many tokens end, at whole tiles. @param tokens the sum of the lengths */
function shareEnds(lengths: Int32Array, tokens: number, count: number): number[] {
  const ends: number[] = [];
  for (let j = 0, before = 0; j < lengths.length && ends.length + 1 < count; j += tileRows) {
    const tile = lengths.subarray(j, j + tileRows).reduce((sum, length) => sum + length, 0);
    if (j > 0 && before + tile / 2 >= (tokens * (ends.length + 1)) / count) ends.push(j);
    before += tile;
  }
  return [...ends, lengths.length];
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
