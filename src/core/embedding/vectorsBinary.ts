import { isUtf8 } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import type { UserError } from '../errors.ts';
import { readFailure } from '../text/lines.ts';
import { checkDimension, emptyVectors, invalidVectors, wrongDimension } from './vectorsErrors.ts';
import type { VectorReading } from './vectorsStore.ts';

const chunkBytes = 4 << 20;
const maxWordBytes = 4096;
const newline = 10;
const space = 32;

/** word2vec's binary form; see `readVectors`. */
export async function readBinaryVectors(path: string, reading: VectorReading): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    await readEntries(file, path, reading);
  } catch (error) {
    throw readFailure(error, path);
  } finally {
    await file?.close();
  }
}

async function readEntries(
  file: FileHandle,
  path: string,
  { dimension: expected, sink: sinkFor }: VectorReading,
): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) throw emptyVectors(path);
  const start = Buffer.alloc(64);
  const { bytesRead: startBytes } = await file.read(start, 0, start.length, 0);
  const { entries, dimension, end } = readHeader(start.subarray(0, startBytes), path, size, expected);
  const sink = sinkFor(dimension, entries);
  const vectorBytes = 4 * dimension;
  const chunk = Buffer.allocUnsafe(chunkBytes + maxWordBytes + vectorBytes);
  let length = 0;
  let at = 0;
  let filePosition = end;
  /** Moves what is left to the buffer's start and reads on behind it. */
  const refill = async (): Promise<void> => {
    chunk.copyWithin(0, at, length);
    length -= at;
    at = 0;
    while (length < chunk.length && filePosition < size) {
      const { bytesRead } = await file.read(chunk, length, chunk.length - length, filePosition);
      if (bytesRead === 0) break;
      length += bytesRead;
      filePosition += bytesRead;
    }
  };
  const longest = 1 + maxWordBytes + 1 + vectorBytes;
  for (let entry = 1; entry <= entries; entry++) {
    if (length - at < longest && filePosition < size) {
      await refill();
      await sink.drain(filePosition);
    }
    if (chunk[at] === newline && at < length) at++;
    const found = chunk.indexOf(space, at);
    const wordEnd = found < 0 ? length : Math.min(found, length);
    if (wordEnd - at > maxWordBytes) throw noWord(path, entry);
    if (wordEnd + 1 + vectorBytes > length) {
      throw invalidVectors(
        path,
        `The file ends within entry ${entry} of the ${entries} that its header announces.`,
        {
          item: `entry ${entry}`,
        },
      );
    }
    const start = wordEnd + 1;
    checkFinite(chunk, start, start + vectorBytes, path, entry);
    const word = chunk.toString('utf8', at, wordEnd);
    if (word.includes('\uFFFD') && !isUtf8(chunk.subarray(at, wordEnd))) throw noWord(path, entry);
    if (sink.wants(word)) {
      const vector = sink.add(word);
      new Uint8Array(vector.buffer, vector.byteOffset, vectorBytes).set(
        chunk.subarray(start, start + vectorBytes),
      );
    }
    at = start + vectorBytes;
  }
  if (chunk[at] === newline && at < length) at++;
  if (at < length || filePosition < size) {
    throw invalidVectors(path, `The file goes on after the ${entries} entries that its header announces.`, {
      item: `entry ${entries + 1}`,
    });
  }
  await sink.drain(filePosition);
}

function readHeader(
  start: Buffer,
  path: string,
  size: number,
  expected: number | undefined,
): { readonly entries: number; readonly dimension: number; readonly end: number } {
  const match = /^(\d+) (\d+)\r?\n/.exec(start.toString('latin1'));
  if (match === null) {
    throw invalidVectors(
      path,
      "The file does not begin with a line 'V D', the number of words and the dimension.",
      {
        item: 'header',
      },
    );
  }
  const entries = Number(match[1]);
  const dimension = Number(match[2]);
  if (entries === 0) throw emptyVectors(path);
  if (expected !== undefined && dimension !== expected) throw wrongDimension(path, dimension, expected);
  checkDimension(dimension, path);
  // An entry is at least a space and its values.
  if (match[0].length + entries * (1 + 4 * dimension) > size) {
    throw invalidVectors(
      path,
      `The header announces ${entries} vectors of ${dimension} values, more than the file's ${size} bytes hold; it is cut short or no file of vectors.`,
      { item: 'header' },
    );
  }
  return { entries, dimension, end: match[0].length };
}

/** All bits of the exponent set mean NaN or an infinity. */
function checkFinite(bytes: Buffer, start: number, end: number, path: string, entry: number): void {
  for (let i = start + 3; i < end; i += 4) {
    if ((bytes[i]! & 0x7f) === 0x7f && bytes[i - 1]! >= 0x80) {
      throw invalidVectors(
        path,
        `Value ${(i - 3 - start) / 4 + 1} of entry ${entry} is ${bytes.readFloatLE(i - 3)}, where a finite number is expected.`,
        { item: `entry ${entry}` },
      );
    }
  }
}

function noWord(path: string, entry: number): UserError {
  return invalidVectors(path, `Entry ${entry} does not begin with a word in UTF-8 and a space.`, {
    item: `entry ${entry}`,
  });
}
