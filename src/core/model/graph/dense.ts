import { denseSettings, type DenseSettings } from '../../checkpoint/graph/denseRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { columnSums } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { activate, activateBackward } from './activationFunction.ts';
import type { LayerKernel } from './layerKernel.ts';
import { single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/** f(x K + b), of each step or of the sentence. */
export class Dense implements GraphLayer {
  readonly #workspace: Workspace;
  readonly #settings: DenseSettings;
  readonly #kernel: LayerKernel;
  readonly #bias: Parameter | undefined;
  #cache: { readonly input: Matrix; readonly sums: Matrix; readonly output: Matrix } | undefined;

  constructor(parts: LayerParts) {
    const { workspace, config } = parts;
    this.#workspace = workspace;
    this.#settings = denseSettings(config);
    this.#kernel = parts.kernel('kernel');
    this.#bias = parts.optional('bias', this.#settings.useBias);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, ...(this.#bias ? [this.#bias] : [])];
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const workspace = this.#workspace;
    const sums = workspace.matMul(input.values, this.#kernel.begin());
    const { at, rows, columns } = sums;
    if (this.#bias) workspace.kernels.addBias(at, this.#bias.value.at, rows, columns, false);
    const output = activate(workspace, this.#settings.activation, sums);
    this.#cache = { input: input.values, sums, output };
    return { ...input, values: output };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#cache === undefined) throw new Error('Dense: backward without forward');
    const { input, sums, output } = this.#cache;
    const workspace = this.#workspace;
    activateBackward(this.#settings.activation, sums, output, gradient);
    if (this.#kernel.needsGradient) this.#kernel.gradient = workspace.matMul(input, gradient, true, false);
    if (this.#bias && !this.#bias.isFixed) this.#bias.gradient = columnSums(workspace, gradient);
    return [workspace.matMul(gradient, this.#kernel.value, false, true)];
  }
}
