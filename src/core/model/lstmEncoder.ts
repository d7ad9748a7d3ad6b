import type { Tensor, Weights } from '../checkpoint/checkpoint.ts';
import type { Engine, Matrix, Variable } from '../engine/engine.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import { addBias, columnSums, weightMatrix } from './denseLayer.ts';
import type { Embedding } from './embedding.ts';
import { gatesBackward, gatesForward } from './lstmGates.ts';
import { packBatch, type PackedBatch } from './packedBatch.ts';

interface Cache {
  readonly size: number;
  readonly packed: PackedBatch;
  readonly rows: Matrix;
  readonly vectors: Matrix;
  /** tokens x 4H: the gates' values i, f, c, o after their activations. */
  readonly gates: Float32Array;
  /** tokens x H */
  readonly cells: Float32Array;
  readonly hidden: Float32Array;
}

/**
 * A long short-term memory, its outputs averaged over time or its last one taken. Optional peepholes as in Gers
 * et al. (2002): the input and forget gates see c_(t-1), the output gate sees c_t.
 * All steps' input products are one product; in the recurrence only h W_h and the gates remain.
 */
export class LstmEncoder implements SentenceEncoder {
  readonly #engine: Engine;
  readonly #embedding: Embedding;
  readonly width: number;
  readonly #pooling: 'mean' | 'last';
  readonly #dimension: number;
  readonly #kernel: Variable;
  readonly #recurrent: Variable;
  readonly #bias: Variable;
  readonly #peephole: Variable | undefined;
  #cache: Cache | undefined;
  #gradients: [Variable, Float32Array][] = [];

  constructor(
    engine: Engine,
    embedding: Embedding,
    dimension: number,
    body: { readonly units: number; readonly pooling: 'mean' | 'last'; readonly peepholes: boolean },
    weights: Weights,
    optimizer: OptimizerSettings,
  ) {
    const { units } = body;
    this.#engine = engine;
    this.#embedding = embedding;
    this.width = units;
    this.#pooling = body.pooling;
    this.#dimension = dimension;
    const variable = (name: string, rows: number, columns: number): Variable =>
      engine.variable(weightMatrix(weights, name, rows, columns), optimizer);
    this.#kernel = variable('lstm/kernel', dimension, 4 * units);
    this.#recurrent = variable('lstm/recurrent_kernel', units, 4 * units);
    this.#bias = variable('lstm/bias', 1, 4 * units);
    if (body.peepholes) this.#peephole = variable('lstm/peephole', 3, units);
  }

  forward(batch: Batch): Matrix {
    const units = this.width;
    const packed = packBatch(batch);
    const rows = this.#embedding.gather(packed.tokens);
    const vectors = this.#embedding.expand(rows);
    const inputs = this.#engine.matMul(vectors, this.#kernel);
    addBias(inputs, this.#bias.read());
    const gates = inputs.data;
    const count = packed.tokens.length;
    const cells = new Float32Array(count * units);
    const hidden = new Float32Array(count * units);
    const peephole = this.#peephole?.read();
    for (let t = 0; t < packed.active.length; t++) {
      const active = packed.active[t]!;
      const from = packed.offsets[t]!;
      const previous = t === 0 ? -1 : packed.offsets[t - 1]!;
      if (t > 0) {
        const last = {
          rows: active,
          columns: units,
          data: hidden.slice(previous * units, (previous + active) * units),
        };
        const recurrent = this.#engine.matMul(last, this.#recurrent).data;
        for (let i = 0, to = from * 4 * units; i < recurrent.length; i++, to++) gates[to]! += recurrent[i]!;
      }
      gatesForward(gates, cells, hidden, from, previous, active, units, peephole);
    }
    this.#cache = { size: batch.size, packed, rows, vectors, gates, cells, hidden };
    return this.#pool(this.#cache);
  }

  #pool({ size, packed, hidden }: Cache): Matrix {
    const units = this.width;
    const data = new Float32Array(size * units);
    for (let t = 0; t < packed.active.length; t++) {
      for (let j = 0; j < packed.active[t]!; j++) {
        const length = packed.lengths[j]!;
        const share = this.#pooling === 'mean' ? 1 / length : t === length - 1 ? 1 : 0;
        if (share === 0) continue;
        const from = (packed.offsets[t]! + j) * units;
        const to = packed.order[j]! * units;
        for (let u = 0; u < units; u++) data[to + u]! += share * hidden[from + u]!;
      }
    }
    return { rows: size, columns: units, data };
  }

