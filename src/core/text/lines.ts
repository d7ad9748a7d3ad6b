import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { UserError } from '../errors.ts';

/** Consecutive lines as bytes, without their \n and without one \r before it. */
export interface LineChunk {
  /** Number of the first of them in the file, from 1. */
  readonly first: number;
  readonly lines: readonly Buffer[];
}

/** Few lines at a time, which are garbage before the collector takes them for lasting. */
const chunkBytes = 1 << 16;
/** No sentence or vector is so long: a file with such a line is no text. */
const maxLineBytes = 64 << 20;

/**
 * Reads a text file in constant memory. Lines end at \n alone, since Latin-1 texts hold bytes such as 0x85 and \r
 * that other readers take for line ends; a byte order mark is skipped, and a \n at the very end starts no line.
 *
 * @throws UserError where the file cannot be read or has a line of more than 64 MiB.
 */
export async function* readLineChunks(path: string): AsyncGenerator<LineChunk> {
  let first = 1;
  let atStart = true;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (let chunk of readBytes(path)) {
    if (atStart) {
      if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3);
      atStart = false;
    }
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      let line = chunk.subarray(start, end);
      if (restBytes > 0) {
        line = Buffer.concat([...rest, line]);
        rest = [];
        restBytes = 0;
      }
      lines.push(withoutReturn(line));
      start = end + 1;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
    }
    if (restBytes > maxLineBytes) {
      throw new UserError(
        'line-too-long',
        `Line ${first + lines.length} is longer than ${maxLineBytes >> 20} MiB.`,
        'Check that the file is a text file with one entry a line.',
        { file: path, line: first + lines.length },
      );
    }
    if (lines.length > 0) yield { first, lines };
    first += lines.length;
  }
  if (restBytes > 0) yield { first, lines: [withoutReturn(Buffer.concat(rest))] };
}

export async function countLines(path: string): Promise<number> {
  let count = 0;
  for await (const { lines } of readLineChunks(path)) count += lines.length;
  return count;
}

/**
 * The text of a line. Latin-1 is ISO 8859-1, every byte the code point of its value.
 *
 * @throws UserError where a line is no UTF-8.
 */
export function decodeLine(bytes: Buffer, encoding: 'utf-8' | 'latin1', file: string, line: number): string {
  if (encoding === 'latin1') return bytes.toString('latin1');
  if (!isUtf8(bytes)) {
    throw new UserError(
      'invalid-utf8',
      `Line ${line} is not valid UTF-8.`,
      'Save the file as UTF-8, or set "encoding": "latin1" where it is a data file.',
      { file, line },
    );
  }
  return bytes.toString('utf8');
}

/** The error for a file that the system refuses to read; anything else is returned as it is. */
export function readFailure(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? 'does not exist'
      : code === 'EISDIR'
        ? 'is a folder'
        : code === 'EACCES' || code === 'EPERM'
          ? 'may not be read'
          : undefined;
  if (reason === undefined) return error;
  return new UserError('unreadable-file', `The file '${path}' ${reason}.`, 'Check the path.', {
    file: path,
  });
}

async function* readBytes(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw readFailure(error, path);
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line[line.length - 1] === 13 ? line.subarray(0, -1) : line;
}
