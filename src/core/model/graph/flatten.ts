import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { sentencesOf, single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/** The vectors of a sentence's steps, one behind the other. */
export class Flatten implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  #steps: number | undefined;

  constructor({ workspace }: LayerParts) {
    this.#workspace = workspace;
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const { values, steps } = input;
    this.#steps = steps;
    if (steps === undefined) return input;
    const size = sentencesOf(input);
    const flat = this.#workspace.matrix(size, steps * values.columns);
    exchange(values.data, flat.data, steps, size, values.columns);
    return { values: flat, steps: undefined, mask: undefined };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    const steps = this.#steps;
    if (steps === undefined) return [gradient];
    const width = gradient.columns / steps;
    const inputs = this.#workspace.matrix(steps * gradient.rows, width);
    exchange(gradient.data, inputs.data, gradient.rows, steps, width);
    return [inputs];
  }
}

/** Vectors [a, b, width] to [b, a, width]. */
function exchange(from: Float32Array, to: Float32Array, a: number, b: number, width: number): void {
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const at = (i * b + j) * width;
      to.set(from.subarray(at, at + width), (j * a + i) * width);
    }
  }
}
