import { intersectsMasks, joinsTime, mergesCounted } from '../../checkpoint/graph/mergeRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { joinColumns, splitColumns } from '../columns.ts';
import { sentencesOf, single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';
import { mergedRows } from './mergedRows.ts';

/** Add, Average, Multiply and Maximum, number by number. */
export class Elementwise implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  readonly #className: string;
  readonly #maskOf: typeof anyOf;
  readonly #rowsOf: (inputs: readonly Signal[]) => readonly Uint8Array[] | undefined;
  #inputs: readonly Matrix[] = [];
  /** Of each input, 1 where its row is merged; undefined where all are. */
  #rows: readonly Uint8Array[] | undefined;

  constructor({ workspace, config }: LayerParts) {
    this.#workspace = workspace;
    this.#className = config.className;
    const counted = mergesCounted(config);
    this.#rowsOf = (inputs) => (counted === undefined ? undefined : mergedRows(counted, inputs));
    this.#maskOf = intersectsMasks(config) ? allOf : anyOf;
  }

  forward(inputs: readonly Signal[]): Signal {
    const first = single(inputs.slice(0, 1));
    const rows = this.#rowsOf(inputs);
    this.#rows = rows;
    this.#inputs = inputs.map(({ values }, i) => (rows ? this.#mergedOnly(values, rows[i]!) : values));
    const merged = this.#workspace.matrix(first.values.rows, first.values.columns);
    const to = merged.data;
    to.set(this.#inputs[0]!.data);
    for (const { data } of this.#inputs.slice(1)) this.#mergeInto(to, data);
    if (this.#className === 'Average') scale(to, 1 / inputs.length);
    if (rows) fillRows(merged, 0, (row) => rows.every((of) => of[row] === 0));
    return { ...first, values: merged, mask: this.#maskOf(inputs) };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    const inputs = this.#inputs;
    const gradients = inputs.map(() => this.#workspace.matrix(gradient.rows, gradient.columns));
    const from = gradient.data;
    gradients.forEach(({ data }, i) => {
      data.set(from);
      if (this.#className === 'Average') scale(data, 1 / inputs.length);
      if (this.#className !== 'Multiply') return;
      inputs.forEach((other, j) => {
        if (j === i) return;
        const factors = other.data;
        for (let k = 0; k < data.length; k++) data[k]! *= factors[k]!;
      });
    });
    this.#rows?.forEach((rows, i) => {
      fillRows(gradients[i]!, 0, (row) => rows[row] === 0);
    });
    if (this.#className === 'Maximum') this.#keepWinners(gradients);
    return gradients;
  }

  /** The rows that are merged, and in the place of others what changes no product and no maximum. */
  #mergedOnly(values: Matrix, rows: Uint8Array): Matrix {
    const own = this.#workspace.matrix(values.rows, values.columns);
    own.data.set(values.data);
    fillRows(own, this.#className === 'Multiply' ? 1 : -Infinity, (row) => rows[row] === 0);
    return own;
  }

  #mergeInto(to: Float32Array, from: Float32Array): void {
    if (this.#className === 'Multiply') for (let i = 0; i < to.length; i++) to[i]! *= from[i]!;
    else if (this.#className === 'Maximum')
      for (let i = 0; i < to.length; i++) to[i] = Math.max(to[i]!, from[i]!);
    else for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
  }

  /** Only the first of the largest inputs has a gradient. */
  #keepWinners(gradients: readonly Matrix[]): void {
    const inputs = this.#inputs.map(({ data }) => data);
    const outputs = gradients.map(({ data }) => data);
    for (let k = 0; k < inputs[0]!.length; k++) {
      let winner = 0;
      for (let i = 1; i < inputs.length; i++) if (inputs[i]![k]! > inputs[winner]![k]!) winner = i;
      outputs.forEach((data, i) => {
        if (i !== winner) data[k] = 0;
      });
    }
  }
}

function fillRows(matrix: Matrix, value: number, isWanted: (row: number) => boolean): void {
  const { data, columns } = matrix;
  for (let row = 0; row < matrix.rows; row++) {
    if (isWanted(row)) data.fill(value, row * columns, (row + 1) * columns);
  }
}

function scale(data: Float32Array, factor: number): void {
  for (let i = 0; i < data.length; i++) data[i]! *= factor;
}

/** A step counts where it does in any input, in all where an input has no mask. */
function anyOf(inputs: readonly Signal[]): Uint8Array | undefined {
  const masks = inputs.map(({ mask }) => mask);
  const [first] = masks;
  if (first === undefined || masks.includes(undefined)) return undefined;
  return first.map((_, i) => (masks.some((mask) => mask?.[i] === 1) ? 1 : 0));
}

/** A step counts where it does in every input that has a mask. */
function allOf(inputs: readonly Signal[]): Uint8Array | undefined {
  const masks = inputs.flatMap(({ mask }) => (mask === undefined ? [] : [mask]));
  return masks[0]?.map((_, i) => (masks.every((mask) => mask[i] === 1) ? 1 : 0));
}

/** Concatenate: vectors side by side, or sequences one behind the other. */
export class Concatenation implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  readonly #inTime: boolean;
  readonly #maskOf: typeof anyOf;
  #inputs: readonly Matrix[] = [];

  constructor({ workspace, config, input }: LayerParts) {
    this.#workspace = workspace;
    this.#inTime = joinsTime(config, input);
    this.#maskOf = config.dialect === 'tfjs' || intersectsMasks(config) ? allOf : anyOf;
  }

  forward(inputs: readonly Signal[]): Signal {
    const first = single(inputs.slice(0, 1));
    this.#inputs = inputs.map(({ values }) => values);
    if (this.#inTime) return this.#joinSteps(inputs);
    return { ...first, values: joinColumns(this.#workspace, this.#inputs), mask: this.#maskOf(inputs) };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (!this.#inTime) {
      const widths = this.#inputs.map(({ columns }) => columns);
      return splitColumns(this.#workspace, gradient, widths);
    }
    let from = 0;
    return this.#inputs.map(({ rows }) => {
      const part = gradient.rowsFrom(from, rows);
      from += rows;
      return part;
    });
  }

  #joinSteps(inputs: readonly Signal[]): Signal {
    const size = sentencesOf(single(inputs.slice(0, 1)));
    const rows = this.#inputs.reduce((sum, matrix) => sum + matrix.rows, 0);
    const joined = this.#workspace.matrix(rows, this.#inputs[0]!.columns);
    const isMasked = inputs.some(({ mask }) => mask !== undefined);
    const mask = isMasked ? new Uint8Array(rows).fill(1) : undefined;
    let from = 0;
    for (const { values, mask: own } of inputs) {
      joined.rowsFrom(from, values.rows).data.set(values.data);
      if (own) mask?.set(own, from);
      from += values.rows;
    }
    return { values: joined, steps: rows / size, mask };
  }
}
