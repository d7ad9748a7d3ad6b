import { open, rename, rm } from 'node:fs/promises';

const chunkBytes = 4 << 20;

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
  const values = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    let pieces: Buffer[] = [Buffer.from(`${words.length} ${dimension}\n`)];
    let pending = 0;
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (word === '' || /[ \n]/.test(word)) throw new RangeError(`The word '${word}' cannot be written.`);
      const vector = values.subarray(4 * dimension * i, 4 * dimension * (i + 1));
      pieces.push(Buffer.from(`${word} `), vector, Buffer.from('\n'));
      pending += 4 * dimension + 16;
      if (pending >= chunkBytes) {
        await file.writeFile(Buffer.concat(pieces));
        pieces = [];
        pending = 0;
      }
    }
    await file.writeFile(Buffer.concat(pieces));
    await file.close();
    await rename(part, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
