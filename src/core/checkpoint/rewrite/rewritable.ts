import type { RowSource } from '../../embedding/rowSource.ts';
import type { StreamedTensor, Tensor } from '../checkpoint.ts';
import { isKerasFile } from '../fileNames.ts';
import { openKerasRewrite } from './kerasRewrite.ts';
import type { InsertedFactor, SavedEmbedding } from './insertFactors.ts';
import { openTfjsRewrite } from './tfjsRewrite.ts';

/** Both factors of an embedding, as they take its place. */
export interface WrittenFactor extends InsertedFactor {
  readonly A: Tensor | StreamedTensor;
  readonly B: Tensor;
}

/** A saved model whose embeddings can be replaced by factors whatever its other layers are: these stay as they are. */
export interface Rewritable {
  readonly format: 'tfjs' | 'keras' | 'h5';
  readonly embeddings: readonly SavedEmbedding[];
  /** A name for the layer that becomes B. */
  readonly factorName: (embedding: string) => string;
  /** @throws UserError where the table is missing, of another shape, or cannot be read */
  readonly tableOf: (embedding: SavedEmbedding) => Promise<RowSource>;
  /**
   * Writes the model with narrow embeddings into an existing folder.
   * @returns notes on what is not in the copy
   */
  readonly write: (folder: string, factors: readonly WrittenFactor[]) => Promise<string[]>;
}

/**
 * Opens a tfjs layers model, or a `.keras` or `.h5` file of Keras, whatever its layers.
 * @throws UserError that names the entry, layer or weight
 */
export function openRewritable(file: string): Promise<Rewritable> {
  return isKerasFile(file) ? openKerasRewrite(file) : openTfjsRewrite(file);
}