  backward(gradient: Matrix): VectorGradient {
    const cache = this.#cache;
    if (cache === undefined) throw new Error('lstm: backward without forward');
    const { packed, vectors, gates, cells, hidden } = cache;
    const units = this.width;
    const count = packed.tokens.length;
    const peephole = this.#peephole?.read();
    const peepholeGradient = peephole && new Float32Array(3 * units);
    const gateGradients = new Float32Array(count * 4 * units);
    const cellGradients = new Float32Array((packed.active[0] ?? 0) * units);
    let fromNext: Float32Array | undefined;
    for (let t = packed.active.length - 1; t >= 0; t--) {
      const active = packed.active[t]!;
      const from = packed.offsets[t]!;
      // dL/dh_t: from the pooling, and through the next step's gates for the sentences that go on.
      const hiddenGradients = new Float32Array(active * units);
      if (fromNext !== undefined) hiddenGradients.set(fromNext);
      for (let j = 0; j < active; j++) {
        const length = packed.lengths[j]!;
        const share = this.#pooling === 'mean' ? 1 / length : t === length - 1 ? 1 : 0;
        if (share === 0) continue;
        const source = packed.order[j]! * units;
        for (let u = 0; u < units; u++) hiddenGradients[j * units + u]! += share * gradient.data[source + u]!;
      }
      const previous = t === 0 ? -1 : packed.offsets[t - 1]!;
      gatesBackward(
        gates,
        cells,
        from,
        previous,
        active,
        units,
        peephole,
        hiddenGradients,
        cellGradients,
        gateGradients,
        peepholeGradient,
      );
      if (t > 0) {
        const step = gateGradients.slice(from * 4 * units, (from + active) * 4 * units);
        fromNext = this.#engine.matMul(
          { rows: active, columns: 4 * units, data: step },
          this.#recurrent,
          false,
          true,
        ).data;
      }
    }
    const all: Matrix = { rows: count, columns: 4 * units, data: gateGradients };
    // The hidden state before each token: h_(t-1) of its sentence, zero at the start.
    const before = new Float32Array(count * units);
    for (let t = 1; t < packed.active.length; t++) {
      const previous = packed.offsets[t - 1]! * units;
      before.set(hidden.subarray(previous, previous + packed.active[t]! * units), packed.offsets[t]! * units);
    }
    this.#gradients = [
      [this.#kernel, this.#engine.matMul(vectors, all, true, false).data],
      [
        this.#recurrent,
        this.#engine.matMul({ rows: count, columns: units, data: before }, all, true, false).data,
      ],
      [this.#bias, columnSums(all)],
    ];
    if (this.#peephole !== undefined && peepholeGradient !== undefined) {
      this.#gradients.push([this.#peephole, peepholeGradient]);
    }
    return { gradient: this.#engine.matMul(all, this.#kernel, false, true) };
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    if (this.#cache === undefined) throw new Error('lstm: backward without forward');
    this.#embedding.backwardGather(this.#cache.packed.tokens, this.#cache.rows, gradient);
  }

  update(rate: number): void {
    for (const [variable, gradient] of this.#gradients) variable.apply(gradient, rate);
  }

  variables(): [string, Variable][] {
    const variables: [string, Variable][] = [
      ['lstm/kernel', this.#kernel],
      ['lstm/recurrent_kernel', this.#recurrent],
      ['lstm/bias', this.#bias],
    ];
    if (this.#peephole !== undefined) variables.push(['lstm/peephole', this.#peephole]);
    return variables;
  }

  weights(): [string, Tensor][] {
    const shapes: Record<string, number[]> = {
      'lstm/kernel': [this.#dimension, 4 * this.width],
      'lstm/recurrent_kernel': [this.width, 4 * this.width],
      'lstm/bias': [4 * this.width],
      'lstm/peephole': [3, this.width],
    };
    return this.variables().map(([name, variable]) => [
      name,
      { shape: shapes[name] ?? [], data: variable.read() },
    ]);
  }
}
