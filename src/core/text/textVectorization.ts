import { UserError } from '../errors.ts';
import { longestText } from '../recipe/defaults.ts';
import type { TextSettings } from '../recipe/recipe.ts';
import type { TokenizerWords } from './tokenizerFile.ts';

const specialWords = ['', '[UNK]'] as const;

const standards: Readonly<Record<string, Pick<TextSettings, 'lowercase' | 'filters'>>> = {
  lower_and_strip_punctuation: { lowercase: true },
  lower: { lowercase: true, filters: '' },
  strip_punctuation: { lowercase: false },
  none: { lowercase: false, filters: '' },
};

/**
 * What a TextVectorization layer of Keras does, from its config and its vocabulary: with the padding '' and '[UNK]' in
 * front, as `get_vocabulary()` gives it, or without them, as it is given to the layer.
 *
 * @param place of the layer, for errors
 * @throws UserError `unsupported-tokenizer` that names the field: standardize or split by a function or by characters,
 * ngrams, another output than integers, a ragged or sparse one, or another encoding than UTF-8.
 */
export function textVectorization(
  config: Readonly<Record<string, unknown>>,
  vocabulary: readonly string[],
  place: { readonly file: string; readonly item?: string },
): TokenizerWords {
  const unsupported = (field: string): UserError =>
    new UserError(
      'unsupported-tokenizer',
      `The TextVectorization has "${field}": ${JSON.stringify(config[field]).slice(0, 80)}, which is not read.`,
      'Index the texts with it yourself, and set "tokenizer" under "text" in the recipe to "ids".',
      place,
    );
  const standard =
    config.standardize === undefined ? 'lower_and_strip_punctuation' : (config.standardize ?? 'none');
  if (typeof standard !== 'string' || !Object.hasOwn(standards, standard)) throw unsupported('standardize');
  if (config.split !== undefined && config.split !== 'whitespace') throw unsupported('split');
  if (config.ngrams !== undefined && config.ngrams !== null) throw unsupported('ngrams');
  if (config.output_mode !== undefined && config.output_mode !== 'int') throw unsupported('output_mode');
  for (const field of ['ragged', 'sparse']) if (config[field] === true) throw unsupported(field);
  if (config.encoding !== undefined && config.encoding !== 'utf-8') throw unsupported('encoding');
  const length = config.output_sequence_length ?? undefined;
  const isLength =
    Number.isSafeInteger(length) && (length as number) > 0 && (length as number) <= longestText;
  if (length !== undefined && !isLength) {
    throw unsupported('output_sequence_length');
  }
  const hasSpecials = specialWords.every((word, row) => vocabulary[row] === word);
  return {
    words: hasSpecials ? [...vocabulary] : [...specialWords, ...vocabulary],
    text: {
      tokenizer: 'text-vectorization',
      ...standards[standard],
      padding: 'right',
      truncation: 'right',
      outOfVocabularyToken: '[UNK]',
      ...(length !== undefined && { maxLength: length as number }),
    },
  };
}
