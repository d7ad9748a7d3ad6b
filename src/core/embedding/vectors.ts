import { readBinaryVectors } from './vectorsBinary.ts';
import { VectorStore, type VectorReading, type WordVectors } from './vectorsStore.ts';
import { readTextVectors } from './vectorsText.ts';

export type { WordVectors } from './vectorsStore.ts';
export { writeVectorsBinary } from './vectorsWrite.ts';

/**
 * Reads word vectors in chunks: a name that ends in `.bin` is word2vec's binary form (`V D\n`, then for each word its
 * name, a space and D little-endian float32, with or without a \n), any other name GloVe's text or word2vec's (the same
 * with a first line `V D`). Memory is that of the words kept. Every entry is checked, also of words that are not kept.
 *
 * @param wanted the words to keep; undefined keeps all
 * @param dimension D as the recipe has it
 * @throws UserError naming the file and the line or entry: a file that is missing, empty or cut short, an entry with
 * another number of values, a value that is no finite number, another dimension, a header that the file's size or its
 * entries belie.
 */
export async function readVectors(
  path: string,
  wanted: ReadonlySet<string> | undefined,
  dimension: number,
): Promise<WordVectors> {
  let store: VectorStore | undefined;
  const reading: VectorReading = {
    dimension,
    sink: (_, entries) => (store = new VectorStore(dimension, wanted, entries ?? 0)),
  };
  await (isBinaryVectors(path) ? readBinaryVectors(path, reading) : readTextVectors(path, reading));
  if (store === undefined) throw new Error('A file without vectors is refused.');
  return store.result();
}

export function isBinaryVectors(path: string): boolean {
  return path.toLowerCase().endsWith('.bin');
}
