import type { Weights } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import { columnSums } from './columns.ts';
import type { Embedding } from './embedding.ts';
import { InputKernel } from './inputKernel.ts';
import { Parameter, type ParameterSettings } from './parameter.ts';
import { RecurrentKernel } from './recurrentKernel.ts';
import {
  inShares,
  outputsBefore,
  pool,
  poolBackward,
  stepsOf,
  type Pooling,
  type RecurrentBody,
  type RecurrentLayer,
  type Sequence,
} from './recurrentLayer.ts';

interface Cache {
  readonly sequence: Sequence;
  readonly rows: Matrix;
  readonly kernel: Matrix;
  /** tokens x 3H: z, r and c after their activations. */
  readonly gates: Matrix;
  /** tokens x 3H: h_(t-1) U + b of the recurrence. */
  readonly inner: Matrix;
  /** tokens x H */
  readonly hidden: Matrix;
}

/**
 * A gated recurrent unit (Cho et al., EMNLP 2014) in the form that Keras has by default, `reset_after`: the reset gate
 * acts on the recurrent product, which has a bias of its own. All steps' input products are one product.
 */
export class GruLayer implements RecurrentLayer {
  readonly units: number;
  readonly #workspace: Workspace;
  readonly #pooling: Pooling;
  readonly #kernel: InputKernel;
  readonly #recurrent: RecurrentKernel;
  /** Two rows: the input's and the recurrence's. */
  readonly #bias: Parameter;
  #cache: Cache | undefined;

  /** @param name before the names of its weights */
  constructor(
    workspace: Workspace,
    name: string,
    embedding: Embedding,
    { units, pooling }: RecurrentBody,
    weights: Weights,
    settings: ParameterSettings,
  ) {
    this.units = units;
    this.#workspace = workspace;
    this.#pooling = pooling;
    const parameter = (of: string, rows: number): Parameter =>
      new Parameter(workspace, `${name}/${of}`, [rows, 3 * units], weights, settings);
    this.#kernel = new InputKernel(workspace, embedding.factor, parameter('kernel', embedding.dimension));
    this.#recurrent = new RecurrentKernel(workspace, parameter('recurrent_kernel', units));
    this.#bias = parameter('bias', 2);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel.parameter, this.#recurrent.parameter, this.#bias];
  }

  forward(sequence: Sequence, rows: Matrix): Matrix {
    const [workspace, units] = [this.#workspace, this.units];
    const { kernels } = workspace;
    const { order } = sequence;
    const kernel = this.#kernel.value();
    const gates = workspace.matMul(rows, kernel);
    const inner = workspace.zeros(gates.rows, gates.columns);
    [gates, inner].forEach(({ at }, i) => {
      kernels.addBias(at, this.#bias.value.rowsFrom(i, 1).at, gates.rows, gates.columns, false);
    });
    const hidden = workspace.matrix(gates.rows, units);
    const features = workspace.zeros(order.length, units);
    this.#recurrent.begin(order.length);
    inShares(workspace, sequence, 3 * units ** 2, (share) => {
      const { kernels } = share;
      for (const step of stepsOf(share, sequence)) {
        const { active, from, before } = step;
        const old = before === undefined ? undefined : hidden.rowsFrom(before, active);
        const now = inner.rowsFrom(from, active);
        if (old !== undefined) this.#recurrent.addProduct(old, now, share);
        const output = hidden.rowsFrom(from, active);
        kernels.gruForward(gates.rowsFrom(from, active).at, now.at, old?.at ?? 0, output.at, active, units);
        pool(share, sequence, step, output, features, this.#pooling);
      }
    });
    this.#cache = { sequence, rows, kernel, gates, inner, hidden };
    return features;
  }

  backward(gradient: Matrix, factorGradient: Matrix | undefined): Matrix {
    if (this.#cache === undefined) throw new Error('gru: backward without forward');
    const { sequence, rows, kernel, gates, inner, hidden } = this.#cache;
    const { order } = sequence;
    const [workspace, units] = [this.#workspace, this.units];
    const gateGradients = workspace.matrix(gates.rows, gates.columns);
    const innerGradients = workspace.matrix(gates.rows, gates.columns);
    // dL/dh_t of the step after; 0 for a sentence that ends.
    const hiddenGradients = workspace.zeros(order.length, units);
    this.#recurrent.beginBackward();
    inShares(workspace, sequence, 3 * units ** 2, (share) => {
      const { kernels } = share;
      for (const step of stepsOf(share, sequence).toReversed()) {
        const { active, from, before } = step;
        const outputs = hiddenGradients.rowsFrom(share.first, active);
        const now = innerGradients.rowsFrom(from, active);
        poolBackward(share, sequence, step, gradient, outputs, this.#pooling);
        kernels.gruBackward(
          gates.rowsFrom(from, active).at,
          inner.rowsFrom(from, active).at,
          before === undefined ? 0 : hidden.rowsFrom(before, active).at,
          outputs.at,
          gateGradients.rowsFrom(from, active).at,
          now.at,
          active,
          units,
        );
        if (before !== undefined) this.#recurrent.backward(now, outputs, true, share);
      }
    });
    const complete = gateGradients.frozen();
    const kernelGradient = (): Matrix => workspace.matMul(rows, complete, true, false);
    if (this.#kernel.needsGradient) this.#kernel.backward(kernelGradient(), factorGradient);
    if (!this.#recurrent.parameter.isFixed)
      this.#bodyGradients(sequence, hidden, gateGradients, innerGradients);
    return workspace.matMul(complete, kernel, false, true);
  }

  /** Those of the recurrence and the bias. */
  #bodyGradients(sequence: Sequence, hidden: Matrix, gateGradients: Matrix, innerGradients: Matrix): void {
    const workspace = this.#workspace;
    const before = outputsBefore(workspace, sequence, hidden);
    this.#recurrent.parameter.gradient = workspace.matMul(before, innerGradients, true, false);
    const sums = [gateGradients, innerGradients].map((gradients) => columnSums(workspace, gradients));
    const biasGradient = workspace.matrix(2, gateGradients.columns);
    sums.forEach((sum, i) => {
      biasGradient.rowsFrom(i, 1).data.set(sum.data);
    });
    this.#bias.gradient = biasGradient;
  }
}
