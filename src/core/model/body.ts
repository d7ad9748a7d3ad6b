import type { Matrix } from '../engine/workspace.ts';
import type { Random } from '../random.ts';
import type { Batch } from '../text/encoded.ts';
import type { Embedding } from './embedding.ts';
import type { Parameter } from './parameter.ts';

/**
 * dL/d embedding vectors: one row a vector, or one row a sentence whose tokens share it up to a factor; then
 * `weights` gives, for each row, the number by which g g^T counts in the sum over the sentence's tokens. Where the
 * embedding is factorized an encoder may read its rows of k rather than vectors of n, and then gives their gradient.
 */
export interface VectorGradient {
  readonly gradient: Matrix;
  readonly weights?: Float32Array;
  /** dL/d vectors, or rows, of a graph's further tables, by the tables' names; one row a token that is read. */
  readonly further?: ReadonlyMap<string, Matrix>;
}

/** What lies between the token rows and the first dense layer. `backward` must follow its `forward`. */
export interface SentenceEncoder {
  /** Features of a sentence, size x width. */
  readonly width: number;
  readonly parameters: readonly Parameter[];
  /** Further tables than the model's first; none where absent. */
  readonly embeddings?: readonly Embedding[];
  /** @param random in training alone: for an encoder that has a dropout of its own */
  forward(batch: Batch, random?: Random): Matrix;
  /** dL/d features to dL/d embedding vectors; leaves the gradients of the encoder's own parameters. */
  backward(gradient: Matrix): VectorGradient;
  /** Goes on from the result of `backward` into the embedding. */
  backwardEmbedding(gradient: VectorGradient): void;
}
