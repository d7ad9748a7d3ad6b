import type { Weights } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import { columnSums } from './columns.ts';
import { Parameter, type ParameterSettings } from './parameter.ts';

/** What a dense layer computes of x: x K, x K + b, or the ReLU of that. */
export type DenseForm = 'linear' | 'affine' | 'relu';

/** `backward` must follow its `forward`. */
export class DenseLayer {
  readonly #workspace: Workspace;
  readonly #kernel: Parameter;
  readonly #bias: Parameter | undefined;
  #input: Matrix | undefined;
  #output: Matrix | undefined;

  constructor(
    workspace: Workspace,
    readonly name: string,
    inputs: number,
    outputs: number,
    readonly form: DenseForm,
    weights: Weights,
    settings: ParameterSettings,
  ) {
    this.#workspace = workspace;
    this.#kernel = new Parameter(workspace, `${name}/kernel`, [inputs, outputs], weights, settings);
    if (form !== 'linear')
      this.#bias = new Parameter(workspace, `${name}/bias`, [outputs], weights, settings);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel, ...(this.#bias ? [this.#bias] : [])];
  }

  /** x: batch x inputs; returns batch x outputs. */
  forward(input: Matrix): Matrix {
    const output = this.#workspace.matMul(input, this.#kernel.value);
    const { rows, columns } = output;
    const relu = this.form === 'relu';
    if (this.#bias) this.#workspace.kernels.addBias(output.at, this.#bias.value.at, rows, columns, relu);
    this.#input = input;
    this.#output = output;
    return output;
  }

  /** Takes dL/dy, which it may overwrite, and returns dL/dx. */
  backward(gradient: Matrix): Matrix {
    const [input, output, workspace] = [this.#input, this.#output, this.#workspace];
    if (input === undefined || output === undefined) {
      throw new Error(`${this.name}: backward without forward`);
    }
    const { rows, columns } = output;
    if (this.form === 'relu') workspace.kernels.reluBackward(output.at, gradient.at, rows * columns);
    if (!this.#kernel.isFixed) {
      this.#kernel.gradient = workspace.matMul(input, gradient, true, false);
      if (this.#bias) this.#bias.gradient = columnSums(workspace, gradient);
    }
    return workspace.matMul(gradient, this.#kernel.value, false, true);
  }
}
