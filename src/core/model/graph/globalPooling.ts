import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { sentencesOf, single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/**
 * The mean over the steps. Keras takes it over those that the mask counts, and gives NaN where it counts none; here that
 * is 0, so that an empty sentence has a prediction. tfjs takes it over all.
 */
export class GlobalAverage implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  readonly #takesMask: boolean;
  /** Of each step of each sentence, its part in the mean. */
  #shares: Float64Array | undefined;

  constructor({ workspace, config }: LayerParts) {
    this.#workspace = workspace;
    this.#takesMask = config.dialect === 'keras';
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const [size, { columns }] = [sentencesOf(input), input.values];
    const shares = sharesOf(size, input.steps ?? 1, this.#takesMask ? input.mask : undefined);
    const means = this.#workspace.zeros(size, columns);
    const [from, to] = [input.values.data, means.data];
    for (let row = 0; row < shares.length; row++) {
      const share = shares[row]!;
      if (share === 0) continue;
      const [at, into] = [row * columns, (row % size) * columns];
      for (let c = 0; c < columns; c++) to[into + c]! += share * from[at + c]!;
    }
    this.#shares = shares;
    return { values: means, steps: undefined, mask: undefined };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    const shares = this.#shares;
    if (shares === undefined) throw new Error('GlobalAveragePooling1D: backward without forward');
    const { rows: size, columns } = gradient;
    const inputs = this.#workspace.matrix(shares.length, columns);
    const [from, to] = [gradient.data, inputs.data];
    for (let row = 0; row < shares.length; row++) {
      const share = shares[row]!;
      const [at, into] = [(row % size) * columns, row * columns];
      for (let c = 0; c < columns; c++) to[into + c] = share * from[at + c]!;
    }
    return [inputs];
  }
}

function sharesOf(size: number, steps: number, mask: Uint8Array | undefined): Float64Array {
  const shares = new Float64Array(steps * size);
  if (mask === undefined) return shares.fill(1 / steps);
  for (let s = 0; s < size; s++) {
    let count = 0;
    for (let row = s; row < shares.length; row += size) count += mask[row]!;
    for (let row = s; row < shares.length; row += size) shares[row] = mask[row] === 1 ? 1 / count : 0;
  }
  return shares;
}

/** The maxima over all steps, whatever the mask says, as Keras and tfjs have it. */
export class GlobalMax implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  /** Where in the input each maximum lies. */
  #winners: { readonly at: Uint32Array; readonly rows: number } | undefined;

  constructor({ workspace }: LayerParts) {
    this.#workspace = workspace;
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const [size, { columns, rows }] = [sentencesOf(input), input.values];
    const maxima = this.#workspace.matrix(size, columns);
    const [from, to] = [input.values.data, maxima.data];
    const count = size * columns;
    const at = Uint32Array.from({ length: count }, (_, i) => i);
    to.set(from.subarray(0, count));
    for (let first = count; first < from.length; first += count) {
      for (let i = 0; i < count; i++) {
        if (from[first + i]! <= to[i]!) continue;
        to[i] = from[first + i]!;
        at[i] = first + i;
      }
    }
    this.#winners = { at, rows };
    return { values: maxima, steps: undefined, mask: undefined };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#winners === undefined) throw new Error('GlobalMaxPooling1D: backward without forward');
    const { at, rows } = this.#winners;
    const inputs = this.#workspace.zeros(rows, gradient.columns);
    const [from, to] = [gradient.data, inputs.data];
    for (let i = 0; i < at.length; i++) to[at[i]!] = from[i]!;
    return [inputs];
  }
}
