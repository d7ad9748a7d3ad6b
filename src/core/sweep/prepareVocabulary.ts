import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { readVectors, type WordVectors } from '../embedding/vectors.ts';
import { UserError } from '../errors.ts';
import type { Recipe, TextSettings, TrainSettings } from '../recipe/recipe.ts';
import type { EncodedDataset } from '../text/encoded.ts';
import { withPaddingFirst } from '../text/paddingRow.ts';
import { paddingWord, readVocabulary, Vocabulary } from '../text/vocabulary.ts';

/** A vocabulary and the vectors read for it. */
export interface Words {
  readonly vocabulary: Vocabulary;
  readonly vectors: WordVectors | undefined;
}

/** Above this share of unknown tokens the text settings probably do not fit. */
const manyUnknown = 0.2;

/**
 * The vocabulary that is known before the training data is read: the recipe's file, the checkpoint's own, or all words
 * that have a vector. None for a vocabulary of the data's words and for the tokenizer `ids` without one.
 */
export async function givenWords(
  recipe: Recipe,
  checkpoint: Checkpoint | undefined,
  text: TextSettings,
): Promise<Words | undefined> {
  const token = text.outOfVocabularyToken;
  if (checkpoint !== undefined) {
    const vocabulary = await vocabularyOf(recipe, checkpoint, text);
    return vocabulary === undefined ? undefined : { vocabulary, vectors: undefined };
  }
  const { train, vocabulary: setting } = recipe;
  if (train === undefined) throw new Error('A recipe without training needs a checkpoint.');
  const { vectors: path, dimension } = train.embedding;
  if (typeof setting === 'object') {
    const vocabulary = await readVocabulary(setting.path, token);
    const vectors =
      path === undefined ? undefined : await readVectors(path, new Set(vocabulary.words), dimension);
    return { vocabulary, vectors };
  }
  if (text.tokenizer === 'ids') {
    if (path === undefined) return undefined;
    throw new UserError(
      'ids-without-vocabulary',
      'The data holds row numbers, and without a vocabulary no row can be given its word vector.',
      'Set "vocabulary" in the recipe to the file that the data was indexed with.',
      { file: recipe.path, item: 'vocabulary' },
    );
  }
  if (setting !== 'all-vectors') return undefined;
  if (path === undefined) {
    throw new UserError(
      'no-vectors',
      'The vocabulary is "all-vectors", and the recipe has no word vectors.',
      'Set "vectors" under "embedding" in the recipe.',
      { file: recipe.path, item: 'vocabulary' },
    );
  }
  const vectors = await readVectors(path, undefined, dimension);
  return { vocabulary: withSpecialRows(vectors.words, token), vectors };
}

/** The vocabulary of the words given that have a vector, or of all where the recipe has no vectors. */
export async function wordsWithVectors(
  words: readonly string[],
  { embedding }: TrainSettings,
  text: TextSettings,
): Promise<Words> {
  const token = text.outOfVocabularyToken;
  if (embedding.vectors === undefined)
    return { vocabulary: withSpecialRows(words, token), vectors: undefined };
  const vectors = await readVectors(embedding.vectors, new Set(words), embedding.dimension);
  if (vectors.words.length === 0) {
    throw new UserError(
      'no-vector-matches',
      'No word of the data has a vector in this file.',
      'Check "tokenizer" and "lowercase" under "text" in the recipe and the language of the vectors.',
      { file: embedding.vectors },
    );
  }
  const known = new Set(vectors.words);
  return {
    vocabulary: withSpecialRows(
      words.filter((word) => known.has(word)),
      token,
    ),
    vectors,
  };
}

export function vocabularyWarnings(
  vocabulary: Vocabulary,
  train: EncodedDataset,
  text: TextSettings,
): string[] {
  const warnings: string[] = [];
  if (!vocabulary.startsWithPadding) {
    warnings.push(
      `Row 0 of the vocabulary is '${vocabulary.words[0] ?? ''}' and is taken for the padding: that word will not be read.`,
    );
  }
  if (!vocabulary.hasUnknown) {
    warnings.push(
      `The vocabulary has no out-of-vocabulary token '${text.outOfVocabularyToken}': unknown words are left out.`,
    );
  }
  let [tokens, unknown] = [0, 0];
  for (const { ids } of train.chunks()) {
    for (const id of ids) {
      if (id !== vocabulary.paddingId) tokens++;
      if (id === vocabulary.unknownId) unknown++;
    }
  }
  if (vocabulary.hasUnknown && unknown > manyUnknown * tokens) {
    const percent = ((100 * unknown) / tokens).toFixed(0);
    warnings.push(
      `${percent} % of the training tokens are not in the vocabulary: check "tokenizer" and "lowercase" under "text".`,
    );
  }
  return warnings;
}

async function vocabularyOf(
  recipe: Recipe,
  checkpoint: Checkpoint,
  text: TextSettings,
): Promise<Vocabulary | undefined> {
  const place = { file: recipe.model ?? recipe.path, item: 'vocabulary' };
  const setting = recipe.model === undefined ? undefined : recipe.vocabulary;
  if (typeof setting === 'string') {
    throw new UserError(
      'vocabulary-of-model',
      `The vocabulary is "${setting}", but the rows of a trained model have their words already.`,
      'Set "vocabulary" to the model\'s own file, or leave it out where the file lies beside the model.',
      { file: recipe.path, item: 'vocabulary' },
    );
  }
  let vocabulary: Vocabulary;
  if (setting !== undefined) {
    const { words } = await readVocabulary(setting.path, text.outOfVocabularyToken);
    const ordered = withPaddingFirst(words, recipe.architecture?.paddingRow ?? 0);
    vocabulary = new Vocabulary(ordered, text.outOfVocabularyToken);
  } else if (checkpoint.vocabulary !== undefined) {
    vocabulary = new Vocabulary(checkpoint.vocabulary, text.outOfVocabularyToken);
  } else if (text.tokenizer === 'ids') {
    return undefined;
  } else {
    throw new UserError(
      'no-vocabulary',
      'There is no vocabulary beside the model, and the recipe names none.',
      'Set "vocabulary" in the recipe to a file with the word of each row, or "tokenizer" to "ids" where the data is indexed already.',
      place,
    );
  }
  const { rows } = checkpoint.spec.embedding;
  if (vocabulary.size !== rows) {
    throw new UserError(
      'vocabulary-size',
      `The vocabulary has ${vocabulary.size} words, and the model's embedding table has ${rows} rows.`,
      'Name the vocabulary that the model was trained with, padding and out-of-vocabulary rows included.',
      setting === undefined ? place : { file: setting.path },
    );
  }
  return vocabulary;
}

function withSpecialRows(words: readonly string[], token: string): Vocabulary {
  const others = words.filter((word) => word !== paddingWord && word !== token);
  return new Vocabulary([paddingWord, token, ...others], token);
}
