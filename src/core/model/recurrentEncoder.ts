import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Batch } from '../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import { joinColumns, splitColumns } from './columns.ts';
import type { Embedding } from './embedding.ts';
import { mirrorOf, packBatch, type PackedBatch } from './packedBatch.ts';
import type { Parameter } from './parameter.ts';
import type { RecurrentLayer } from './recurrentLayer.ts';

/**
 * A recurrent layer over the tokens; a second one reads every sentence from its end, and the features of both stand side
 * by side, as Keras's Bidirectional has them. Of a factorized embedding the layers read the rows of A.
 */
export class RecurrentEncoder implements SentenceEncoder {
  readonly width: number;
  readonly #workspace: Workspace;
  readonly #embedding: Embedding;
  readonly #layers: readonly RecurrentLayer[];
  #cache: { readonly packed: PackedBatch; readonly mirrorAt: number } | undefined;

  /** @param backward reads each sentence from its end */
  constructor(
    workspace: Workspace,
    embedding: Embedding,
    forward: RecurrentLayer,
    backward?: RecurrentLayer,
  ) {
    this.#workspace = workspace;
    this.#embedding = embedding;
    this.#layers = backward === undefined ? [forward] : [forward, backward];
    this.width = this.#layers.reduce((sum, { units }) => sum + units, 0);
  }

  get parameters(): readonly Parameter[] {
    return this.#layers.flatMap((layer) => layer.parameters);
  }

  forward(batch: Batch): Matrix {
    const workspace = this.#workspace;
    const packed = packBatch(batch);
    const orderAt = workspace.integers(packed.order);
    const lengthsAt = workspace.integers(packed.lengths);
    const mirrorAt = this.#layers.length > 1 ? workspace.integers(mirrorOf(packed)) : 0;
    const rows = this.#embedding.gather(packed.tokens);
    this.#cache = { packed, mirrorAt };
    const features = this.#layers.map((layer, i) =>
      layer.forward({ ...packed, orderAt, lengthsAt }, i === 0 ? rows : this.#mirrored(rows, mirrorAt)),
    );
    return joinColumns(workspace, features);
  }

  backward(gradient: Matrix): VectorGradient {
    const { mirrorAt } = this.#cached();
    const factorGradient = this.#embedding.beginFactorGradient();
    const widths = this.#layers.map(({ units }) => units);
    const [forward, backward] = splitColumns(this.#workspace, gradient, widths).map((part, i) =>
      this.#layers[i]!.backward(part, factorGradient),
    );
    if (forward === undefined) throw new Error('An encoder has a layer.');
    if (backward !== undefined) {
      const { at, rows, columns } = backward;
      this.#workspace.kernels.scatter(at, columns, mirrorAt, rows, forward.at);
    }
    return { gradient: forward };
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    this.#embedding.backwardGather(this.#cached().packed.tokens, gradient);
  }

  #mirrored({ at, rows, columns }: Matrix, mirrorAt: number): Matrix {
    const mirrored = this.#workspace.matrix(rows, columns);
    this.#workspace.kernels.gather(at, columns, mirrorAt, rows, mirrored.at);
    return mirrored;
  }

  #cached(): { readonly packed: PackedBatch; readonly mirrorAt: number } {
    if (this.#cache === undefined) throw new Error('recurrence: backward without forward');
    return this.#cache;
  }
}
