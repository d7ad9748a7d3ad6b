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
  readonly before: Matrix;
  readonly hidden: Matrix;
  /** x K + h R + b of all steps. */
  readonly sums: Matrix;
}

/** SimpleRNN: h = f(x K + h R + b) (Elman, Cognitive Science 1990). */
export class SimpleCell implements RecurrentCell {
  readonly states = 1;
  readonly #workspace: Workspace;
  readonly #function: ScalarFunction;
  readonly #kernel: LayerKernel;
  readonly #recurrent: RecurrentKernel;
  readonly #bias: Parameter | undefined;
  #cache: Cache | undefined;
  #gradients: Matrix | undefined;

  constructor(parts: LayerParts, { activation, useBias }: RecurrentSettings, prefix: string) {
    this.#workspace = parts.workspace;
    this.#function = scalarFunction(activation);
    this.#kernel = parts.kernel(`${prefix}kernel`);
    this.#recurrent = new RecurrentKernel(parts.workspace, parts.parameter(`${prefix}recurrent_kernel`));
    this.#bias = parts.optional(`${prefix}bias`, useBias);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, this.#recurrent.parameter, ...(this.#bias ? [this.#bias] : [])];
  }

  begin(size: number, input: Matrix, [before]: readonly Matrix[], [hidden]: readonly Matrix[]): void {
    const workspace = this.#workspace;
    this.#recurrent.begin(size);
    const sums = workspace.matMul(input, this.#kernel.begin());
    const { at, rows, columns } = sums;
    if (this.#bias) workspace.kernels.addBias(at, this.#bias.value.at, rows, columns, false);
    this.#cache = { input, before: before!, hidden: hidden!, sums };
  }

  forward(at: number, count: number): void {
    const { before, hidden, sums } = this.#cached();
    const now = sums.rowsFrom(at, count);
    this.#recurrent.addProduct(before.rowsFrom(at, count), now);
    const [from, to] = [now.data, hidden.rowsFrom(at, count).data];
    for (let i = 0; i < from.length; i++) to[i] = this.#function.value(from[i]!);
  }

  beginBackward(): void {
    this.#recurrent.beginBackward();
    const { rows, columns } = this.#cached().sums;
    this.#gradients = this.#workspace.matrix(rows, columns);
  }

  backward(at: number, count: number, [carry]: readonly Matrix[]): void {
    if (this.#gradients === undefined || carry === undefined)
      throw new Error('SimpleRNN: no backward pass has begun');
    const { hidden, sums } = this.#cached();
    const now = this.#gradients.rowsFrom(at, count);
    const [x, y, dh, to] = [sums.rowsFrom(at, count), hidden.rowsFrom(at, count), carry, now].map(
      ({ data }) => data,
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    // A step that is passed over has another output than its sums give, and no gradient.
    for (let i = 0; i < to.length; i++)
      to[i] = dh[i] === 0 ? 0 : dh[i]! * this.#function.derivative(x[i]!, y[i]!);
    this.#recurrent.backward(now, carry, false);
  }

  endBackward(): Matrix {
    if (this.#gradients === undefined) throw new Error('SimpleRNN: no backward pass has begun');
    const { input, before } = this.#cached();
    const workspace = this.#workspace;
    this.#kernel.gradient = workspace.matMul(input, this.#gradients, true, false);
    this.#recurrent.parameter.gradient = workspace.matMul(before, this.#gradients, true, false);
    if (this.#bias) this.#bias.gradient = columnSums(workspace, this.#gradients);
    return workspace.matMul(this.#gradients, this.#kernel.value, false, true);
  }

  #cached(): Cache {
    if (this.#cache === undefined) throw new Error('SimpleRNN: no forward pass');
    return this.#cache;
  }
}
