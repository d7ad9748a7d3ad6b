import type { Activation } from '../../checkpoint/graph/activation.ts';
import { layerActivation } from '../../checkpoint/graph/denseRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { activate, activateBackward } from './activationFunction.ts';
import { single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/** A function of each number or vector, as a layer of its own. */
export class ActivationLayer implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  readonly #activation: Activation;
  #cache: { readonly input: Matrix; readonly output: Matrix } | undefined;

  constructor({ workspace, config }: LayerParts) {
    this.#workspace = workspace;
    this.#activation = layerActivation(config);
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const output = activate(this.#workspace, this.#activation, input.values);
    this.#cache = { input: input.values, output };
    return { ...input, values: output };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#cache === undefined) throw new Error('activation: backward without forward');
    activateBackward(this.#activation, this.#cache.input, this.#cache.output, gradient);
    return [gradient];
  }
}
