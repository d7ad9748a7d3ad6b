import type { EmbeddingCall } from '../../checkpoint/graph/tables.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Embedding } from '../embedding.ts';
import type { Signal } from './graphLayer.ts';
import type { FactorGradient } from './layerKernel.ts';

/** A batch's tokens, step after step, of each step all sentences. */
export interface StepTokens {
  readonly tokens: Int32Array;
  /** Sentences. */
  readonly size: number;
  /** Of each input in its turn. */
  readonly steps: readonly number[];
}

/** An input's place in the rows of a table. */
interface Range {
  readonly first: number;
  readonly count: number;
  readonly steps: number;
}

/** The tokens of the inputs that a table reads, one input's behind the other's. */
interface ReadTokens {
  readonly tokens: Int32Array;
  /** By the inputs' places. */
  readonly ranges: ReadonlyMap<number, Range>;
}

/** A table of a graph, of which a batch's rows are read once, whatever inputs and layers they are for. */
export class GraphTable {
  readonly embedding: Embedding;
  /** dL/dB of the backward pass at work. */
  readonly factorGradient: FactorGradient = { current: undefined };
  readonly #workspace: Workspace;
  readonly #calls: readonly EmbeddingCall[];
  #cache: (ReadTokens & { readonly rows: Matrix }) | undefined;

  /** @param calls where it is read */
  constructor(workspace: Workspace, embedding: Embedding, calls: readonly EmbeddingCall[]) {
    this.#workspace = workspace;
    this.embedding = embedding;
    this.#calls = calls;
  }

  /** The rows of each call, by its name. */
  gather(batch: StepTokens): Map<string, Signal> {
    const { tokens, ranges } = this.#tokensOf(batch);
    const rows = this.embedding.gather(tokens);
    this.#cache = { tokens, rows, ranges };
    return new Map(
      this.#calls.map(({ name, input, maskZero }): [string, Signal] => {
        const { first, count, steps } = ranges.get(input)!;
        const own = tokens.subarray(first, first + count);
        const mask = maskZero ? Uint8Array.from(own, (id) => (id === 0 ? 0 : 1)) : undefined;
        return [name, { values: this.#part(rows, first, count), steps, mask }];
      }),
    );
  }

  /** Room for dL/dB, which layers that read rows add to. */
  beginBackward(): void {
    this.factorGradient.current = this.embedding.beginFactorGradient();
  }

  /**
   * dL/d rows of all that was gathered, from what is known of each call.
   *
   * @param ofRows dL/d rows, by the calls' names
   * @param ofVectors dL/d vectors, by the calls' names
   */
  backward(ofRows: ReadonlyMap<string, Matrix>, ofVectors: ReadonlyMap<string, Matrix>): Matrix {
    const { rows, ranges } = this.#cached();
    const workspace = this.#workspace;
    const [only, ...others] = this.#calls.map(({ name, input }) => {
      const { first, count } = ranges.get(input)!;
      const vectors = ofVectors.get(name);
      const through =
        vectors &&
        this.embedding.backwardExpand(this.#part(rows, first, count), vectors, this.factorGradient.current);
      const direct = ofRows.get(name);
      if (direct && through) workspace.kernels.add(direct.at, through.at, through.rows * through.columns);
      return { first, count, gradient: direct ?? through };
    });
    if (others.length === 0) return only!.gradient!;
    const all = workspace.zeros(rows.rows, rows.columns);
    for (const { first, count, gradient } of [only!, ...others]) {
      if (gradient === undefined) continue;
      workspace.kernels.add(all.rowsFrom(first, count).at, gradient.at, gradient.rows * gradient.columns);
    }
    return all;
  }

  /** Goes on from the result of `backward` into the table. */
  scatter(gradient: Matrix): void {
    this.embedding.backwardGather(this.#cached().tokens, gradient);
  }

  #part(rows: Matrix, first: number, count: number): Matrix {
    return count === rows.rows ? rows : rows.rowsFrom(first, count);
  }

  #tokensOf({ tokens, size, steps }: StepTokens): ReadTokens {
    const inputs = [...new Set(this.#calls.map(({ input }) => input))].sort((a, b) => a - b);
    const ranges = new Map<number, Range>();
    const parts: Int32Array[] = [];
    let end = 0;
    for (const input of inputs) {
      const own = steps[input]!;
      const before = steps.slice(0, input).reduce((a, b) => a + b, 0) * size;
      parts.push(tokens.subarray(before, before + own * size));
      ranges.set(input, { first: end, count: own * size, steps: own });
      end += own * size;
    }
    if (end === tokens.length) return { tokens, ranges };
    const read = new Int32Array(end);
    let at = 0;
    for (const part of parts) {
      read.set(part, at);
      at += part.length;
    }
    return { tokens: read, ranges };
  }

  #cached(): ReadTokens & { readonly rows: Matrix } {
    if (this.#cache === undefined) throw new Error('graph: backward without forward');
    return this.#cache;
  }
}
