import { open } from 'node:fs/promises';
import { bytesOf, writeAll } from '../checkpoint/replaceFile.ts';
import { readRange } from '../checkpoint/tensorFile.ts';
import { UserError } from '../errors.ts';
import type { RowSource } from './rowSource.ts';
import { isBinaryVectors } from './vectors.ts';
import { readBinaryVectors } from './vectorsBinary.ts';
import type { VectorReading, VectorSink } from './vectorsStore.ts';
import { readTextVectors } from './vectorsText.ts';
import type { VectorsFormat } from './vectorsWrite.ts';

export interface UnpackedVectors extends RowSource {
  readonly format: VectorsFormat;
}

export interface UnpackOptions {
  /** Where the numbers go, to be read again: rows x D float32. */
  readonly rowsFile: string;
  /** Where the words go, one a line. */
  readonly wordsFile: string;
  /** Called after every few MiB, with the bytes of the input read; what it throws ends the reading. */
  readonly watch?: (bytesRead: number) => void | Promise<void>;
}

/**
 * Takes a file of word vectors apart into words and numbers, which then can be read from any row on. Every entry is
 * kept, in its order. Memory is that of a few MiB of the file.
 *
 * @throws UserError as `readVectors` does, and for a word with a line break, which no list of words could hold
 */
export async function unpackVectors(
  path: string,
  { rowsFile, wordsFile, watch }: UnpackOptions,
): Promise<UnpackedVectors> {
  const [rowsOut, wordsOut] = await Promise.all([open(rowsFile, 'wx'), open(wordsFile, 'wx')]);
  let rows = 0;
  let dimension = 0;
  try {
    const sink = (found: number): VectorSink => {
      dimension = found;
      let block = new Float32Array(256 * found);
      let words: string[] = [];
      return {
        wants: () => true,
        add: (word) => {
          if (/\n|\r$/.test(word)) throw lineBreak(word, rows + words.length + 1, path);
          const start = words.length * found;
          if (start === block.length) {
            const larger = new Float32Array(2 * start);
            larger.set(block);
            block = larger;
          }
          words.push(word);
          return block.subarray(start, start + found);
        },
        drain: async (bytesRead) => {
          await writeAll(rowsOut, bytesOf(block.subarray(0, words.length * found)));
          await writeAll(wordsOut, Buffer.from(words.map((word) => `${word}\n`).join('')));
          rows += words.length;
          words = [];
          await watch?.(bytesRead);
        },
      };
    };
    const format = await read(path, { sink });
    return {
      format,
      rows,
      dimension,
      place: { file: path },
      readRows: async (first, count) => {
        const bytes = await readRange(rowsFile, 4 * first * dimension, 4 * count * dimension);
        return new Float32Array(bytes.buffer as ArrayBuffer, 0, count * dimension);
      },
    };
  } finally {
    await Promise.all([rowsOut.close(), wordsOut.close()]);
  }
}

async function read(path: string, reading: VectorReading): Promise<VectorsFormat> {
  if (isBinaryVectors(path)) {
    await readBinaryVectors(path, reading);
    return 'word2vec-binary';
  }
  const { header } = await readTextVectors(path, reading);
  return header ? 'word2vec' : 'glove';
}

function lineBreak(word: string, entry: number, path: string): UserError {
  return new UserError(
    'word-with-line-break',
    `The word of entry ${entry} has a line break: ${JSON.stringify(word.slice(0, 60))}.`,
    'Remove it from the file.',
    { file: path, item: `entry ${entry}` },
  );
}
