import {
  convolutionSettings,
  planWindows,
  type ConvolutionSettings,
  type WindowPlan,
} from '../../checkpoint/graph/windowRules.ts';
import { UserError } from '../../errors.ts';
import type { Matrix, Workspace } from '../../engine/workspace.ts';
import { columnSums } from '../columns.ts';
import type { Parameter } from '../parameter.ts';
import { activate, activateBackward } from './activationFunction.ts';
import type { LayerKernel } from './layerKernel.ts';
import { sentencesOf, single, type GraphLayer, type LayerParts, type Signal } from './graphLayer.ts';

interface Cache {
  readonly steps: number;
  readonly size: number;
  readonly plan: WindowPlan;
  /** Each window's steps side by side. */
  readonly rows: Matrix;
  readonly sums: Matrix;
  readonly output: Matrix;
}

/** Conv1D: f(x K + b) of windows over the steps, with zeros beyond them. It takes no mask. */
export class Convolution implements GraphLayer {
  readonly #workspace: Workspace;
  readonly #settings: ConvolutionSettings;
  readonly #kernel: LayerKernel;
  readonly #bias: Parameter | undefined;
  #cache: Cache | undefined;

  constructor(parts: LayerParts) {
    this.#workspace = parts.workspace;
    this.#settings = convolutionSettings(parts.config);
    this.#kernel = parts.kernel('kernel', this.#settings.size);
    this.#bias = parts.optional('bias', this.#settings.useBias);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, ...(this.#bias ? [this.#bias] : [])];
  }

  forward(inputs: readonly Signal[]): Signal {
    const input = single(inputs);
    const workspace = this.#workspace;
    const [steps, size] = [input.steps ?? 1, sentencesOf(input)];
    const plan = planWindows(this.#settings, steps);
    checkWindows(plan, this.#settings.size, steps);
    const width = input.values.columns;
    const rows = workspace.zeros(plan.windows * size, this.#settings.size * width);
    const [from, to] = [input.values.data, rows.data];
    this.#eachVector(steps, size, width, plan, (at, into) => {
      to.set(from.subarray(at, at + width), into);
    });
    const sums = workspace.matMul(rows, this.#kernel.begin());
    if (this.#bias) workspace.kernels.addBias(sums.at, this.#bias.value.at, sums.rows, sums.columns, false);
    const output = activate(workspace, this.#settings.activation, sums);
    this.#cache = { steps, size, plan, rows, sums, output };
    return { values: output, steps: plan.windows, mask: undefined };
  }

  backward(gradient: Matrix): readonly Matrix[] {
    if (this.#cache === undefined) throw new Error('Conv1D: backward without forward');
    const { steps, size, plan, rows, sums, output } = this.#cache;
    const workspace = this.#workspace;
    activateBackward(this.#settings.activation, sums, output, gradient);
    this.#kernel.gradient = workspace.matMul(rows, gradient, true, false);
    if (this.#bias) this.#bias.gradient = columnSums(workspace, gradient);
    const rowGradients = workspace.matMul(gradient, this.#kernel.value, false, true);
    const width = rows.columns / this.#settings.size;
    const inputs = workspace.zeros(steps * size, width);
    const [from, to] = [rowGradients.data, inputs.data];
    this.#eachVector(steps, size, width, plan, (at, into) => {
      for (let c = 0; c < width; c++) to[at + c]! += from[into + c]!;
    });
    return [inputs];
  }

  /** Calls with the place of a step's vector in the input, and its place in a window. */
  #eachVector(
    steps: number,
    size: number,
    width: number,
    { windows, before }: WindowPlan,
    call: (at: number, into: number) => void,
  ): void {
    const { size: window, stride, dilation } = this.#settings;
    for (let w = 0; w < windows; w++) {
      for (let j = 0; j < window; j++) {
        const step = w * stride - before + j * dilation;
        if (step < 0 || step >= steps) continue;
        for (let s = 0; s < size; s++) {
          call((step * size + s) * width, ((w * size + s) * window + j) * width);
        }
      }
    }
  }
}

/** @throws UserError for sentences that are shorter than a window, of which nothing can be computed */
export function checkWindows({ windows }: WindowPlan, size: number, steps: number): void {
  if (windows > 0) return;
  throw new UserError(
    'sentence-too-short',
    `The model's windows of ${size} steps do not fit in the ${steps} steps of a sentence.`,
    'Set "maxLength" in the text settings to the length that the model was trained with.',
  );
}
