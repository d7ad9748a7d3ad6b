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
  /** tokens x 4H: the gates' values i, f, c, o after their activations. */
  readonly gates: Matrix;
  /** tokens x H */
  readonly cells: Matrix;
  readonly hidden: Matrix;
}

/**
 * A long short-term memory. Optional peepholes as in Gers et al. (2002): the input and forget gates see c_(t-1), the
 * output gate sees c_t. All steps' input products are one product; in the recurrence only h W_h and the gates remain.
 */
export class LstmLayer implements RecurrentLayer {
  readonly units: number;
  readonly #workspace: Workspace;
  readonly #pooling: Pooling;
  readonly #kernel: InputKernel;
  readonly #recurrent: RecurrentKernel;
  readonly #bias: Parameter;
  readonly #peephole: Parameter | undefined;
  #cache: Cache | undefined;

  /** @param name before the names of its weights */
  constructor(
    workspace: Workspace,
    name: string,
    embedding: Embedding,
    { units, pooling, peepholes }: RecurrentBody,
    weights: Weights,
    settings: ParameterSettings,
  ) {
    this.units = units;
    this.#workspace = workspace;
    this.#pooling = pooling;
    const parameter = (of: string, ...shape: number[]): Parameter =>
      new Parameter(workspace, `${name}/${of}`, shape, weights, settings);
    this.#kernel = new InputKernel(
      workspace,
      embedding.factor,
      parameter('kernel', embedding.dimension, 4 * units),
    );
    this.#recurrent = new RecurrentKernel(workspace, parameter('recurrent_kernel', units, 4 * units));
    this.#bias = parameter('bias', 4 * units);
    if (peepholes === true) this.#peephole = parameter('peephole', 3, units);
  }

  get parameters(): readonly Parameter[] {
    const peephole = this.#peephole ? [this.#peephole] : [];
    return [this.#kernel.parameter, this.#recurrent.parameter, this.#bias, ...peephole];
  }

  forward(sequence: Sequence, rows: Matrix): Matrix {
    const [workspace, units] = [this.#workspace, this.units];
    const { order } = sequence;
    const kernel = this.#kernel.value();
    const gates = workspace.matMul(rows, kernel);
    const cells = workspace.matrix(gates.rows, units);
    const hidden = workspace.matrix(gates.rows, units);
    const features = workspace.zeros(order.length, units);
    this.#recurrent.begin(order.length);
    inShares(workspace, sequence, 4 * units ** 2, (share) => {
      const { kernels } = share;
      for (const step of stepsOf(share, sequence)) {
        const { active, from, before } = step;
        const now = gates.rowsFrom(from, active);
        kernels.addBias(now.at, this.#bias.value.at, active, 4 * units, false);
        if (before !== undefined) this.#recurrent.addProduct(hidden.rowsFrom(before, active), now, share);
        const output = hidden.rowsFrom(from, active);
        kernels.gatesForward(
          now.at,
          before === undefined ? 0 : cells.rowsFrom(before, active).at,
          cells.rowsFrom(from, active).at,
          output.at,
          active,
          units,
          this.#peephole?.value.at ?? 0,
        );
        pool(share, sequence, step, output, features, this.#pooling);
      }
    });
    this.#cache = { sequence, rows, kernel, gates, cells, hidden };
    return features;
  }

  backward(gradient: Matrix, factorGradient: Matrix | undefined): Matrix {
    if (this.#cache === undefined) throw new Error('lstm: backward without forward');
    const { sequence, rows, kernel, gates, cells, hidden } = this.#cache;
    const { order } = sequence;
    const [workspace, units] = [this.#workspace, this.units];
    const gateGradients = workspace.matrix(gates.rows, 4 * units);
    // dL/dc_t and dL/dh_t of the step after; 0 for a sentence that ends.
    const cellGradients = workspace.zeros(order.length, units);
    const hiddenGradients = workspace.zeros(order.length, units);
    this.#recurrent.beginBackward();
    inShares(workspace, sequence, 4 * units ** 2, (share) => {
      const { kernels } = share;
      for (const step of stepsOf(share, sequence).toReversed()) {
        const { active, from, before } = step;
        const outputs = hiddenGradients.rowsFrom(share.first, active);
        poolBackward(share, sequence, step, gradient, outputs, this.#pooling);
        const now = gateGradients.rowsFrom(from, active);
        kernels.gatesBackward(
          gates.rowsFrom(from, active).at,
          before === undefined ? 0 : cells.rowsFrom(before, active).at,
          cells.rowsFrom(from, active).at,
          outputs.at,
          cellGradients.rowsFrom(share.first, active).at,
          now.at,
          active,
          units,
          this.#peephole?.value.at ?? 0,
        );
        if (before !== undefined) this.#recurrent.backward(now, outputs, false, share);
      }
    });
    const complete = gateGradients.frozen();
    const kernelGradient = (): Matrix => workspace.matMul(rows, complete, true, false);
    if (this.#kernel.needsGradient) this.#kernel.backward(kernelGradient(), factorGradient);
    if (!this.#recurrent.parameter.isFixed) {
      const before = outputsBefore(workspace, sequence, hidden);
      this.#recurrent.parameter.gradient = workspace.matMul(before, complete, true, false);
      this.#bias.gradient = columnSums(workspace, gateGradients);
    }
    if (this.#peephole) this.#peephole.gradient = peepholeGradient(workspace, sequence, cells, gateGradients);
    return workspace.matMul(complete, kernel, false, true);
  }
}

/** A sum over all sentences, which is the same in one thread: 3 x H. */
function peepholeGradient(
  workspace: Workspace,
  { active: counts, offsets }: Sequence,
  cells: Matrix,
  gateGradients: Matrix,
): Matrix {
  const units = cells.columns;
  const gradient = workspace.zeros(3, units);
  for (let t = counts.length - 1; t >= 0; t--) {
    const [active, from] = [counts[t]!, offsets[t]!];
    workspace.kernels.peepholesBackward(
      gateGradients.rowsFrom(from, active).at,
      t === 0 ? 0 : cells.rowsFrom(offsets[t - 1]!, active).at,
      cells.rowsFrom(from, active).at,
      active,
      units,
      gradient.at,
    );
  }
  return gradient;
}
