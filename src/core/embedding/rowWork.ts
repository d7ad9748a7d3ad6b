import { GramMatrix } from './gram.ts';
import { Projection } from './project.ts';

/** What is computed of each block of rows; plain data, so that it can be sent to another thread. */
export type RowWork =
  | { readonly kind: 'gram'; readonly n: number }
  | { readonly kind: 'project'; readonly n: number; readonly directions: Float64Array };

export type RowQuestion =
  | 'sums'
  | { readonly index: number; readonly block: Float32Array; readonly weights?: Float32Array | Float64Array };

export interface RowAnswer {
  readonly result?: Float32Array;
  readonly sums?: Map<number, Float64Array>;
}

/** A thread beside this one that does row work; it answers in the order in which it is asked. */
export interface RowThread {
  /** @param question its block is the thread's from now on */
  ask(question: RowQuestion): Promise<RowAnswer>;
  close(): Promise<void>;
}

export interface RowThreads {
  /** That compute at once, the one that asks among them. */
  readonly count: number;
  /** Fewer than these for each are done sooner without another thread. */
  readonly worthMultiplications: number;
  start(work: RowWork): RowThread;
}

/** Partial sums of a Gram matrix. With a fixed number of them, the result does not depend on the number of threads. */
export const lanes = 4;

/** Does the work on the blocks of one thread. */
export class RowWorker {
  readonly #work: RowWork;
  readonly #grams = new Map<number, GramMatrix>();
  readonly #projection: Projection | undefined;

  constructor(work: RowWork) {
    this.#work = work;
    if (work.kind === 'project') this.#projection = new Projection(work.directions, work.n);
  }

  /**
   * @param index of the block
   * @param data its rows x n
   * @param weights one a row, of a Gram matrix
   * @returns rows x k of a projection
   */
  take(index: number, data: Float32Array, weights?: Float32Array | Float64Array): Float32Array | undefined {
    if (this.#projection !== undefined) return this.#projection.of(data);
    const lane = index % lanes;
    let gram = this.#grams.get(lane);
    if (gram === undefined) this.#grams.set(lane, (gram = new GramMatrix(this.#work.n)));
    gram.add(data, weights);
    return undefined;
  }

  /** The partial sums by lane, n x n each. */
  sums(): Map<number, Float64Array> {
    return new Map([...this.#grams].map(([lane, { matrix }]) => [lane, matrix]));
  }
}
