import { stat } from 'node:fs/promises';
import { decodeLine, readFailure, readLineChunks } from '../text/lines.ts';
import { emptyVectors, invalidVectors, wrongDimension } from './vectorsErrors.ts';
import { VectorStore, type WordVectors } from './vectorsStore.ts';

const space = 32;
const tab = 9;
const nine = 57;

/** GloVe's or word2vec's text; see `readVectors`. */
export async function readTextVectors(
  path: string,
  wanted: ReadonlySet<string> | undefined,
  dimension: number,
): Promise<WordVectors> {
  const store = new VectorStore(dimension, wanted, 0);
  let announced: number | undefined;
  let entries = 0;
  for await (const { first, lines } of readLineChunks(path)) {
    for (let i = 0; i < lines.length; i++) {
      const line = first + i;
      const bytes = trimEnd(lines[i]!);
      if (line === 1) {
        const header = /^(\d+)[ \t]+(\d+)$/.exec(bytes.toString('latin1', 0, 64));
        // With one dimension such a line may as well be a word and its value.
        if (header !== null && (dimension !== 1 || header[2] === '1')) {
          if (Number(header[2]) !== dimension) throw wrongDimension(path, Number(header[2]), dimension, line);
          announced = Number(header[1]);
          await checkSize(path, announced, dimension);
          continue;
        }
      }
      if (bytes.length === 0) {
        throw invalidVectors(path, `Line ${line} is empty, where a word and its vector are expected.`, {
          line,
        });
      }
      readEntry(bytes, store, path, line, entries === 0);
      entries++;
    }
  }
  if (entries === 0) throw emptyVectors(path);
  if (announced !== undefined && announced !== entries) {
    throw invalidVectors(path, `The header announces ${announced} vectors, and the file has ${entries}.`, {
      line: 1,
    });
  }
  return store.result();
}

/** Checks the line with one cheap look at its bytes and parses it only where it is wanted or looks odd. */
function readEntry(bytes: Buffer, store: VectorStore, path: string, line: number, firstEntry: boolean): void {
  const { dimension } = store;
  let wordEnd = 0;
  while (wordEnd < bytes.length && bytes[wordEnd] !== space && bytes[wordEnd] !== tab) wordEnd++;
  let values = 0;
  let odd = false;
  for (let i = wordEnd, gap = true; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === space || byte === tab) {
      gap = true;
    } else {
      if (gap) values++;
      gap = false;
      // Letters of NaN, Infinity and the like; e and E belong to numbers.
      odd ||= byte > nine && byte !== 101 && byte !== 69;
    }
  }
  if (values !== dimension) wordEnd = endOfSpacedWord(bytes, values - dimension, wordEnd);
  if (wordEnd < 0) {
    if (firstEntry && values > 1) throw wrongDimension(path, values, dimension, line);
    throw invalidVectors(
      path,
      `The vector on line ${line} has ${values} values, where ${dimension} are expected.`,
      {
        line,
      },
    );
  }
  const word = decodeLine(bytes.subarray(0, wordEnd), 'utf-8', path, line);
  const wanted = store.wants(word);
  if (!wanted && !odd) return;
  const fields = bytes
    .toString('latin1', wordEnd)
    .trim()
    .split(/[ \t]+/);
  const vector = wanted ? store.add(word) : new Float32Array(dimension);
  for (let d = 0; d < dimension; d++) {
    const field = fields[d]!;
    vector[d] = Number(field);
    if (!Number.isFinite(vector[d])) {
      throw invalidVectors(
        path,
        `Value ${d + 1} of the vector on line ${line} is '${field.slice(0, 40)}', where a finite number is expected.`,
        { line },
      );
    }
  }
}

/**
 * Some GloVe files have words with spaces (". . ."). Where a line has `extra` fields too many and none of them is a
 * number, they belong to the word: the end of that word, or -1.
 */
function endOfSpacedWord(bytes: Buffer, extra: number, wordEnd: number): number {
  if (extra < 0) return -1;
  let end = wordEnd;
  for (const match of bytes.toString('latin1', wordEnd).matchAll(/[ \t]+([^ \t]+)/g)) {
    if (extra === 0) break;
    if (!Number.isNaN(Number(match[1]))) return -1;
    end = wordEnd + match.index + match[0].length;
    extra--;
  }
  return end;
}

async function checkSize(path: string, entries: number, dimension: number): Promise<void> {
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    throw readFailure(error, path);
  }
  // Each value has at least a digit and a space before it.
  if (entries * dimension * 2 > size) {
    throw invalidVectors(
      path,
      `The header announces ${entries} vectors of ${dimension} values, more than the file's ${size} bytes can hold.`,
      { line: 1 },
    );
  }
}

function trimEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === space || bytes[end - 1] === tab)) end--;
  return end === bytes.length ? bytes : bytes.subarray(0, end);
}
