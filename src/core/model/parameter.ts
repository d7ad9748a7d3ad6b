import type { Tensor, Weights } from '../checkpoint/checkpoint.ts';
import type { Coding, Parts, RowCode } from '../compression/coding.ts';
import { tensorsBelow } from '../checkpoint/tensorsBelow.ts';
import { schemeOf } from '../compression/codings.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { Optimizer } from '../training/optimizer.ts';
import type { UsedRows } from './usedRows.ts';

/** How a matrix is trained; `fixed`: training leaves it as it is. */
export type ParameterSettings = OptimizerSettings | 'fixed';

/** A trainable matrix of a model, by the name that it has in a checkpoint; a coded one has its parts below that name. */
export class Parameter {
  readonly name: string;
  /** Training leaves it as it is: no gradient of it is needed. */
  readonly isFixed: boolean;
  /**
   * What the model reads: of a table with used rows these alone; of a coded matrix only the rows that were named to `read`
   * are sure to be up to date.
   */
  readonly value: Matrix;
  readonly #optimizer: Optimizer | undefined;
  readonly #code: RowCode | undefined;
  readonly #shape: readonly number[];
  readonly #used: UsedRows | undefined;
  /** Of a table with used rows all rows as they were given, and once they were asked for a copy that is kept up to date. */
  #table: { readonly data: Float32Array; readonly isCopy: boolean } | undefined;
  readonly #workspace: Workspace;
  #gradient: Matrix | undefined;
  /** Whether several parts of the gradient come. */
  #sums = false;

  /**
   * @param shape as the checkpoint has it: a vector is a matrix of one row, and of more than two sizes the last one is
   * that of the columns
   * @param coding where the matrix is coded: the weights hold its parts, and may hold the values they were made from
   * @param used the only rows that are read and trained; not of a coded matrix
   * @throws Error where the weights lack it (a bug: readers check what comes from files)
   */
  constructor(
    workspace: Workspace,
    name: string,
    shape: readonly number[],
    weights: Weights,
    settings: ParameterSettings,
    coding?: Coding,
    used?: UsedRows,
  ) {
    const columns = shape.at(-1) ?? 0;
    const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const parts = coding && tensorsBelow(weights, name);
    const exact = weights.get(name)?.data;
    const data = exact ?? (coding && parts && schemeOf(coding).decode(parts, rows, columns, coding));
    if (data?.length !== rows * columns) {
      throw new Error(
        `Weight '${name}' of ${rows} x ${columns} is not there; found ${data?.length ?? 'none'}.`,
      );
    }
    this.name = name;
    this.#workspace = workspace;
    this.#shape = shape;
    // It changes between the steps alone.
    this.value = workspace.keep(used?.count ?? rows, columns).frozen();
    this.value.data.set(used?.gather(data, columns) ?? data);
    this.#used = used;
    if (used !== undefined) this.#table = { data, isCopy: false };
    this.isFixed = settings === 'fixed';
    if (settings === 'fixed') return;
    if (coding && parts) this.#code = schemeOf(coding).open(workspace, this.value, coding, parts, settings);
    else this.#optimizer = new Optimizer(settings, workspace, this.value);
  }

  /** The gradient for the next `update`; a part of it after `beginParts`, which the first part's memory is the sum of. */
  set gradient(gradient: Matrix) {
    if (!this.#sums || this.#gradient === undefined) this.#gradient = gradient;
    else this.#workspace.kernels.add(this.#gradient.at, gradient.at, gradient.rows * gradient.columns);
  }

  /** Before a backward pass of which several layers use the parameter. */
  beginParts(): void {
    this.#sums = true;
    this.#gradient = undefined;
  }

  /** Brings these rows of the value up to date. */
  read(rows: Int32Array): void {
    this.#code?.read(rows);
  }

  /** One step along the gradient of the last backward pass. */
  update(rate: number): void {
    if (this.isFixed) return;
    if (this.#gradient === undefined) throw new Error(`${this.name}: update without backward`);
    if (this.#code === undefined) this.#optimizer?.apply(this.#gradient, rate);
    else if (this.#code.stepAll === undefined) throw new Error(`${this.name}: its coding is for tables`);
    else this.#code.stepAll(this.#gradient, rate);
    this.#gradient = undefined;
  }

  /** One step of some rows: see `Optimizer.applyRows`. */
  updateRows(rows: number, count: number, gradients: Matrix, rate: number): void {
    if (this.#code === undefined) this.#optimizer?.applyRows(rows, count, gradients, rate);
    else this.#code.step(rows, count, gradients, rate);
  }

  /** As `RowCode.beginEpoch`. */
  beginEpoch(epoch: number, epochs: number): boolean {
    return this.#code?.beginEpoch?.(epoch, epochs) ?? true;
  }

  /** What a checkpoint holds of it, as it is now. It shares the model's memory: write or copy it before the next step. */
  weights(): [string, Tensor][] {
    if (this.#code === undefined) return [[this.name, { shape: [...this.#shape], data: this.#whole() }]];
    return [...this.#code.parts()].map(([part, tensor]) => [`${this.name}/${part}`, tensor]);
  }

  /** The same without the rows that are not used. */
  trainedWeights(): [string, Tensor][] {
    if (this.#used === undefined) return this.weights();
    const { rows, columns, data } = this.value;
    return [[this.name, { shape: [rows, columns], data }]];
  }

  #whole(): Float32Array {
    if (this.#used === undefined || this.#table === undefined) return this.value.data;
    const data = this.#table.isCopy ? this.#table.data : this.#table.data.slice();
    this.#table = { data, isCopy: true };
    this.#used.scatter(this.value.data, this.value.columns, data);
    return data;
  }

  /** Moments, steps, and what else training goes on from. */
  state(): Parts {
    return this.#code?.state() ?? this.#optimizer?.state() ?? new Map<string, Tensor>();
  }

  /** @throws RangeError when a tensor is missing or of another size */
  restore(state: Parts): void {
    this.#code?.restore(state);
    this.#optimizer?.restore(state);
  }
}
