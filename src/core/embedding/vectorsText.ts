import { stat } from 'node:fs/promises';
import { decodeLine, readFailure, readLineChunks } from '../text/lines.ts';
import { parseDecimal } from './decimal.ts';
import { checkDimension, emptyVectors, invalidVectors, noText, wrongDimension } from './vectorsErrors.ts';
import type { VectorReading, VectorSink } from './vectorsStore.ts';

const space = 32;
const tab = 9;
const nine = 57;

/**
 * GloVe's or word2vec's text; see `readVectors`.
 * @returns whether a header announced the entries
 */
export async function readTextVectors(
  path: string,
  { dimension: expected, sink: sinkFor }: VectorReading,
): Promise<{ readonly header: boolean }> {
  let announced: number | undefined;
  let dimension = expected ?? 0;
  let sink: VectorSink | undefined;
  let entries = 0;
  let bytesRead = 0;
  for await (const { first, lines } of readLineChunks(path)) {
    for (let i = 0; i < lines.length; i++) {
      const line = first + i;
      bytesRead += lines[i]!.length + 1;
      const bytes = trimEnd(lines[i]!);
      if (line === 1) {
        // Of an archive, a model, or word2vec's binary form by another name.
        if (bytes.includes(0)) throw noText(path);
        const header = /^(\d+)[ \t]+(\d+)$/.exec(bytes.toString('latin1', 0, 64));
        // With one dimension such a line may as well be a word and its value.
        if (header !== null && (expected !== 1 || header[2] === '1')) {
          announced = Number(header[1]);
          dimension = Number(header[2]);
          if (expected !== undefined && dimension !== expected) {
            throw wrongDimension(path, dimension, expected, line);
          }
          await checkSize(path, announced, dimension);
          continue;
        }
      }
      if (bytes.length === 0) {
        throw invalidVectors(path, `Line ${line} is empty, where a word and its vector are expected.`, {
          line,
        });
      }
      if (sink === undefined) {
        if (announced === undefined) dimension = dimensionOfFirst(bytes, path, expected);
        checkDimension(dimension, path);
        sink = sinkFor(dimension, announced);
      }
      readEntry(bytes, sink, dimension, path, line);
      entries++;
    }
    await sink?.drain(bytesRead);
  }
  if (entries === 0) throw emptyVectors(path);
  if (announced !== undefined && announced !== entries) {
    throw invalidVectors(path, `The header announces ${announced} vectors, and the file has ${entries}.`, {
      line: 1,
    });
  }
  return { header: announced !== undefined };
}

/** The numbers at the end of a first line without a header; its first field is a word in any case. */
function dimensionOfFirst(bytes: Buffer, path: string, expected: number | undefined): number {
  const fields = fieldsOf(bytes);
  let at = fields.length;
  const isNumber = ([start, end]: Field): boolean => !Number.isNaN(parseDecimal(bytes, start, end));
  while (at > 1 && isNumber(fields[at - 1]!)) at--;
  const found = fields.length - at;
  if (found === 0) {
    const [start, end] = fields.at(-1) ?? [0, bytes.length];
    throw invalidVectors(
      path,
      `Line 1 ends with '${bytes.toString('utf8', start, Math.min(end, start + 40))}' and has 0 values, where a word and numbers are expected.`,
      { line: 1 },
    );
  }
  if (expected !== undefined && found !== expected) throw wrongDimension(path, found, expected);
  return found;
}

type Field = readonly [start: number, end: number];

function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (isBlank(bytes[at])) continue;
    const start = at;
    while (at < bytes.length && !isBlank(bytes[at])) at++;
    fields.push([start, at]);
  }
  return fields;
}

/** Checks the line with one cheap look at its bytes and parses it only where it is wanted or looks odd. */
function readEntry(bytes: Buffer, sink: VectorSink, dimension: number, path: string, line: number): void {
  let wordEnd = 0;
  while (wordEnd < bytes.length && !isBlank(bytes[wordEnd])) wordEnd++;
  let values = 0;
  let odd = false;
  for (let i = wordEnd, gap = true; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (isBlank(byte)) {
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
    throw invalidVectors(
      path,
      `The vector on line ${line} has ${values} values, where ${dimension} are expected.`,
      { line },
    );
  }
  const word = decodeLine(bytes.subarray(0, wordEnd), 'utf-8', path, line);
  const wanted = sink.wants(word);
  if (!wanted && !odd) return;
  const vector = wanted ? sink.add(word) : new Float32Array(dimension);
  for (let d = 0, at = wordEnd; d < dimension; d++) {
    while (isBlank(bytes[at])) at++;
    const start = at;
    while (at < bytes.length && !isBlank(bytes[at])) at++;
    vector[d] = parseDecimal(bytes, start, at);
    if (Number.isFinite(vector[d])) continue;
    throw invalidVectors(
      path,
      `Value ${d + 1} of the vector on line ${line} is '${bytes.toString('utf8', start, Math.min(at, start + 40))}', where a finite number is expected.`,
      { line },
    );
  }
}

/**
 * Some GloVe files have words with spaces (". . ."). Where a line has `extra` fields too many and none of them is a
 * number, they belong to the word: the end of that word, or -1.
 */
function endOfSpacedWord(bytes: Buffer, extra: number, wordEnd: number): number {
  if (extra < 0) return -1;
  let end = wordEnd;
  for (const [start, fieldEnd] of fieldsOf(bytes.subarray(wordEnd))) {
    if (extra === 0) break;
    if (!Number.isNaN(parseDecimal(bytes, wordEnd + start, wordEnd + fieldEnd))) return -1;
    end = wordEnd + fieldEnd;
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

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab;
}

function trimEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && isBlank(bytes[end - 1])) end--;
  return end === bytes.length ? bytes : bytes.subarray(0, end);
}
