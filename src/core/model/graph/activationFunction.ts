import type { Activation } from '../../checkpoint/graph/activation.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';

/** A function of a number, with its derivative at x, where it is y. */
export interface ScalarFunction {
  readonly value: (x: number) => number;
  readonly derivative: (x: number, y: number) => number;
}

/** Klambauer et al., NeurIPS 2017 */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** @throws Error for softmax, which is a function of a vector */
export function scalarFunction(activation: Activation): ScalarFunction {
  switch (activation.kind) {
    case 'linear':
      return { value: (x) => x, derivative: () => 1 };
    case 'sigmoid':
      return { value: sigmoid, derivative: (_, y) => y * (1 - y) };
    case 'tanh':
      return { value: Math.tanh, derivative: (_, y) => 1 - y * y };
    case 'softplus':
      return { value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), derivative: sigmoid };
    case 'softsign':
      return { value: (x) => x / (1 + Math.abs(x)), derivative: (x) => 1 / (1 + Math.abs(x)) ** 2 };
    case 'selu':
      return {
        value: (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
        derivative: (x, y) => (x > 0 ? seluScale : y + seluScale * seluAlpha),
      };
    case 'gelu':
      return {
        value: (x) => x * normalBelow(x),
        derivative: (x) => normalBelow(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
      };
    case 'silu':
      return {
        value: (x) => x * sigmoid(x),
        derivative: (x, y) => y + sigmoid(x) * (1 - y),
      };
    case 'relu': {
      const { slope, threshold, most } = activation;
      return {
        value: (x) => (x >= threshold ? Math.min(x, most) : slope * (x - threshold)),
        derivative: (x) => (x >= most ? 0 : x > threshold ? 1 : slope),
      };
    }
    case 'elu': {
      const { alpha } = activation;
      return {
        value: (x) => (x > 0 ? x : alpha * Math.expm1(x)),
        derivative: (x, y) => (x > 0 ? 1 : y + alpha),
      };
    }
    case 'hard_sigmoid': {
      const { slope } = activation;
      return {
        value: (x) => Math.min(1, Math.max(0, slope * x + 0.5)),
        derivative: (_, y) => (y > 0 && y < 1 ? slope : 0),
      };
    }
    case 'softmax':
      throw new Error('softmax is no function of a number.');
  }
}

/** The function of each number, or of each row. x stays as it is; it is its own result where nothing is to be done. */
export function activate(workspace: Workspace, activation: Activation, x: Matrix): Matrix {
  if (activation.kind === 'linear') return x;
  const y = workspace.matrix(x.rows, x.columns);
  const [from, to] = [x.data, y.data];
  if (activation.kind === 'softmax') {
    for (let at = 0; at < from.length; at += x.columns) softmax(from, to, at, x.columns);
    return y;
  }
  const { value } = scalarFunction(activation);
  for (let i = 0; i < from.length; i++) to[i] = value(from[i]!);
  return y;
}

/** dL/dy to dL/dx, in place. */
export function activateBackward(activation: Activation, x: Matrix, y: Matrix, gradient: Matrix): void {
  if (activation.kind === 'linear') return;
  const [inputs, outputs, gradients] = [x.data, y.data, gradient.data];
  if (activation.kind === 'softmax') {
    for (let at = 0; at < outputs.length; at += x.columns) softmaxBackward(outputs, gradients, at, x.columns);
    return;
  }
  const { derivative } = scalarFunction(activation);
  for (let i = 0; i < inputs.length; i++) gradients[i]! *= derivative(inputs[i]!, outputs[i]!);
}

function softmax(from: Float32Array, to: Float32Array, at: number, count: number): void {
  let most = -Infinity;
  for (let i = at; i < at + count; i++) most = Math.max(most, from[i]!);
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += Math.exp(from[i]! - most);
  for (let i = at; i < at + count; i++) to[i] = Math.exp(from[i]! - most) / sum;
}

/** dL/dx_i = y_i (g_i - sum_j g_j y_j) */
function softmaxBackward(outputs: Float32Array, gradients: Float32Array, at: number, count: number): void {
  let dot = 0;
  for (let i = at; i < at + count; i++) dot += gradients[i]! * outputs[i]!;
  for (let i = at; i < at + count; i++) gradients[i] = outputs[i]! * (gradients[i]! - dot);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Of a polynomial in t, the highest power first (Press et al., Numerical Recipes, 2nd edition, section 6.2). */
const erfcCoefficients = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
  1.00002368, -1.26551223,
];

/** The normal distribution's share below x, 1/2 erfc(-x / sqrt 2), with a relative error below 1.2e-7. */
function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * z);
  let polynomial = 0;
  for (const coefficient of erfcCoefficients) polynomial = polynomial * t + coefficient;
  const above = 0.5 * t * Math.exp(polynomial - z * z);
  return x < 0 ? above : 1 - above;
}
