import { bytesOf, replaceFile, writeAll } from '../checkpoint/replaceFile.ts';
import { npyHeader } from './vectorsNpy.ts';

/** `glove` has a word and its numbers a line, `word2vec` the same under a line `V D`; fastText's `.vec` is that, too. */
export type VectorsFormat = 'glove' | 'word2vec' | 'word2vec-binary' | 'npy';

/** What stands before the entries of a file. */
export function headerOf(format: VectorsFormat, rows: number, dimension: number): Uint8Array {
  switch (format) {
    case 'glove':
      return new Uint8Array();
    case 'npy':
      return npyHeader(rows, dimension);
    default:
      return Buffer.from(`${rows} ${dimension}\n`);
  }
}

/**
 * Entries one after the other, as a file of the format has them.
 *
 * @param words of the rows; unused where the format has none
 * @param data words x dimension, row-major
 */
export function encodeEntries(
  format: VectorsFormat,
  words: readonly string[],
  data: Float32Array,
  dimension: number,
): Uint8Array {
  if (format === 'npy') return bytesOf(data);
  const vector = (i: number): Float32Array => data.subarray(i * dimension, (i + 1) * dimension);
  return format === 'word2vec-binary'
    ? Buffer.concat(
        words.flatMap((word, i) => [Buffer.from(`${word} `), bytesOf(vector(i)), Buffer.from('\n')]),
      )
    : Buffer.from(words.map((word, i) => `${word} ${Array.from(vector(i), shortest).join(' ')}\n`).join(''));
}

/** The least digits that give a float32 back. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

const chunkEntries = 4096;

/**
 * Writes vectors in word2vec's binary form, which is read many times faster than text; the file appears once it is
 * whole.
 *
 * @param path should end in `.bin`, for `readVectors` to know it
 * @param data words x dimension, row-major
 * @throws RangeError where a word is empty or holds white space, or `data` has another size
 */
export async function writeVectorsBinary(
  path: string,
  words: readonly string[],
  data: Float32Array,
  dimension: number,
): Promise<void> {
  if (data.length !== words.length * dimension) {
    throw new RangeError(`${words.length} words of ${dimension} values do not make ${data.length} values.`);
  }
  const wrong = words.find((word) => word === '' || /[ \n]/.test(word));
  if (wrong !== undefined) throw new RangeError(`The word '${wrong}' cannot be written.`);
  await replaceFile(path, async (file) => {
    await writeAll(file, headerOf('word2vec-binary', words.length, dimension));
    for (let first = 0; first < words.length; first += chunkEntries) {
      const some = words.slice(first, first + chunkEntries);
      const values = data.subarray(first * dimension, (first + some.length) * dimension);
      await writeAll(file, encodeEntries('word2vec-binary', some, values, dimension));
    }
  });
}
