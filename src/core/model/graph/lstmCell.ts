import type { RecurrentSettings } from '../../checkpoint/graph/recurrentRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { columnSums } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { RecurrentKernel } from '../recurrentKernel.ts';
import { scalarFunction, type ScalarFunction } from './activationFunction.ts';
import type { LayerParts } from './graphLayer.ts';
import type { LayerKernel } from './layerKernel.ts';
import type { RecurrentCell } from './recurrentCell.ts';

interface Cache {
  readonly input: Matrix;
  readonly before: readonly Matrix[];
  readonly states: readonly Matrix[];
  /** rows x 4H: the gates i, f, c, o. */
  readonly gates: Matrix;
  /** Before their activations, where those are not the usual ones. */
  readonly sums: Matrix | undefined;
}

/** A long short-term memory; states are h and c. With tanh and sigmoid it is computed by the kernels. */
export class LstmCell implements RecurrentCell {
  readonly states = 2;
  readonly #workspace: Workspace;
  readonly #units: number;
  /** Undefined: sigmoid and tanh. */
  readonly #functions: { readonly gate: ScalarFunction; readonly state: ScalarFunction } | undefined;
  readonly #kernel: LayerKernel;
  readonly #recurrent: RecurrentKernel;
  readonly #bias: Parameter | undefined;
  #cache: Cache | undefined;
  #gradients: Matrix | undefined;

  constructor(parts: LayerParts, settings: RecurrentSettings, prefix: string) {
    const { activation, recurrentActivation } = settings;
    this.#workspace = parts.workspace;
    this.#units = settings.units;
    const isUsual = activation.kind === 'tanh' && recurrentActivation.kind === 'sigmoid';
    if (!isUsual) {
      this.#functions = { gate: scalarFunction(recurrentActivation), state: scalarFunction(activation) };
    }
    this.#kernel = parts.kernel(`${prefix}kernel`);
    this.#recurrent = new RecurrentKernel(parts.workspace, parts.parameter(`${prefix}recurrent_kernel`));
    this.#bias = parts.optional(`${prefix}bias`, settings.useBias);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, this.#recurrent.parameter, ...(this.#bias ? [this.#bias] : [])];
  }

  begin(size: number, input: Matrix, before: readonly Matrix[], states: readonly Matrix[]): void {
    const workspace = this.#workspace;
    this.#recurrent.begin(size);
    const gates = workspace.matMul(input, this.#kernel.begin());
    const { at, rows, columns } = gates;
    if (this.#bias) workspace.kernels.addBias(at, this.#bias.value.at, rows, columns, false);
    const sums = this.#functions && workspace.matrix(rows, columns);
    this.#cache = { input, before, states, gates, sums };
  }

  forward(at: number, count: number): void {
    const { gates, before, states, sums } = this.#cached();
    const [now, hiddenBefore, cellsBefore, hidden, cells] = [gates, ...before, ...states].map((matrix) =>
      matrix.rowsFrom(at, count),
    ) as [Matrix, Matrix, Matrix, Matrix, Matrix];
    this.#recurrent.addProduct(hiddenBefore, now);
    if (this.#functions === undefined || sums === undefined) {
      const { kernels } = this.#workspace;
      kernels.gatesForward(now.at, cellsBefore.at, cells.at, hidden.at, count, this.#units, 0);
      return;
    }
    const { gate, state } = this.#functions;
    const [values, inputs, old, c, h] = [now, sums.rowsFrom(at, count), cellsBefore, cells, hidden].map(
      ({ data }) => data,
    ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    inputs.set(values);
    const H = this.#units;
    for (let row = 0; row < count; row++) {
      for (let u = 0; u < H; u++) {
        const [g, s] = [row * 4 * H + u, row * H + u];
        const [i, f, candidate, o] = [
          gate.value(inputs[g]!),
          gate.value(inputs[g + H]!),
          state.value(inputs[g + 2 * H]!),
          gate.value(inputs[g + 3 * H]!),
        ];
        values[g] = i;
        values[g + H] = f;
        values[g + 2 * H] = candidate;
        values[g + 3 * H] = o;
        c[s] = f * old[s]! + i * candidate;
        h[s] = o * state.value(c[s]);
      }
    }
  }

  beginBackward(): void {
    this.#recurrent.beginBackward();
    const { rows, columns } = this.#cached().gates;
    this.#gradients = this.#workspace.matrix(rows, columns);
  }

  backward(at: number, count: number, carries: readonly Matrix[]): void {
    const { gates, before, states } = this.#cached();
    const [hiddenCarry, cellCarry] = carries as [Matrix, Matrix];
    const now = this.#gateGradients().rowsFrom(at, count);
    const { kernels } = this.#workspace;
    if (this.#functions === undefined) {
      kernels.gatesBackward(
        gates.rowsFrom(at, count).at,
        before[1]!.rowsFrom(at, count).at,
        states[1]!.rowsFrom(at, count).at,
        hiddenCarry.at,
        cellCarry.at,
        now.at,
        count,
        this.#units,
        0,
      );
    } else {
      this.#gatesBackward(at, count, hiddenCarry, cellCarry, this.#functions);
    }
    this.#recurrent.backward(now, hiddenCarry, false);
  }

  endBackward(): Matrix {
    const { input, before } = this.#cached();
    const workspace = this.#workspace;
    const gradients = this.#gateGradients().frozen();
    this.#kernel.gradient = workspace.matMul(input, gradients, true, false);
    this.#recurrent.parameter.gradient = workspace.matMul(before[0]!, gradients, true, false);
    if (this.#bias) this.#bias.gradient = columnSums(workspace, gradients);
    return workspace.matMul(gradients, this.#kernel.value, false, true);
  }

  #gatesBackward(
    at: number,
    count: number,
    hiddenCarry: Matrix,
    cellCarry: Matrix,
    { gate, state }: { readonly gate: ScalarFunction; readonly state: ScalarFunction },
  ): void {
    const { gates, sums, before, states } = this.#cached();
    if (sums === undefined) throw new Error('LSTM: no sums were kept');
    const [values, inputs, gradients, old, c] = [
      gates,
      sums,
      this.#gateGradients(),
      before[1]!,
      states[1]!,
    ].map((matrix) => matrix.rowsFrom(at, count).data) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const [dh, dc] = [hiddenCarry.data, cellCarry.data];
    const H = this.#units;
    for (let row = 0; row < count; row++) {
      for (let u = 0; u < H; u++) {
        const [g, s] = [row * 4 * H + u, row * H + u];
        const [i, f, candidate, o] = [values[g]!, values[g + H]!, values[g + 2 * H]!, values[g + 3 * H]!];
        const squashed = state.value(c[s]!);
        const cell = dc[s]! + dh[s]! * o * state.derivative(c[s]!, squashed);
        gradients[g] = cell * candidate * gate.derivative(inputs[g]!, i);
        gradients[g + H] = cell * old[s]! * gate.derivative(inputs[g + H]!, f);
        gradients[g + 2 * H] = cell * i * state.derivative(inputs[g + 2 * H]!, candidate);
        gradients[g + 3 * H] = dh[s]! * squashed * gate.derivative(inputs[g + 3 * H]!, o);
        dc[s] = cell * f;
      }
    }
  }

  #cached(): Cache {
    if (this.#cache === undefined) throw new Error('LSTM: no forward pass');
    return this.#cache;
  }

  #gateGradients(): Matrix {
    if (this.#gradients === undefined) throw new Error('LSTM: no backward pass has begun');
    return this.#gradients;
  }
}
