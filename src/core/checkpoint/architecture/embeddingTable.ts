import type { ArchitectureSettings } from '../../recipe/recipe.ts';
import type { Layer, TensorNames } from './tensorNames.ts';

/** A module that is called embed, embedding, emb, word_embeddings, embeddings.word_embeddings, encoder.embed_tokens ... */
const embeddingName = /(^|\.)\w*(emb|lookup|word_vectors|wte)\w*\.weight$/i;

/** @throws UserError `which-embedding`, which asks for the name. */
export function embeddingOf(names: TensorNames, { tensors, paddingRow }: ArchitectureSettings): Layer {
  const layer = names.weight(tensors.embedding ?? usualName(names));
  const { shape } = layer.weight;
  if (shape.length !== 2 || shape.includes(0)) throw names.misfit(layer.name, '[words, dimensions]');
  if (paddingRow !== 'none' && paddingRow >= shape[0]!) {
    throw names.error(
      'padding-row',
      `The padding's row is ${paddingRow}, and '${layer.name}' has the rows 0 to ${shape[0]! - 1}.`,
      'Correct "paddingRow" in "architecture" in the recipe.',
      layer.name,
    );
  }
  return layer;
}

function usualName(names: TensorNames): string {
  const matrices = names.weights([2]);
  const found = matrices.filter((name) => embeddingName.test(name));
  if (found.length === 1) return found[0]!;
  const size = (name: string): number => names.shape(name).reduce((a, b) => a * b, 1);
  const largest = matrices.reduce((a, b) => (size(b) > size(a) ? b : a), matrices[0] ?? '');
  throw names.error(
    'which-embedding',
    found.length === 0
      ? `No tensor is called an embedding; the largest matrix is '${largest}' [${names.shape(largest).join(', ')}].`
      : `Several tensors are called embeddings: ${found.map((name) => `'${name}'`).join(', ')}.`,
    'Name it as "embedding" in "architecture.tensors" in the recipe.',
  );
}

/** The table's rows with the padding's first: it changes its place with row 0, or is zeros before all others. */
export function withPaddingFirst(
  table: Float32Array,
  dimension: number,
  paddingRow: ArchitectureSettings['paddingRow'],
): Float32Array {
  if (paddingRow === 0) return table;
  if (paddingRow === 'none') {
    const longer = new Float32Array(table.length + dimension);
    longer.set(table, dimension);
    return longer;
  }
  const first = table.slice(0, dimension);
  table.copyWithin(0, paddingRow * dimension, (paddingRow + 1) * dimension);
  table.set(first, paddingRow * dimension);
  return table;
}
