import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Parts, RowCode } from './coding.ts';
import { MaskedRows } from './maskedRows.ts';
import { partOf } from './partOf.ts';
import { SharedRows, type Composition } from './sharedRows.ts';

/** How the parts are made and read. */
interface Coder {
  readonly quantize: (values: Float32Array, mask: Uint8Array) => Parts;
  readonly compositionOf: (parts: Parts) => Composition;
  readonly maskOf: (parts: Parts) => Uint8Array;
}

/** Share of the epochs in which what pruning has left trains before it is quantized. */
const freeShare = 0.5;

/**
 * A table in deep compression. Its retraining is the paper's: first the values that are left, each by itself, then,
 * when they are quantized, the shared ones.
 */
export class DeepCompressionRows implements RowCode {
  readonly #workspace: Workspace;
  readonly #value: Matrix;
  readonly #optimizer: OptimizerSettings;
  readonly #coder: Coder;
  /** What the parts were made from, until training begins. */
  #exact: Float32Array | undefined;
  #parts: Parts;
  #shared: SharedRows;
  /** While values train by themselves; the parts then say where they are. */
  #free: MaskedRows | undefined;

  constructor(workspace: Workspace, value: Matrix, parts: Parts, optimizer: OptimizerSettings, coder: Coder) {
    this.#workspace = workspace;
    this.#value = value;
    this.#optimizer = optimizer;
    this.#coder = coder;
    this.#parts = parts;
    this.#exact = value.data.slice();
    this.#shared = this.#share(parts);
  }

  read(rows: Int32Array): void {
    if (this.#free === undefined) this.#shared.read(rows);
  }

  beginEpoch(epoch: number, epochs: number): boolean {
    if (epoch < Math.floor(freeShare * epochs)) {
      if (this.#free === undefined) this.#setFree(this.#exact ?? this.#value.data);
    } else if (this.#free !== undefined) {
      this.#parts = this.#coder.quantize(this.#value.data, this.#free.mask);
      this.#shared = this.#share(this.#parts);
      this.#free = undefined;
    }
    this.#exact = undefined;
    return this.#free === undefined;
  }

  step(rows: number, count: number, gradients: Matrix, rate: number): void {
    (this.#free ?? this.#shared).step(rows, count, gradients, rate);
  }

  parts(): Parts {
    return this.#free === undefined ? this.#shared.parts() : this.#parts;
  }

  state(): Parts {
    if (this.#free === undefined) return this.#shared.state();
    const { rows, columns, data } = this.#value;
    return new Map([['values', { shape: [rows, columns], data }], ...this.#free.state()]);
  }

  restore(state: Parts): void {
    if (!state.has('values')) {
      this.#shared.restore(state);
      return;
    }
    this.#setFree(partOf(state, 'values', this.#value.rows * this.#value.columns)).restore(state);
  }

  #setFree(values: Float32Array): MaskedRows {
    this.#value.data.set(values);
    this.#free = new MaskedRows(
      this.#workspace,
      this.#value,
      this.#coder.maskOf(this.#parts),
      this.#optimizer,
    );
    return this.#free;
  }

  #share(parts: Parts): SharedRows {
    const composition = this.#coder.compositionOf(parts);
    return new SharedRows(this.#workspace, this.#value, composition, parts, this.#optimizer);
  }
}
