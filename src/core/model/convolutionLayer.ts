import type { Weights } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import { columnSums } from './columns.ts';
import type { Embedding } from './embedding.ts';
import { InputKernel } from './inputKernel.ts';
import { Parameter, type ParameterSettings } from './parameter.ts';

interface Cache {
  readonly rows: Matrix;
  readonly kernel: Matrix;
  /** size x filters */
  readonly features: Matrix;
  /** Address of size x filters int32: the row that the window of each maximum begins with. */
  readonly winners: number;
}

/**
 * The filters of one width: max over the windows of ReLU(x K + b), which is ReLU(max(x K) + b), so that bias and ReLU are
 * computed once a sentence.
 */
export class ConvolutionLayer {
  readonly #workspace: Workspace;
  readonly #kernel: InputKernel;
  readonly #bias: Parameter;
  #cache: Cache | undefined;

  constructor(
    workspace: Workspace,
    embedding: Embedding,
    readonly width: number,
    readonly filters: number,
    weights: Weights,
    settings: ParameterSettings,
  ) {
    const name = `conv_${width}`;
    const shape = [width, embedding.dimension, filters];
    const kernel = new Parameter(workspace, `${name}/kernel`, shape, weights, settings);
    this.#workspace = workspace;
    this.#kernel = new InputKernel(workspace, embedding.factor, kernel, width);
    this.#bias = new Parameter(workspace, `${name}/bias`, [filters], weights, settings);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, this.#bias];
  }

  /**
   * @param rows the token rows of all sentences, each as long as the width at least
   * @param starts the row that each sentence begins with
   * @param lengths tokens of each sentence
   */
  forward(rows: Matrix, starts: Int32Array, lengths: Int32Array): Matrix {
    const [workspace, width, filters] = [this.#workspace, this.width, this.filters];
    const { kernels } = workspace;
    const size = lengths.length;
    const offsets = new Int32Array(size + 1);
    lengths.forEach((length, s) => (offsets[s + 1] = offsets[s]! + Math.max(length - width, 0) + 1));
    const firsts = new Int32Array(offsets[size]!);
    for (let s = 0; s < size; s++) {
      for (let i = offsets[s]!; i < offsets[s + 1]!; i++) firsts[i] = starts[s]! + i - offsets[s]!;
    }
    const firstsAt = workspace.integers(firsts);
    const kernel = this.#kernel.value();
    const windows = workspace.matrix(firsts.length, kernel.rows);
    kernels.gatherWindows(rows.at, rows.columns, kernel.rows, firstsAt, firsts.length, windows.at);
    const values = workspace.matMul(windows, kernel);
    const features = workspace.matrix(size, filters);
    const winners = workspace.matrix(size, filters).at;
    const offsetsAt = workspace.integers(offsets);
    kernels.maxOverTime(values.at, filters, offsetsAt, firstsAt, size, features.at, winners);
    kernels.addBias(features.at, this.#bias.value.at, size, filters, true);
    this.#cache = { rows, kernel, features, winners };
    return features;
  }

  /** Takes dL/d features, which it overwrites, and adds to dL/d rows and, where there is a B, to dL/dB. */
  backward(gradient: Matrix, rowGradients: Matrix, factorGradient: Matrix | undefined): void {
    if (this.#cache === undefined) throw new Error('convolution: backward without forward');
    const { rows, kernel, features, winners } = this.#cache;
    const [workspace, filters, span] = [this.#workspace, this.filters, kernel.rows];
    const { kernels } = workspace;
    kernels.reluBackward(features.at, gradient.at, features.rows * filters);
    this.#bias.gradient = columnSums(workspace, gradient);
    // A filter's values lie together in the transposed kernel.
    const transposed = workspace.transpose(kernel);
    const transposedGradient = workspace.zeros(filters, span);
    kernels.windowsBackward(
      gradient.at,
      winners,
      features.rows,
      filters,
      rows.at,
      rows.columns,
      span,
      transposed.at,
      rowGradients.at,
      transposedGradient.at,
    );
    this.#kernel.backward(workspace.transpose(transposedGradient), factorGradient);
  }
}
