import type { Tensor } from '../checkpoint/checkpoint.ts';
import { tensorsBelow } from '../checkpoint/tensorsBelow.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import { Optimizer } from '../training/optimizer.ts';
import type { Coding, CodingScheme, Parts, RowCode } from './coding.ts';
import { partOf } from './partOf.ts';

/** How rows are composed of values that many of them share. The codes that say which are checked and stay as they are. */
export interface Composition {
  /** The parts that hold the shared values, in the order in which they are handed on. */
  readonly shared: readonly string[];
  /** Writes a row's values from `at` on. */
  compose(row: number, shared: readonly Float32Array[], to: Float32Array, at: number): void;
  /** Adds a row's gradient, which lies from `from` on, to the sums of the shared values' gradients. */
  spread(
    row: number,
    shared: readonly Float32Array[],
    gradient: Float32Array,
    from: number,
    sums: readonly Float32Array[],
  ): void;
}

/** How a scheme decodes and trains whose rows are composed. */
export function composed<C extends Coding>(
  compositionOf: (parts: Parts, rows: number, columns: number, coding: C) => Composition,
): Pick<CodingScheme<C>, 'decode' | 'open'> {
  return {
    decode: (parts, rows, columns, coding) =>
      composeAll(compositionOf(parts, rows, columns, coding), parts, rows, columns),
    open: (workspace, value, coding, parts, optimizer) => {
      const composition = compositionOf(parts, value.rows, value.columns, coding);
      return new SharedRows(workspace, value, composition, parts, optimizer);
    },
  };
}

/** All rows, rows x columns. */
function composeAll(composition: Composition, parts: Parts, rows: number, columns: number): Float32Array {
  const values = new Float32Array(rows * columns);
  const shared = composition.shared.map((name) => partOf(parts, name));
  for (let row = 0; row < rows; row++) composition.compose(row, shared, values, row * columns);
  return values;
}

/**
 * A matrix whose rows share what is trained. A step moves the shared values, and with them every row; a row is
 * composed anew when it is read, so that a step's cost does not grow with the rows.
 */
export class SharedRows implements RowCode {
  readonly #workspace: Workspace;
  readonly #value: Matrix;
  readonly #composition: Composition;
  readonly #parts: Parts;
  readonly #shared: readonly {
    readonly name: string;
    readonly matrix: Matrix;
    readonly optimizer: Optimizer;
  }[];
  /** Steps of the shared values that a row has seen, -1 before its first reading. */
  readonly #seen: Int32Array;
  #step = 0;

  constructor(
    workspace: Workspace,
    value: Matrix,
    composition: Composition,
    parts: Parts,
    settings: OptimizerSettings,
  ) {
    this.#workspace = workspace;
    this.#value = value;
    this.#composition = composition;
    this.#parts = parts;
    this.#shared = composition.shared.map((name) => {
      const data = partOf(parts, name);
      const matrix = workspace.keep(1, data.length);
      matrix.data.set(data);
      return { name, matrix, optimizer: new Optimizer(settings, workspace, matrix) };
    });
    this.#seen = new Int32Array(value.rows).fill(-1);
  }

  read(rows: Int32Array): void {
    const { data, columns } = this.#value;
    const shared = this.#shared.map(({ matrix }) => matrix.data);
    for (const row of rows) {
      if (this.#seen[row] === this.#step) continue;
      this.#seen[row] = this.#step;
      this.#composition.compose(row, shared, data, row * columns);
    }
  }

  step(rows: number, count: number, gradients: Matrix, rate: number): void {
    const sums = this.#shared.map(({ matrix }) => this.#workspace.zeros(1, matrix.columns));
    // Views are taken when all room is made, which may have moved the memory.
    const into = sums.map(({ data }) => data);
    const shared = this.#shared.map(({ matrix }) => matrix.data);
    const { data, columns } = gradients;
    const touched = new Int32Array(this.#workspace.buffer, rows, count);
    for (let i = 0; i < count; i++) {
      // The padding moves nothing.
      if (touched[i] !== 0) this.#composition.spread(touched[i]!, shared, data, i * columns, into);
    }
    this.#shared.forEach(({ optimizer }, i) => {
      optimizer.apply(sums[i]!, rate);
    });
    this.#step++;
  }

  parts(): Parts {
    const trained = this.#shared.map(({ name, matrix }): [string, Tensor] => [
      name,
      { shape: this.#parts.get(name)?.shape ?? [], data: matrix.data },
    ]);
    return new Map([...this.#parts, ...trained]);
  }

  state(): Parts {
    const state = this.#shared.flatMap(({ name, optimizer }) =>
      [...optimizer.state()].map(([slot, tensor]): [string, Tensor] => [`${name}/${slot}`, tensor]),
    );
    return new Map(state);
  }

  restore(state: Parts): void {
    for (const { name, optimizer } of this.#shared) optimizer.restore(tensorsBelow(state, name));
  }
}
