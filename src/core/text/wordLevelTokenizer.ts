import { UserError } from '../errors.ts';
import { longestText } from '../recipe/defaults.ts';
import type { TextSettings } from '../recipe/recipe.ts';
import type { TokenizerWords } from './tokenizerFile.ts';

type Json = Readonly<Record<string, unknown>>;

const splitters: Readonly<Record<string, TextSettings['tokenizer']>> = {
  Whitespace: 'runs',
  WhitespaceSplit: 'whitespace',
};

/**
 * What a `tokenizer.json` of Hugging Face's tokenizers says of itself, where its model is of word level, it splits at
 * white space, and at most lowers the case.
 *
 * @throws UserError `unsupported-tokenizer` that names the part of another kind; `invalid-vocabulary`.
 */
export function wordLevelTokenizer(json: Json, file: string): TokenizerWords {
  const unsupported = (what: string): UserError =>
    new UserError(
      'unsupported-tokenizer',
      `The tokenizer has ${what}, which is not read.`,
      'Index the texts with it yourself, and set "tokenizer" under "text" in the recipe to "ids".',
      { file },
    );
  const part = (field: string): Json | undefined => {
    const value = json[field] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'object') throw unsupported(`a proper "${field}" missing`);
    return value as Json;
  };
  const type = (of: Json | undefined): string => (typeof of?.type === 'string' ? of.type : 'without a name');
  const model = part('model');
  if (type(model) !== 'WordLevel') throw unsupported(`the model ${type(model)}, where WordLevel is expected`);
  const splitter = part('pre_tokenizer');
  const tokenizer = splitters[type(splitter)];
  if (tokenizer === undefined) {
    throw unsupported(
      splitter === undefined
        ? 'no pre_tokenizer, where Whitespace or WhitespaceSplit is expected'
        : `the pre_tokenizer ${type(splitter)}, where Whitespace or WhitespaceSplit is expected`,
    );
  }
  const normalizer = part('normalizer');
  if (normalizer !== undefined && type(normalizer) !== 'Lowercase') {
    throw unsupported(`the normalizer ${type(normalizer)}, where Lowercase or none is expected`);
  }
  const processor = part('post_processor');
  if (processor !== undefined) throw unsupported(`the post_processor ${type(processor)}`);
  const truncation = part('truncation');
  const padding = part('padding');
  const length = truncation?.max_length;
  const unknown = model?.unk_token;
  return {
    words: rowsOf(model?.vocab, file),
    text: {
      tokenizer,
      lowercase: normalizer !== undefined,
      ...(typeof unknown === 'string' && unknown !== '' && { outOfVocabularyToken: unknown }),
      ...(isLength(length) && { maxLength: length }),
      padding: padding?.direction === 'Left' ? 'left' : 'right',
      truncation: truncation?.direction === 'Left' ? 'left' : 'right',
    },
  };
}

/** Libraries write a length without end as a very large one. */
function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= longestText;
}

function rowsOf(vocab: unknown, file: string): string[] {
  const invalid = (fault: string): UserError =>
    new UserError('invalid-vocabulary', `The tokenizer's vocab ${fault}.`, 'Save the tokenizer anew.', {
      file,
      item: 'vocab',
    });
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab)) {
    throw invalid('is no object of words and rows');
  }
  const entries = Object.entries(vocab as Json);
  const words = new Array<string | undefined>(entries.length).fill(undefined);
  for (const [word, row] of entries) {
    if (typeof row !== 'number' || !Number.isInteger(row) || row < 0 || row >= entries.length) {
      throw invalid(`gives '${word}' the row ${JSON.stringify(row)} of ${entries.length}`);
    }
    if (words[row] !== undefined) throw invalid(`gives '${words[row]}' and '${word}' the row ${row}`);
    words[row] = word;
  }
  return words as string[];
}
