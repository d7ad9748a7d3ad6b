import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { checkJsonSize, parseJson } from '../parseJson.ts';
import { decodeLine, readFailure, readLineChunks } from './lines.ts';
import { tokenizerOf, type TokenizerWords } from './tokenizerFile.ts';

/** The word that names row 0 where a vocabulary begins with row 1. */
export const paddingWord = '<pad>';

const paddingNames = new Set(['', paddingWord, '[pad]', 'pad', '_pad_', '<padding>', '[padding]', '<blank>']);

/** What turns words into table rows. */
export interface WordIndex {
  readonly paddingId: number;
  readonly unknownId: number;
  idOf(word: string): number;
}

/**
 * The word of each row of an embedding table; row 0 is the padding.
 *
 * Where the words lack the out-of-vocabulary token, `unknownId` is the padding's row: there is no row that an unknown
 * word could take, so it is left out of its sentence, as Keras's Tokenizer does without an `oov_token`.
 */
export class Vocabulary implements WordIndex {
  readonly paddingId = 0;
  readonly unknownId: number;
  readonly #ids = new Map<string, number>();

  constructor(
    readonly words: readonly string[],
    outOfVocabularyToken: string,
  ) {
    for (let id = words.length - 1; id >= 0; id--) this.#ids.set(words[id]!, id);
    this.unknownId = this.#ids.get(outOfVocabularyToken) ?? this.paddingId;
  }

  get size(): number {
    return this.words.length;
  }

  /** False where unknown words have no row of their own. */
  get hasUnknown(): boolean {
    return this.unknownId !== this.paddingId;
  }

  /** Whether row 0 is named as padding is, and not after a word of the language. */
  get startsWithPadding(): boolean {
    return paddingNames.has((this.words[0] ?? '').toLowerCase());
  }

  /** The row of a word, of its first occurrence; `unknownId` for a word that is not there. */
  idOf(word: string): number {
    return this.#ids.get(word) ?? this.unknownId;
  }
}

/**
 * Reads a vocabulary: `.json` holds an object of words and their rows, or a tokenizer, see `tokenizerOf`; any other file
 * one word a line, the first line being row 0. JSON rows that begin with 1, as Keras's `word_index` has them, get `<pad>`
 * as row 0.
 *
 * @throws UserError as `readTokenizer` does
 */
export async function readVocabulary(path: string, outOfVocabularyToken: string): Promise<Vocabulary> {
  return new Vocabulary((await readTokenizer(path)).words, outOfVocabularyToken);
}

/**
 * Reads a vocabulary with what its file says of the text: a tokenizer's does, any other says nothing.
 *
 * @throws UserError for a file that is missing, empty or no UTF-8, a word that is there twice, an empty line other than
 * the first, JSON whose rows are no permutation of 0..n-1 (or 1..n), and a tokenizer of another kind.
 */
export async function readTokenizer(path: string): Promise<TokenizerWords> {
  const read = /\.json$/i.test(path) ? await readJson(path) : { words: await readLines(path), text: {} };
  if (read.words.length > 0) return read;
  throw new UserError('empty-vocabulary', 'The vocabulary holds no words.', 'Write one word a line.', {
    file: path,
  });
}

async function readLines(path: string): Promise<string[]> {
  const words: string[] = [];
  for await (const { first, lines } of readLineChunks(path)) {
    for (let i = 0; i < lines.length; i++) {
      const line = first + i;
      const word = decodeLine(lines[i]!, 'utf-8', path, line);
      if (word === '' && line > 1) {
        throw wrongLine('empty-vocabulary-line', `Line ${line} is empty.`, path, line);
      }
      words.push(word);
    }
  }
  // Where each word was seen is worth its memory only when one is there twice.
  if (new Set(words).size < words.length) throw twice(words, path);
  return words;
}

function twice(words: readonly string[], path: string): UserError {
  const seen = new Map<string, number>();
  const second = words.findIndex((word, i) => seen.has(word) || !seen.set(word, i));
  const word = words[second] ?? '';
  const [before, line] = [1 + (seen.get(word) ?? 0), 1 + second];
  const fault = `The word '${word}' is on line ${before} and on line ${line}.`;
  return wrongLine('duplicate-word', fault, path, line);
}

function wrongLine(code: string, fault: string, path: string, line: number): UserError {
  return new UserError(
    code,
    fault,
    'Every line names one row of the table: keep each word once, in the order of the rows.',
    { file: path, line },
  );
}

async function readJson(path: string): Promise<TokenizerWords> {
  const parsed = jsonOf(await readWhole(path), path);
  // Keras's `to_json()` gives a text, which is often written as JSON once more.
  const value = typeof parsed === 'string' ? jsonOf(parsed, path) : parsed;
  return tokenizerOf(value, path) ?? { words: wordsByRow(value, path), text: {} };
}

function wordsByRow(value: unknown, path: string): string[] {
  const fail = (message: string, word?: string): UserError =>
    new UserError(
      'invalid-vocabulary',
      message,
      'Give each word of the table its row: {"<pad>": 0, "<unk>": 1, "the": 2, ...}.',
      { file: path, ...(word !== undefined && { item: word }) },
    );
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail('The vocabulary is no JSON object of words and rows.');
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const words = new Array<string | undefined>(entries.length + 1).fill(undefined);
  let lowest = entries.length;
  for (const [word, row] of entries) {
    if (typeof row !== 'number' || !Number.isInteger(row) || row < 0 || row > entries.length) {
      throw fail(
        `The word '${word}' has the row ${JSON.stringify(row)}, where an integer from 0 to ${entries.length - 1} is expected.`,
        word,
      );
    }
    const other = words[row];
    if (other !== undefined) throw fail(`The words '${other}' and '${word}' both have the row ${row}.`, word);
    words[row] = word;
    lowest = Math.min(lowest, row);
  }
  if (lowest === 0) {
    // One of the n + 1 rows is free; it must be the last.
    const gap = words.indexOf(undefined);
    const after = words[gap + 1];
    if (after !== undefined) throw fail(`No word has the row ${gap}, the one before '${after}'.`, after);
    words.pop();
  } else {
    // n different rows of 1..n
    if (words.includes(paddingWord))
      throw fail(`No word has the row 0, and '${paddingWord}' has another.`, paddingWord);
    words[0] = paddingWord;
  }
  return words as string[];
}

async function readWhole(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    checkJsonSize((await stat(path)).size, path, '; a longer vocabulary is read with one word a line');
    bytes = await readFile(path);
  } catch (error) {
    throw readFailure(error, path);
  }
  return decodeLine(bytes, 'utf-8', path, 1).replace(/^\uFEFF/, '');
}

function jsonOf(text: string, path: string): unknown {
  if (text.trim() === '') return {};
  try {
    return parseJson(text);
  } catch (error) {
    throw new UserError(
      'invalid-json',
      `The vocabulary is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'A vocabulary with one word a line must not be named .json.',
      { file: path },
    );
  }
}
