import type { Tensor } from '../checkpoint/checkpoint.ts';
import type { Matrix, Variable } from '../engine/engine.ts';
import type { Batch } from '../text/encoded.ts';

/**
 * dL/d embedding vectors: one row a vector, or one row a sentence whose tokens share it up to a factor; then
 * `weights` gives, for each row, the number by which g g^T counts in the sum over the sentence's tokens.
 */
export interface VectorGradient {
  readonly gradient: Matrix;
  readonly weights?: Float32Array;
}

/** What lies between the token rows and the first dense layer. `backward` must follow its `forward`. */
export interface SentenceEncoder {
  /** Features of a sentence, size x width. */
  readonly width: number;
  forward(batch: Batch): Matrix;
  /** dL/d features to dL/d embedding vectors; keeps the gradients of the encoder's own weights. */
  backward(gradient: Matrix): VectorGradient;
  /** Goes on from the result of `backward` into the embedding. */
  backwardEmbedding(gradient: VectorGradient): void;
  update(rate: number): void;
  variables(): [string, Variable][];
  weights(): [string, Tensor][];
}
