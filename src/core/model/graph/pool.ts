import { planWindows, poolSettings, type WindowSettings } from '../../checkpoint/graph/windowRules.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { checkWindows } from './convolution.ts';
import { sentencesOf, single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

/** The steps [from, to) that a window of a pool sees. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** MaxPooling1D and AveragePooling1D. What lies beyond the steps is in no maximum and no mean. */
export class Pool implements GraphLayer {
  readonly parameters = [];
  readonly #workspace: Workspace;
  readonly #settings: WindowSettings;
  readonly #averages: boolean;
  /** `winners`: where in the input each maximum lies. */
  #cache:
    | {
        readonly rows: number;
        readonly size: number;
        readonly ranges: Range[];
        readonly winners: Uint32Array;
      }
    | undefined;

  constructor({ workspace, config }: LayerParts) {
    this.#workspace = workspace;
    this.#settings = poolSettings(config);
    this.#averages = config.className === 'AveragePooling1D';
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const { columns, rows } = input.values;
    const [steps, size] = [input.steps ?? 1, sentencesOf(input)];
    const ranges = this.#ranges(steps);
    const pooled = this.#workspace.matrix(ranges.length * size, columns);
    const [from, to] = [input.values.data, pooled.data];
    const count = size * columns;
    const winners = new Uint32Array(this.#averages ? 0 : to.length);
    ranges.forEach((range, w) => {
      const out = to.subarray(w * count, (w + 1) * count);
      if (this.#averages) averageSteps(from, out, range);
      else maximumOfSteps(from, out, range, winners.subarray(w * count, (w + 1) * count));
    });
    this.#cache = { rows, size, ranges, winners };
    return { values: pooled, steps: ranges.length, mask: undefined };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#cache === undefined) throw new Error('pooling: backward without forward');
    const { rows, size, ranges, winners } = this.#cache;
    const inputs = this.#workspace.zeros(rows, gradient.columns);
    const [from, to] = [gradient.data, inputs.data];
    for (let i = 0; i < winners.length; i++) to[winners[i]!]! += from[i]!;
    if (!this.#averages) return [inputs];
    const count = size * gradient.columns;
    ranges.forEach(({ from: first, to: end }, w) => {
      const share = 1 / (end - first);
      for (let step = first; step < end; step++) {
        for (let i = 0; i < count; i++) to[step * count + i]! += share * from[w * count + i]!;
      }
    });
    return [inputs];
  }

  #ranges(steps: number): Range[] {
    const { size, stride } = this.#settings;
    const plan = planWindows(this.#settings, steps);
    checkWindows(plan, size, steps);
    return Array.from({ length: plan.windows }, (_, w) => {
      const first = w * stride - plan.before;
      return { from: Math.max(0, first), to: Math.min(steps, first + size) };
    });
  }
}

/** @param out as long as the numbers of a step */
function averageSteps(values: Float32Array, out: Float32Array, { from, to }: Range): void {
  out.fill(0);
  const share = 1 / (to - from);
  for (let step = from; step < to; step++) {
    for (let i = 0; i < out.length; i++) out[i]! += share * values[step * out.length + i]!;
  }
}

function maximumOfSteps(
  values: Float32Array,
  out: Float32Array,
  { from, to }: Range,
  winners: Uint32Array,
): void {
  out.fill(-Infinity);
  for (let step = from; step < to; step++) {
    for (let i = 0; i < out.length; i++) {
      const at = step * out.length + i;
      if (values[at]! <= out[i]!) continue;
      out[i] = values[at]!;
      winners[i] = at;
    }
  }
}
