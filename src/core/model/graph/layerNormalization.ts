import { normalizationSettings } from '../../checkpoint/graph/denseRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { columnSums } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/** Each vector with mean 0 and variance 1, times gamma, plus beta (Ba, Kiros and Hinton, arXiv 1607.06450). */
export class LayerNormalization implements GraphLayer {
  readonly #workspace: Workspace;
  readonly #epsilon: number;
  readonly #gamma: Parameter | undefined;
  readonly #beta: Parameter | undefined;
  /** The normalized vectors, and one over the standard deviation of each. */
  #cache: { readonly normalized: Matrix; readonly scales: Float64Array } | undefined;

  constructor(parts: LayerParts) {
    const { center, scale, epsilon } = normalizationSettings(parts.config, parts.input);
    this.#workspace = parts.workspace;
    this.#epsilon = epsilon;
    this.#gamma = parts.optional('gamma', scale);
    this.#beta = parts.optional('beta', center);
  }

  get parameters(): readonly Parameter[] {
    return [this.#gamma, this.#beta].filter((parameter) => parameter !== undefined);
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const { rows, columns } = input.values;
    const normalized = this.#workspace.matrix(rows, columns);
    const output = this.#workspace.matrix(rows, columns);
    const scales = new Float64Array(rows);
    const [from, to, result] = [input.values.data, normalized.data, output.data];
    const [gamma, beta] = [this.#gamma?.value.data, this.#beta?.value.data];
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      let mean = 0;
      for (let c = 0; c < columns; c++) mean += from[at + c]!;
      mean /= columns;
      let variance = 0;
      for (let c = 0; c < columns; c++) variance += (from[at + c]! - mean) ** 2;
      const scale = 1 / Math.sqrt(variance / columns + this.#epsilon);
      scales[r] = scale;
      for (let c = 0; c < columns; c++) {
        const value = (from[at + c]! - mean) * scale;
        to[at + c] = value;
        result[at + c] = value * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0);
      }
    }
    this.#cache = { normalized, scales };
    return { ...input, values: output };
  }

  /** With h = dL/dy gamma: dL/dx = scale (h - mean(h) - normalized mean(h normalized)). */
  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#cache === undefined) throw new Error('LayerNormalization: backward without forward');
    const { normalized, scales } = this.#cache;
    const workspace = this.#workspace;
    const { rows, columns } = gradient;
    if (this.#beta) this.#beta.gradient = columnSums(workspace, gradient);
    const products = workspace.matrix(rows, columns);
    products.data.set(gradient.data);
    workspace.kernels.multiply(products.at, normalized.at, rows * columns);
    if (this.#gamma) this.#gamma.gradient = columnSums(workspace, products);
    const [gradients, values, gamma] = [gradient.data, normalized.data, this.#gamma?.value.data];
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      let [mean, along] = [0, 0];
      for (let c = 0; c < columns; c++) {
        const h = gradients[at + c]! * (gamma?.[c] ?? 1);
        gradients[at + c] = h;
        mean += h;
        along += h * values[at + c]!;
      }
      for (let c = 0; c < columns; c++) {
        const i = at + c;
        gradients[i] = scales[r]! * (gradients[i]! - mean / columns - (values[i]! * along) / columns);
      }
    }
    return [gradient];
  }
}
