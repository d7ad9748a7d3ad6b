import { normalizationSettings } from '../../checkpoint/graph/denseRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { columnSums } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/**
 * gamma (x - mean) / sqrt(variance + epsilon) + beta with the moving statistics of the saved model (Ioffe and Szegedy,
 * ICML 2015). They are not those of the batch in retraining either, so that the model computes there what it computes
 * afterwards, as is the custom where a trained model is tuned further.
 */
export class BatchNormalization implements GraphLayer {
  readonly #workspace: Workspace;
  readonly #epsilon: number;
  readonly #gamma: Parameter | undefined;
  readonly #beta: Parameter | undefined;
  readonly #mean: Parameter;
  readonly #variance: Parameter;
  #input: Matrix | undefined;

  constructor(parts: LayerParts) {
    const { center, scale, epsilon } = normalizationSettings(parts.config, parts.input);
    this.#workspace = parts.workspace;
    this.#epsilon = epsilon;
    this.#gamma = parts.optional('gamma', scale);
    this.#beta = parts.optional('beta', center);
    this.#mean = parts.fixed('moving_mean');
    this.#variance = parts.fixed('moving_variance');
  }

  get parameters(): readonly Parameter[] {
    const learnt = [this.#gamma, this.#beta].filter((parameter) => parameter !== undefined);
    return [...learnt, this.#mean, this.#variance];
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const { rows, columns } = input.values;
    const output = this.#workspace.matrix(rows, columns);
    const scales = this.#scales();
    const [from, to] = [input.values.data, output.data];
    const [mean, gamma, beta] = [this.#mean.value.data, this.#gamma?.value.data, this.#beta?.value.data];
    const factors = scales.map((scale, c) => scale * (gamma?.[c] ?? 1));
    const shifts = factors.map((factor, c) => (beta?.[c] ?? 0) - mean[c]! * factor);
    for (let i = 0; i < from.length; i += columns) {
      for (let c = 0; c < columns; c++) to[i + c] = from[i + c]! * factors[c]! + shifts[c]!;
    }
    this.#input = input.values;
    return { ...input, values: output };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#input === undefined) throw new Error('BatchNormalization: backward without forward');
    const { columns } = gradient;
    const workspace = this.#workspace;
    const scales = this.#scales();
    if (this.#beta) this.#beta.gradient = columnSums(workspace, gradient);
    if (this.#gamma) this.#gamma.gradient = this.#gammaGradient(this.#input, gradient, scales);
    const [gradients, gamma] = [gradient.data, this.#gamma?.value.data];
    const factors = scales.map((scale, c) => scale * (gamma?.[c] ?? 1));
    for (let i = 0; i < gradients.length; i += columns) {
      for (let c = 0; c < columns; c++) gradients[i + c]! *= factors[c]!;
    }
    return [gradient];
  }

  #gammaGradient(input: Matrix, gradient: Matrix, scales: Float64Array): Matrix {
    const { columns } = gradient;
    const sums = this.#workspace.matrix(1, columns);
    const [values, gradients, mean] = [input.data, gradient.data, this.#mean.value.data];
    const totals = new Float64Array(columns);
    for (let i = 0; i < values.length; i += columns) {
      for (let c = 0; c < columns; c++)
        totals[c]! += gradients[i + c]! * (values[i + c]! - mean[c]!) * scales[c]!;
    }
    sums.data.set(totals);
    return sums;
  }

  /** One over the standard deviation of each column. */
  #scales(): Float64Array {
    return Float64Array.from(
      this.#variance.value.data,
      (variance) => 1 / Math.sqrt(variance + this.#epsilon),
    );
  }
}
