import type { Engine, Matrix, Variable } from '../engine/engine.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Tensor, Weights } from '../checkpoint/checkpoint.ts';

/** The weight of that name, checked against its shape. */
export function weightMatrix(weights: Weights, name: string, rows: number, columns: number): Matrix {
  const tensor = weights.get(name);
  if (tensor?.data.length !== rows * columns) {
    throw new Error(
      `Weight '${name}' of ${rows} x ${columns} is not there; found ${tensor?.shape.join(' x ') ?? 'none'}.`,
    );
  }
  return { rows, columns, data: tensor.data };
}

/** Adds a row vector to every row, in place. */
export function addBias(matrix: Matrix, bias: Float32Array): void {
  const { rows, columns, data } = matrix;
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) data[at]! += bias[c]!;
  }
}

/** The sum over rows: the gradient of a bias. */
export function columnSums(matrix: Matrix): Float32Array {
  const { rows, columns, data } = matrix;
  const sums = new Float32Array(columns);
  for (let r = 0, at = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, at++) sums[c]! += data[at]!;
  }
  return sums;
}

/** y = x K + b, or its ReLU. `backward` must follow its `forward`, and `update` its `backward`. */
export class DenseLayer {
  readonly #engine: Engine;
  readonly #kernel: Variable;
  readonly #bias: Variable;
  #input: Matrix | undefined;
  #output: Matrix | undefined;
  #kernelGradient: Matrix | undefined;
  #biasGradient: Float32Array | undefined;

  constructor(
    engine: Engine,
    readonly name: string,
    readonly inputs: number,
    readonly outputs: number,
    readonly relu: boolean,
    weights: Weights,
    optimizer: OptimizerSettings,
  ) {
    this.#engine = engine;
    this.#kernel = engine.variable(weightMatrix(weights, `${name}/kernel`, inputs, outputs), optimizer);
    this.#bias = engine.variable(weightMatrix(weights, `${name}/bias`, 1, outputs), optimizer);
  }

  /** x: batch x inputs; returns batch x outputs. */
  forward(input: Matrix): Matrix {
    const output = this.#engine.matMul(input, this.#kernel);
    addBias(output, this.#bias.read());
    if (this.relu) {
      const { data } = output;
      for (let i = 0; i < data.length; i++) if (data[i]! < 0) data[i] = 0;
    }
    this.#input = input;
    this.#output = output;
    return output;
  }

  /** Takes dL/dy, which it may overwrite, and returns dL/dx. */
  backward(gradient: Matrix): Matrix {
    const input = this.#input;
    const output = this.#output;
    if (input === undefined || output === undefined)
      throw new Error(`${this.name}: backward without forward`);
    if (this.relu) {
      for (let i = 0; i < output.data.length; i++) if (output.data[i] === 0) gradient.data[i] = 0;
    }
    this.#kernelGradient = this.#engine.matMul(input, gradient, true, false);
    this.#biasGradient = columnSums(gradient);
    return this.#engine.matMul(gradient, this.#kernel, false, true);
  }

  update(rate: number): void {
    if (this.#kernelGradient === undefined || this.#biasGradient === undefined) {
      throw new Error(`${this.name}: update without backward`);
    }
    this.#kernel.apply(this.#kernelGradient.data, rate);
    this.#bias.apply(this.#biasGradient, rate);
  }

  variables(): [string, Variable][] {
    return [
      [`${this.name}/kernel`, this.#kernel],
      [`${this.name}/bias`, this.#bias],
    ];
  }

  weights(): [string, Tensor][] {
    return [
      [`${this.name}/kernel`, { shape: [this.inputs, this.outputs], data: this.#kernel.read() }],
      [`${this.name}/bias`, { shape: [this.outputs], data: this.#bias.read() }],
    ];
  }
}
