import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { Optimizer } from '../training/optimizer.ts';
import type { FixedPointCoding, Parts, RowCode } from './coding.ts';
import { fixedPoint } from './codings/fixedPoint.ts';

/**
 * A table of which some rows are kept and the others read as one of these. The gradients of all that read as one row
 * are its gradient.
 */
export class FrequentRows implements RowCode {
  readonly #workspace: Workspace;
  readonly #value: Matrix;
  /** Of each row among those that are kept; -1 for one that is zeros. */
  readonly #places: Int32Array;
  readonly #bitmap: Tensor;
  readonly #kept: Matrix;
  readonly #optimizer: Optimizer | undefined;
  readonly #code: RowCode | undefined;
  /** Of each kept row among a step's own, -1 between steps. */
  readonly #slots: Int32Array;

  constructor(
    workspace: Workspace,
    value: Matrix,
    places: Int32Array,
    parts: Parts,
    optimizer: OptimizerSettings,
    values?: FixedPointCoding,
  ) {
    const bitmap = parts.get('kept');
    if (bitmap === undefined) throw new RangeError('kept is missing');
    this.#workspace = workspace;
    this.#value = value;
    this.#places = places;
    this.#bitmap = bitmap;
    const own = [...bitmap.data.keys()].filter((row) => bitmap.data[row] === 1);
    this.#kept = workspace.keep(own.length, value.columns);
    this.#slots = new Int32Array(own.length).fill(-1);
    const [from, to, n] = [value.data, this.#kept.data, value.columns];
    own.forEach((row, i) => {
      to.set(from.subarray(row * n, (row + 1) * n), i * n);
    });
    if (values) this.#code = fixedPoint.open(workspace, this.#kept, values, parts, optimizer);
    else this.#optimizer = new Optimizer(optimizer, workspace, this.#kept);
  }

  read(rows: Int32Array): void {
    const [from, to, n] = [this.#kept.data, this.#value.data, this.#value.columns];
    for (const row of rows) {
      const place = this.#places[row]!;
      for (let j = 0; j < n; j++) to[row * n + j] = place < 0 ? 0 : from[place * n + j]!;
    }
  }

  step(rows: number, count: number, gradients: Matrix, rate: number): void {
    const workspace = this.#workspace;
    const n = gradients.columns;
    const summed = workspace.zeros(count, n);
    const [from, to] = [gradients.data, summed.data];
    const touched: number[] = [];
    new Int32Array(workspace.buffer, rows, count).forEach((row, i) => {
      const place = this.#places[row]!;
      if (place < 0) return;
      let slot = this.#slots[place]!;
      if (slot < 0) {
        slot = touched.push(place) - 1;
        this.#slots[place] = slot;
      }
      for (let j = 0; j < n; j++) to[slot * n + j]! += from[i * n + j]!;
    });
    for (const place of touched) this.#slots[place] = -1;
    const at = workspace.integers(Int32Array.from(touched));
    if (this.#code) this.#code.step(at, touched.length, summed, rate);
    else this.#optimizer?.applyRows(at, touched.length, summed, rate);
  }

  parts(): Parts {
    const { rows, columns, data } = this.#kept;
    const kept = this.#code?.parts() ?? new Map([['values', { shape: [rows, columns], data }]]);
    return new Map([...kept, ['kept', this.#bitmap]]);
  }

  state(): Parts {
    return this.#code?.state() ?? this.#optimizer?.state() ?? new Map<string, Tensor>();
  }

  restore(state: Parts): void {
    this.#code?.restore(state);
    this.#optimizer?.restore(state);
  }
}
