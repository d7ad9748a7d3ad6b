import type { Weights } from '../checkpoint/checkpoint.ts';
import { Matrix, type Workspace } from '../engine/workspace.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import type { Embedding } from './embedding.ts';
import { packBatch, type PackedBatch } from './packedBatch.ts';
import { Parameter } from './parameter.ts';

interface Cache {
  readonly packed: PackedBatch;
  /** Addresses of int32 values. */
  readonly order: number;
  readonly lengths: number;
  readonly rows: Matrix;
  /** The kernel that the rows are multiplied by: n x 4H, or B K, k x 4H, where the embedding is factorized. */
  readonly kernel: Matrix;
  /** tokens x 4H: the gates' values i, f, c, o after their activations. */
  readonly gates: Matrix;
  /** tokens x H */
  readonly cells: Matrix;
  readonly hidden: Matrix;
}

/**
 * A long short-term memory, its outputs averaged over time or its last one taken. Optional peepholes as in Gers
 * et al. (2002): the input and forget gates see c_(t-1), the output gate sees c_t.
 * All steps' input products are one product; in the recurrence only h W_h and the gates remain. Of a factorized embedding
 * it reads the rows of A and multiplies them by B K, which costs k rather than n multiplications for each gate.
 */
export class LstmEncoder implements SentenceEncoder {
  readonly #workspace: Workspace;
  readonly #embedding: Embedding;
  readonly width: number;
  readonly #mean: boolean;
  readonly #kernel: Parameter;
  readonly #recurrent: Parameter;
  readonly #bias: Parameter;
  readonly #peephole: Parameter | undefined;
  #cache: Cache | undefined;

  constructor(
    workspace: Workspace,
    embedding: Embedding,
    dimension: number,
    body: { readonly units: number; readonly pooling: 'mean' | 'last'; readonly peepholes: boolean },
    weights: Weights,
    optimizer: OptimizerSettings,
  ) {
    const { units } = body;
    this.#workspace = workspace;
    this.#embedding = embedding;
    this.width = units;
    this.#mean = body.pooling === 'mean';
    const parameter = (name: string, ...shape: number[]): Parameter =>
      new Parameter(workspace, `lstm/${name}`, shape, weights, optimizer);
    this.#kernel = parameter('kernel', dimension, 4 * units);
    this.#recurrent = parameter('recurrent_kernel', units, 4 * units);
    this.#bias = parameter('bias', 4 * units);
    if (body.peepholes) this.#peephole = parameter('peephole', 3, units);
  }

