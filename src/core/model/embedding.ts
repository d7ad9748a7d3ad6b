import type { Tensor, Weights, ModelSpec } from '../checkpoint/checkpoint.ts';
import { EmbeddingTable } from '../embedding/table.ts';
import type { Engine, Matrix, Variable } from '../engine/engine.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';
import { createRowOptimizer, type RowOptimizer } from '../training/rowOptimizer.ts';
import { weightMatrix } from './denseLayer.ts';

/**
 * The token embedding: a table m x n, or its factors A (m x k, row-sparse like a table) and B (k x n, a dense
 * variable) with nothing between them. Only the rows that a batch touches are gathered and updated.
 */
export class Embedding {
  readonly #engine: Engine;
  readonly #spec: ModelSpec['embedding'];
  readonly #table: EmbeddingTable;
  readonly #factor: Variable | undefined;
  readonly #optimizer: RowOptimizer;
  #factorGradient: Matrix | undefined;
  #rows: Int32Array | undefined;
  #rowGradients: Float32Array | undefined;

  constructor(engine: Engine, spec: ModelSpec['embedding'], weights: Weights, optimizer: OptimizerSettings) {
    this.#engine = engine;
    this.#spec = spec;
    const { rows, dimension, rank } = spec;
    const width = rank ?? dimension;
    const values = weightMatrix(weights, rank === undefined ? 'embedding/table' : 'embedding/A', rows, width);
    // Training writes rows in place, and the checkpoint that the weights come from is shared between trials.
    this.#table = new EmbeddingTable(rows, width, values.data.slice());
    this.#optimizer = createRowOptimizer(optimizer, this.#table);
    if (rank !== undefined) {
      this.#factor = engine.variable(weightMatrix(weights, 'embedding/B', rank, dimension), optimizer);
    }
  }

  /** The mean of each sentence's rows, size x width (n, or k where factorized). */
  average(batch: Batch): Matrix {
    const width = this.#table.dimension;
    const table = this.#table.data;
    const data = new Float32Array(batch.size * width);
    for (let s = 0; s < batch.size; s++) {
      const length = batch.lengths[s]!;
      const to = s * width;
      for (let t = 0; t < length; t++) {
        const from = batch.ids[s * batch.length + t]! * width;
        for (let d = 0; d < width; d++) data[to + d]! += table[from + d]!;
      }
      const scale = length > 0 ? 1 / length : 0;
      for (let d = 0; d < width; d++) data[to + d]! *= scale;
    }
    return { rows: batch.size, columns: width, data };
  }

  /** The rows of the given tokens, tokens x width. */
  gather(tokens: Int32Array): Matrix {
    return { rows: tokens.length, columns: this.#table.dimension, data: this.#table.gather(tokens) };
  }

  /** Rows (or means of rows) to vectors of n: times B where factorized. */
  expand(rows: Matrix): Matrix {
    return this.#factor === undefined ? rows : this.#engine.matMul(rows, this.#factor);
  }

  /** dL/d vectors back through B; keeps B's gradient for the update. */
  #contract(rows: Matrix, gradient: Matrix): Matrix {
    if (this.#factor === undefined) return gradient;
    this.#factorGradient = this.#engine.matMul(rows, gradient, true, false);
    return this.#engine.matMul(gradient, this.#factor, false, true);
  }

  /** Backward of `expand(average(batch))`. */
  backwardAverage(batch: Batch, averages: Matrix, gradient: Matrix): void {
    const contracted = this.#contract(averages, gradient).data;
    const width = this.#table.dimension;
    const tokens = realTokens(batch);
    const { rows, slots } = this.#table.uniqueRows(tokens);
    const rowGradients = new Float32Array(rows.length * width);
    for (let s = 0, token = 0; s < batch.size; s++) {
      const length = batch.lengths[s]!;
      const scale = 1 / length;
      const from = s * width;
      for (let d = 0; d < width; d++) contracted[from + d]! *= scale;
      for (let t = 0; t < length; t++, token++) {
        const to = slots[token]! * width;
        for (let d = 0; d < width; d++) rowGradients[to + d]! += contracted[from + d]!;
      }
    }
    this.#rows = rows;
    this.#rowGradients = rowGradients;
  }

  /** Backward of `expand(gather(tokens))`. */
  backwardGather(tokens: Int32Array, gathered: Matrix, gradient: Matrix): void {
    const contracted = this.#contract(gathered, gradient).data;
    const width = this.#table.dimension;
    const { rows, slots } = this.#table.uniqueRows(tokens);
    const rowGradients = new Float32Array(rows.length * width);
    for (let token = 0, from = 0; token < tokens.length; token++) {
      const to = slots[token]! * width;
      for (let d = 0; d < width; d++, from++) rowGradients[to + d]! += contracted[from]!;
    }
    this.#rows = rows;
    this.#rowGradients = rowGradients;
  }

  update(rate: number): void {
    if (this.#rows === undefined || this.#rowGradients === undefined) {
      throw new Error('embedding: update without backward');
    }
    this.#optimizer.apply(this.#rows, this.#rowGradients, rate);
    if (this.#factor !== undefined && this.#factorGradient !== undefined) {
      this.#factor.apply(this.#factorGradient.data, rate);
    }
  }

  get rowOptimizer(): RowOptimizer {
    return this.#optimizer;
  }

  variables(): [string, Variable][] {
    return this.#factor === undefined ? [] : [['embedding/B', this.#factor]];
  }

  weights(): [string, Tensor][] {
    const { rows, dimension, rank } = this.#spec;
    if (rank === undefined || this.#factor === undefined) {
      return [['embedding/table', { shape: [rows, dimension], data: this.#table.data }]];
    }
    return [
      ['embedding/A', { shape: [rows, rank], data: this.#table.data }],
      ['embedding/B', { shape: [rank, dimension], data: this.#factor.read() }],
    ];
  }
}

/** The tokens of a batch without its padding, sentence after sentence. */
function realTokens(batch: Batch): Int32Array {
  let count = 0;
  for (let s = 0; s < batch.size; s++) count += batch.lengths[s]!;
  const tokens = new Int32Array(count);
  for (let s = 0, at = 0; s < batch.size; s++) {
    for (let t = 0; t < batch.lengths[s]!; t++, at++) tokens[at] = batch.ids[s * batch.length + t]!;
  }
  return tokens;
}
