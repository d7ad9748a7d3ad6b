import type { Matrix } from '../engine/workspace.ts';
import type { Batch } from '../text/encoded.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import type { Embedding } from './embedding.ts';

/**
 * The deep averaging network's input: the mean of the tokens' embedding vectors (Iyyer et al., ACL 2015).
 * Averaging is linear, so the rows of A are averaged first and B is multiplied once a sentence.
 */
export class AverageEncoder implements SentenceEncoder {
  readonly parameters = [];
  readonly #embedding: Embedding;
  readonly width: number;
  #batch: Batch | undefined;
  #averages: Matrix | undefined;

  constructor(embedding: Embedding) {
    this.#embedding = embedding;
    this.width = embedding.dimension;
  }

  forward(batch: Batch): Matrix {
    this.#batch = batch;
    this.#averages = this.#embedding.average(batch);
    return this.#embedding.expand(this.#averages);
  }

  backward(gradient: Matrix): VectorGradient {
    if (this.#batch === undefined) throw new Error('average: backward without forward');
    // Each of a sentence's T tokens has the gradient g/T, and T (g/T)(g/T)^T = g g^T / T.
    return { gradient, weights: Float32Array.from(this.#batch.lengths, (length) => 1 / length) };
  }

  backwardEmbedding({ gradient }: VectorGradient): void {
    if (this.#batch === undefined || this.#averages === undefined) {
      throw new Error('average: backward without forward');
    }
    this.#embedding.backwardAverage(this.#batch, this.#averages, gradient);
  }
}