  get parameters(): readonly Parameter[] {
    return [this.#kernel, this.#recurrent, this.#bias, ...(this.#peephole ? [this.#peephole] : [])];
  }

  forward(batch: Batch): Matrix {
    const [workspace, units] = [this.#workspace, this.width];
    const { kernels } = workspace;
    const packed = packBatch(batch);
    const order = workspace.integers(packed.order);
    const lengths = workspace.integers(packed.lengths);
    const rows = this.#embedding.gather(packed.tokens);
    const { factor } = this.#embedding;
    const kernel = factor ? workspace.matMul(factor.value, this.#kernel.value) : this.#kernel.value;
    const gates = workspace.matMul(rows, kernel);
    kernels.addBias(gates.at, this.#bias.value.at, gates.rows, gates.columns, false);
    const cells = workspace.matrix(gates.rows, units);
    const hidden = workspace.matrix(gates.rows, units);
    const features = workspace.zeros(batch.size, units);
    for (let t = 0; t < packed.active.length; t++) {
      const active = packed.active[t]!;
      const now = rowsAt(workspace, gates, packed.offsets[t]!, active);
      const before = t === 0 ? undefined : packed.offsets[t - 1]!;
      if (before !== undefined) {
        workspace.matMul(rowsAt(workspace, hidden, before, active), this.#recurrent.value, false, false, now);
      }
      const output = address(hidden, packed.offsets[t]!);
      kernels.gatesForward(
        now.at,
        before === undefined ? 0 : address(cells, before),
        address(cells, packed.offsets[t]!),
        output,
        active,
        units,
        this.#peephole?.value.at ?? 0,
      );
      kernels.poolStep(output, features.at, order, lengths, active, units, t, this.#mean);
    }
    this.#cache = { packed, order, lengths, rows, kernel, gates, cells, hidden };
    return features;
  }

  backward(gradient: Matrix): VectorGradient {
    if (this.#cache === undefined) throw new Error('lstm: backward without forward');
    const { packed, order, lengths, rows, kernel, gates, cells, hidden } = this.#cache;
    const [workspace, units] = [this.#workspace, this.width];
    const { kernels } = workspace;
    const size = packed.active[0] ?? 0;
    const gateGradients = workspace.matrix(gates.rows, 4 * units);
    const peepholeGradient = this.#peephole && workspace.zeros(3, units);
    // dL/dc_t and dL/dh_t of the step after; 0 for a sentence that ends.
    const cellGradients = workspace.zeros(size, units);
    const hiddenGradients = workspace.zeros(size, units);
    for (let t = packed.active.length - 1; t >= 0; t--) {
      const active = packed.active[t]!;
      const [from, before] = [packed.offsets[t]!, t === 0 ? undefined : packed.offsets[t - 1]!];
      const outputs = hiddenGradients.at;
      kernels.poolStepBackward(gradient.at, outputs, order, lengths, active, units, t, this.#mean);
      kernels.gatesBackward(
        address(gates, from),
        before === undefined ? 0 : address(cells, before),
        address(cells, from),
        outputs,
        cellGradients.at,
        address(gateGradients, from),
        active,
        units,
        this.#peephole?.value.at ?? 0,
        peepholeGradient?.at ?? 0,
      );
      if (before === undefined) break;
      const now = rowsAt(workspace, gateGradients, from, active);
      const next = rowsAt(workspace, hiddenGradients, 0, active);
      next.data.fill(0);
      workspace.matMul(now, this.#recurrent.value, false, true, next);
    }
    // The hidden state before each token: h_(t-1) of its sentence, zero at the start.
    const before = workspace.matrix(gates.rows, units);
    before.data.fill(0, 0, size * units);
    const [from, to] = [hidden.data, before.data];
    for (let t = 1; t < packed.active.length; t++) {
      const previous = packed.offsets[t - 1]! * units;
      to.set(from.subarray(previous, previous + packed.active[t]! * units), packed.offsets[t]! * units);
    }
    this.#kernelGradient(workspace.matMul(rows, gateGradients, true, false));
    this.#recurrent.gradient = workspace.matMul(before, gateGradients, true, false);
    const sums = workspace.matrix(1, 4 * units);
    kernels.columnSums(gateGradients.at, gateGradients.rows, 4 * units, sums.at);
    this.#bias.gradient = sums;
    if (this.#peephole && peepholeGradient) this.#peephole.gradient = peepholeGradient;
    return { gradient: workspace.matMul(gateGradients, kernel, false, true) };
  }

  /** From dL/d(B K): dL/dK = B^T dL/d(B K), dL/dB = dL/d(B K) K^T. */
  #kernelGradient(gradient: Matrix): void {
    const { factor } = this.#embedding;
    if (factor === undefined) {
      this.#kernel.gradient = gradient;
      return;
    }
    this.#kernel.gradient = this.#workspace.matMul(factor.value, gradient, true, false);
    factor.gradient = this.#workspace.matMul(gradient, this.#kernel.value, false, true);
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    if (this.#cache === undefined) throw new Error('lstm: backward without forward');
    this.#embedding.backwardGather(this.#cache.packed.tokens, gradient);
  }
}

/** `count` rows of a matrix, from a row on. */
function rowsAt(workspace: Workspace, matrix: Matrix, from: number, count: number): Matrix {
  return new Matrix(workspace, address(matrix, from), count, matrix.columns);
}

function address({ at, columns }: Matrix, row: number): number {
  return at + 4 * row * columns;
}
