import {
  bidirectionalSettings,
  recurrentSettings,
  type BidirectionalSettings,
} from '../../checkpoint/graph/recurrentRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { joinColumns, splitColumns } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';
import { Recurrence, turned } from './recurrence.ts';

/** LSTM, GRU or SimpleRNN. */
export class Recurrent implements GraphLayer {
  readonly #recurrence: Recurrence;

  constructor(parts: LayerParts) {
    this.#recurrence = new Recurrence(parts, recurrentSettings(parts.config));
  }

  get parameters(): readonly Parameter[] {
    return this.#recurrence.parameters;
  }

  forward(inputs: readonly Signal[]): Signal {
    return this.#recurrence.forward(single(inputs));
  }

  backward(gradient: Matrix): readonly Matrix[] {
    return [this.#recurrence.backward(gradient)];
  }
}

/** Two of them, of which one reads from the end; where they hand on sequences, those of the second are turned round. */
export class Bidirectional implements GraphLayer {
  readonly #workspace: Workspace;
  readonly #settings: BidirectionalSettings;
  readonly #layers: readonly [Recurrence, Recurrence];
  #outputs: { readonly steps: number | undefined; readonly values: readonly [Matrix, Matrix] } | undefined;

  constructor(parts: LayerParts) {
    this.#workspace = parts.workspace;
    this.#settings = bidirectionalSettings(parts.config);
    const { forward, backward } = this.#settings;
    this.#layers = [new Recurrence(parts, forward, 'forward/'), new Recurrence(parts, backward, 'backward/')];
  }

  get parameters(): readonly Parameter[] {
    return this.#layers.flatMap(({ parameters }) => parameters);
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const [first, second] = this.#layers.map((layer) => layer.forward(input)) as [Signal, Signal];
    const values: [Matrix, Matrix] = [first.values, this.#turned(second.values, second.steps)];
    this.#outputs = { steps: first.steps, values };
    return { ...first, values: this.#merge(...values) };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#outputs === undefined) throw new Error('Bidirectional: backward without forward');
    const { steps, values } = this.#outputs;
    const workspace = this.#workspace;
    const [first, second] = this.#split(gradient, ...values);
    const input = this.#layers[0].backward(first);
    const other = this.#layers[1].backward(this.#turned(second, steps));
    workspace.kernels.add(input.at, other.at, input.rows * input.columns);
    return [input];
  }

  #merge(first: Matrix, second: Matrix): Matrix {
    const workspace = this.#workspace;
    const { mergeMode } = this.#settings;
    if (mergeMode === 'concat') return joinColumns(workspace, [first, second]);
    const merged = workspace.matrix(first.rows, first.columns);
    const [a, b, to] = [first.data, second.data, merged.data];
    const half = mergeMode === 'ave' ? 0.5 : 1;
    for (let i = 0; i < to.length; i++) to[i] = mergeMode === 'mul' ? a[i]! * b[i]! : half * (a[i]! + b[i]!);
    return merged;
  }

  #split(gradient: Matrix, first: Matrix, second: Matrix): [Matrix, Matrix] {
    const workspace = this.#workspace;
    const { mergeMode } = this.#settings;
    if (mergeMode === 'concat') {
      return splitColumns(workspace, gradient, [first.columns, second.columns]) as [Matrix, Matrix];
    }
    const other = workspace.matrix(gradient.rows, gradient.columns);
    const [g, a, b, to] = [gradient.data, first.data, second.data, other.data];
    const half = mergeMode === 'ave' ? 0.5 : 1;
    for (let i = 0; i < g.length; i++) {
      const value = g[i]!;
      to[i] = value * (mergeMode === 'mul' ? a[i]! : half);
      g[i] = value * (mergeMode === 'mul' ? b[i]! : half);
    }
    return [gradient, other];
  }

  #turned(values: Matrix, steps: number | undefined): Matrix {
    return steps === undefined ? values : turned(this.#workspace, values, steps);
  }
}
