import type { ModelSpec, Weights } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';
import { factorCoding } from '../compression/coding.ts';
import { Parameter } from './parameter.ts';
import type { TrainingOptions } from './trainingOptions.ts';
import type { UsedRows } from './usedRows.ts';

/**
 * The token embedding: a table m x n, or its factors A (m x k, row-sparse like a table) and B (k x n, dense) with
 * nothing between them. Only the rows that a batch touches are read and updated, so that a step's cost does not grow
 * with the vocabulary. Row 0 is the padding.
 */
export class Embedding {
  /** n */
  readonly dimension: number;
  readonly #workspace: Workspace;
  readonly #table: Parameter;
  readonly #factor: Parameter | undefined;
  readonly #frozenColumns: number;
  /** Undefined where all rows are. */
  readonly #used: UsedRows | undefined;
  /** Place of each row among a batch's own, int32, -1 between batches. */
  readonly #slotOfRow: Matrix;
  #touched: { readonly rows: number; readonly count: number; readonly gradients: Matrix } | undefined;

  /** @param prefix before the names of its weights */
  constructor(
    workspace: Workspace,
    { rows, dimension, rank, coding }: ModelSpec['embedding'],
    weights: Weights,
    optimizer: OptimizerSettings,
    { frozenColumns = 0, used }: Pick<TrainingOptions, 'frozenColumns' | 'used'> = {},
    prefix = 'embedding',
  ) {
    this.#workspace = workspace;
    this.dimension = dimension;
    // A code reads the rows of the whole table; those of a further table with other rows are not known.
    this.#used = coding === undefined && used?.tableRows === rows ? used : undefined;
    this.#frozenColumns = frozenColumns;
    const name = rank === undefined ? `${prefix}/table` : `${prefix}/A`;
    const shape = [rows, rank ?? dimension];
    this.#table = new Parameter(workspace, name, shape, weights, optimizer, coding, this.#used);
    if (rank !== undefined) {
      this.#factor = new Parameter(
        workspace,
        `${prefix}/B`,
        [rank, dimension],
        weights,
        optimizer,
        factorCoding(coding),
      );
    }
    const slots = this.#used?.count ?? rows;
    this.#slotOfRow = workspace.keep(1, slots);
    new Int32Array(workspace.buffer, this.#slotOfRow.at, slots).fill(-1);
  }

  /** A, or the table, whose steps are taken row by row. */
  get table(): Parameter {
    return this.#table;
  }

  /** B, where there is one. */
  get factor(): Parameter | undefined {
    return this.#factor;
  }

  /** As `RowCode.beginEpoch`. */
  beginEpoch(epoch: number, epochs: number): boolean {
    const table = this.#table.beginEpoch(epoch, epochs);
    return (this.#factor?.beginEpoch(epoch, epochs) ?? true) && table;
  }

  /** The mean of each sentence's rows, size x width (n, or k where factorized). */
  average(batch: Batch): Matrix {
    const { size, length } = batch;
    const ids = this.#placesOf(batch.ids);
    this.#table.read(ids);
    const workspace = this.#workspace;
    const { at, columns } = this.#table.value;
    const [tokens, lengths] = [workspace.integers(ids), workspace.integers(batch.lengths)];
    const means = workspace.matrix(size, columns);
    workspace.kernels.average(at, columns, tokens, length, lengths, size, means.at);
    return means;
  }

  /** The rows of the given tokens, tokens x width. */
  gather(tokens: Int32Array): Matrix {
    const places = this.#placesOf(tokens);
    this.#table.read(places);
    const workspace = this.#workspace;
    const { at, columns } = this.#table.value;
    const from = workspace.integers(places);
    const rows = workspace.matrix(tokens.length, columns);
    workspace.kernels.gather(at, columns, from, tokens.length, rows.at);
    return rows;
  }

  /** Means of rows to means of vectors of n: times B where factorized. */
  expand(rows: Matrix): Matrix {
    return this.#factor === undefined ? rows : this.#workspace.matMul(rows, this.#factor.value);
  }

  /** Backward of `expand(average(batch))`. */
  backwardAverage(batch: Batch, averages: Matrix, gradient: Matrix): void {
    const contracted = this.#contract(averages, gradient);
    const workspace = this.#workspace;
    const lengths = workspace.integers(batch.lengths);
    const { slots, gradients } = this.#touch(realTokens(batch));
    const { at, columns } = contracted;
    workspace.kernels.scatterMeans(at, columns, slots, lengths, batch.size, gradients.at);
  }

  /** Backward of `expand(rows)`: dL/d rows. @param factorGradient to which dL/dB is added, where there is a B */
  backwardExpand(rows: Matrix, gradient: Matrix, factorGradient: Matrix | undefined): Matrix {
    if (this.#factor === undefined || factorGradient === undefined) return gradient;
    this.#workspace.matMul(rows, gradient, true, false, factorGradient);
    return this.#workspace.matMul(gradient, this.#factor.value, false, true);
  }

  /** Backward of `gather(tokens)`. */
  backwardGather(tokens: Int32Array, { at, columns }: Matrix): void {
    const { slots, gradients } = this.#touch(tokens);
    this.#workspace.kernels.scatter(at, columns, slots, tokens.length, gradients.at);
  }

  /** Room for dL/dB, all 0, which the next step of B is taken along; undefined where there is no B. */
  beginFactorGradient(): Matrix | undefined {
    if (this.#factor === undefined) return undefined;
    const { rows, columns } = this.#factor.value;
    return (this.#factor.gradient = this.#workspace.zeros(rows, columns));
  }

  /** One step of the rows that the last backward pass touched, and of B. */
  update(rate: number): void {
    if (this.#touched === undefined) throw new Error('embedding: update without backward');
    const { rows, count, gradients } = this.#touched;
    const { columns, data } = gradients;
    if (this.#frozenColumns < columns) {
      for (let r = 0; r < count; r++) data.fill(0, r * columns, r * columns + this.#frozenColumns);
      this.#table.updateRows(rows, count, gradients, rate);
    }
    this.#factor?.update(rate);
    this.#touched = undefined;
  }

  /** dL/d vectors back through B. */
  #contract(rows: Matrix, gradient: Matrix): Matrix {
    if (this.#factor === undefined) return gradient;
    this.#factor.gradient = this.#workspace.matMul(rows, gradient, true, false);
    return this.#workspace.matMul(gradient, this.#factor.value, false, true);
  }

  /** Finds the distinct rows of the tokens, and makes room for their gradients, which begin as 0. */
  #touch(tokens: Int32Array): { readonly slots: number; readonly gradients: Matrix } {
    const workspace = this.#workspace;
    const from = workspace.integers(this.#placesOf(tokens));
    const [rows, slots] = [workspace.matrix(1, tokens.length).at, workspace.matrix(1, tokens.length).at];
    const count = workspace.kernels.uniqueRows(from, tokens.length, this.#slotOfRow.at, rows, slots);
    const gradients = workspace.zeros(count, this.#table.value.columns);
    this.#touched = { rows, count, gradients };
    return { slots, gradients };
  }

  /** Where these rows lie. A kernel reads wherever it is told to. */
  #placesOf(ids: Int32Array): Int32Array {
    if (this.#used !== undefined) return this.#used.placesOf(ids);
    const { rows } = this.#table.value;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (id < 0 || id >= rows) throw new RangeError(`row ${id} is not among the table's ${rows}`);
    }
    return ids;
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
