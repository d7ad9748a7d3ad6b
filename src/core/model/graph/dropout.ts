import { dropoutRate } from '../../checkpoint/graph/denseRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import type { Random } from '../../random.ts';
import { dropUnits } from '../dropout.ts';
import { sentencesOf, single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/**
 * In training numbers become 0 at the rate that the saved model has; elsewhere nothing is done. SpatialDropout1D drops a
 * number at all steps of a sentence (Tompson et al., CVPR 2015).
 */
export class Dropout implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  readonly #rate: number;
  readonly #wholeSteps: boolean;
  /** By which numbers were multiplied; of a sentence where they are the same at all steps. */
  #factors: Matrix | undefined;

  constructor({ workspace, config }: LayerParts) {
    this.#workspace = workspace;
    this.#rate = dropoutRate(config);
    this.#wholeSteps = config.className === 'SpatialDropout1D';
  }

  forward(inputs: readonly Signal[], random: Random | undefined): Signal {
    const input = single(inputs);
    this.#factors = undefined;
    if (random === undefined || this.#rate === 0) return input;
    const workspace = this.#workspace;
    if (!this.#wholeSteps) {
      const { values, factors } = dropUnits(workspace, input.values, this.#rate, random);
      this.#factors = factors;
      return { ...input, values };
    }
    const { rows, columns } = input.values;
    const values = workspace.matrix(rows, columns);
    values.data.set(input.values.data);
    // Only the factors are of use, whatever they are multiplied by.
    const first = values.rowsFrom(0, sentencesOf(input));
    this.#factors = dropUnits(workspace, first, this.#rate, random).factors;
    this.#multiply(values, this.#factors);
    return { ...input, values };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#factors !== undefined) this.#multiply(gradient, this.#factors);
    return [gradient];
  }

  #multiply(values: Matrix, factors: Matrix): void {
    const { rows, columns } = factors;
    for (let from = 0; from < values.rows; from += rows) {
      this.#workspace.kernels.multiply(values.rowsFrom(from, rows).at, factors.at, rows * columns);
    }
  }
}
