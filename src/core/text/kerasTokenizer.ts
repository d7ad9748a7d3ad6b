import { UserError } from '../errors.ts';
import { parseJson } from '../parseJson.ts';
import type { TextSettings } from '../recipe/recipe.ts';
import type { TokenizerWords } from './tokenizerFile.ts';
import { paddingWord } from './vocabulary.ts';

/**
 * What Keras's Tokenizer (`keras.preprocessing.text`) says of itself in `to_json()`.
 *
 * Its rows begin with 1. With `num_words` the table has so many rows, and words beyond them are unknown; rows that no
 * word has are called `<row 7>`. `pad_sequences` pads and cuts on the left where it is not told otherwise, and so do
 * these settings.
 *
 * @throws UserError `unsupported-tokenizer` for one of characters or with another separator, `invalid-vocabulary`
 */
export function kerasTokenizer(config: Readonly<Record<string, unknown>>, file: string): TokenizerWords {
  const unsupported = (what: string): UserError =>
    new UserError(
      'unsupported-tokenizer',
      `The Keras Tokenizer has ${what}, which is not read.`,
      'Index the texts with it yourself, and set "tokenizer" under "text" in the recipe to "ids".',
      { file },
    );
  if (config.char_level === true) throw unsupported('tokens of characters (char_level)');
  if (config.split !== undefined && config.split !== ' ') {
    throw unsupported(`the separator ${JSON.stringify(config.split)} (split)`);
  }
  const filters = config.filters ?? '';
  if (typeof filters !== 'string') throw unsupported('filters that are no text');
  const oov = config.oov_token ?? undefined;
  if (oov !== undefined && typeof oov !== 'string') throw unsupported('an oov_token that is no word');
  const text: Partial<TextSettings> = {
    tokenizer: 'keras',
    lowercase: config.lower !== false,
    filters,
    padding: 'left',
    truncation: 'left',
    ...(oov !== undefined && { outOfVocabularyToken: oov }),
  };
  return { words: wordsOf(config, file), text };
}

/** A few bytes of a file would otherwise become a list as long as they say. */
const mostRowsWithoutWords = 2 ** 20;

function wordsOf(config: Readonly<Record<string, unknown>>, file: string): string[] {
  const invalid = (fault: string): UserError =>
    new UserError('invalid-vocabulary', `The Keras Tokenizer's ${fault}.`, 'Save it anew with to_json().', {
      file,
      item: 'word_index',
    });
  const index = parsed(config.word_index);
  if (typeof index !== 'object' || index === null || Array.isArray(index)) {
    throw invalid('word_index is no object of words and rows');
  }
  const entries = Object.entries(index as Record<string, unknown>);
  const limit = config.num_words ?? undefined;
  const most = entries.length + mostRowsWithoutWords;
  if (
    limit !== undefined &&
    !(Number.isSafeInteger(limit) && (limit as number) > 1 && (limit as number) <= most)
  ) {
    throw invalid(`num_words is ${JSON.stringify(limit)}, where 2 to ${most} are expected`);
  }
  const rows = (limit as number | undefined) ?? entries.length + 1;
  const words = Array.from({ length: rows }, (_, row) => (row === 0 ? paddingWord : `<row ${row}>`));
  const seen = new Set<number>();
  for (const [word, row] of entries) {
    if (typeof row !== 'number' || !Number.isInteger(row) || row < 1 || row > entries.length) {
      throw invalid(`word_index gives '${word}' the row ${JSON.stringify(row)} of ${entries.length}`);
    }
    if (seen.has(row)) throw invalid(`word_index gives '${word}' the row ${row}, which another word has`);
    seen.add(row);
    if (row < rows) words[row] = word;
  }
  return words;
}

/** Keras writes dicts inside as JSON texts. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseJson(value);
  } catch {
    return undefined;
  }
}
