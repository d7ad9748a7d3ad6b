import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { twoChannels } from '../embedding/channels.ts';
import { tableOfVectors, type InitialTable } from '../embedding/vectorsTable.ts';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { textDefaults } from '../recipe/defaults.ts';
import type { DataSource, EmbeddingSettings, Fraction, Recipe, TextSettings } from '../recipe/recipe.ts';
import { encodeDataset, padSentences, type Encoding } from '../text/encode.ts';
import { sentenceCount, type EncodedDataset } from '../text/encoded.ts';
import { FoundLabels, KnownLabels } from '../text/labels.ts';
import { Lexicon, occurringWords, toVocabulary } from '../text/lexicon.ts';
import { splitFraction } from '../text/split.ts';
import { readTokenizer, type WordIndex } from '../text/vocabulary.ts';
import { givenWords, trainingWords, vocabularyWarnings, type Words } from './prepareVocabulary.ts';

/** A recipe's data as table rows, with what gives the rows and classes their meaning. */
export interface PreparedData {
  readonly train: EncodedDataset;
  readonly validation: EncodedDataset;
  readonly test?: EncodedDataset;
  readonly labels: readonly string[];
  /** Word of each row; none for the tokenizer `ids` without a vocabulary. */
  readonly vocabulary: readonly string[] | undefined;
  readonly text: TextSettings;
  /** There where a model is to be trained and no checkpoint is given; the same for every trial. */
  readonly initialTable?: InitialTable;
  /** Notes for the user. */
  readonly warnings: readonly string[];
}

/** Streams of the recipe's data seed. */
const testStream = 1;
const validationStream = 2;
const tableStream = 3;

/**
 * Reads a recipe's data, once and streamed. Fractions are parts of the training data; a vocabulary of the training
 * words is made of what remains for training.
 *
 * For a model that does not mask, every sentence is padded to maxLength, with row 0 as tokens.
 *
 * @param checkpoint the model that the recipe names, or one trained by this recipe: its vocabulary, labels and text
 * settings serve where the recipe has none
 * @throws UserError for whatever is wrong with the data, the vocabulary, the vectors, and their fit to the checkpoint
 */
export async function prepareData(recipe: Recipe, checkpoint?: Checkpoint): Promise<PreparedData> {
  const text = await textSettings(recipe, checkpoint);
  const warnings: string[] = [];
  let words = await givenWords(recipe, checkpoint, text);
  const lexicon =
    words === undefined && text.tokenizer !== 'ids' ? new Lexicon(text.outOfVocabularyToken) : undefined;
  let rows = checkpoint?.spec.embedding.rows ?? words?.vocabulary.size;

  const { data: all, labels } = await readTraining(
    recipe,
    encoding(text, lexicon ?? words?.vocabulary, rows),
    recipe.labels ?? checkpoint?.labels,
    warnings,
  );
  checkClasses(labels, recipe, checkpoint);
  let parts = splitOff(all, recipe);
  if (lexicon !== undefined) {
    if (recipe.train === undefined) throw new Error('Only a recipe that trains makes a vocabulary.');
    const made = await trainingWords(occurringWords(parts.train, lexicon), recipe.train, text);
    parts = mapParts(parts, (data) => toVocabulary(data, lexicon, made.vocabulary));
    words = made;
  }
  rows ??= words?.vocabulary.size ?? 1 + all.ids.reduce((highest, id) => Math.max(highest, id), 0);

  const rest = encoding(text, words?.vocabulary, rows);
  const known = new KnownLabels(labels);
  for (const part of ['validation', 'test'] as const) {
    const source = recipe.data[part];
    if (isSource(source)) parts = { ...parts, [part]: await encodeDataset(source, rest, known) };
  }
  if (words !== undefined) warnings.push(...vocabularyWarnings(words.vocabulary, parts.train, text));
  if (checkpoint?.spec.masked === false) {
    parts = mapParts(parts, (data) => padSentences(data, text.maxLength, text.padding));
  }
  const { train, validation, test } = parts;
  if (validation === undefined) throw new Error('A recipe has validation data.');
  return {
    train,
    validation,
    ...(test !== undefined && { test }),
    labels,
    vocabulary: words?.vocabulary.words,
    text,
    ...(checkpoint === undefined &&
      recipe.train !== undefined && {
        initialTable: newTable(recipe.train.embedding, rows, words, recipe.data.seed),
      }),
    warnings,
  };
}

function newTable(
  { dimension, mode }: EmbeddingSettings,
  rows: number,
  words: Words | undefined,
  seed: number,
): InitialTable {
  const table = tableOfVectors(
    words?.vocabulary.words ?? new Array<string>(rows).fill(''),
    words?.vocabulary.unknownId ?? 0,
    words?.vectors,
    dimension,
    new Random(seed, tableStream),
  );
  return mode === 'multichannel' ? twoChannels(table) : table;
}

interface Parts {
  readonly train: EncodedDataset;
  readonly validation?: EncodedDataset;
  readonly test?: EncodedDataset;
}

function mapParts({ train, validation, test }: Parts, map: (data: EncodedDataset) => EncodedDataset): Parts {
  return {
    train: map(train),
    ...(validation !== undefined && { validation: map(validation) }),
    ...(test !== undefined && { test: map(test) }),
  };
}

function isSource(part: DataSource | Fraction | undefined): part is DataSource {
  return part !== undefined && !('fraction' in part);
}

function encoding(text: TextSettings, words: WordIndex | undefined, rows: number | undefined): Encoding {
  return { text, ...(words !== undefined && { words }), ...(rows !== undefined && { rows }) };
}

/** The recipe's, those of the tokenizer that its vocabulary is, or the checkpoint's. */
async function textSettings(recipe: Recipe, checkpoint: Checkpoint | undefined): Promise<TextSettings> {
  const { vocabulary, givenText } = recipe;
  if (typeof vocabulary === 'object' && /\.json$/i.test(vocabulary.path)) {
    const { text: ofTokenizer } = await readTokenizer(vocabulary.path);
    if (Object.keys(ofTokenizer).length > 0) return { ...textDefaults, ...ofTokenizer, ...givenText };
  }
  const text = recipe.text ?? checkpoint?.text;
  if (text !== undefined) return text;
  throw new UserError(
    'no-text-settings',
    'Nothing says how the model splits text into tokens: no settings lie beside the model, and the recipe has none.',
    'Add "text" to the recipe, with the tokenizer, the case and the length that the model was trained with.',
    { file: recipe.path, item: 'text' },
  );
}

async function readTraining(
  recipe: Recipe,
  how: Encoding,
  names: readonly string[] | undefined,
  warnings: string[],
): Promise<{ readonly data: EncodedDataset; readonly labels: readonly string[] }> {
  const source = recipe.data.train;
  if (names !== undefined) {
    return { data: await encodeDataset(source, how, new KnownLabels(names)), labels: names };
  }
  const found = new FoundLabels();
  const data = await encodeDataset(source, how, found);
  const { names: labels, newClasses } = found.sorted();
  if (labels.length > 20 && labels.length > sentenceCount(data) / 10) {
    warnings.push(
      `The training data has ${labels.length} labels in ${sentenceCount(data)} sentences: check its format and "labelColumn".`,
    );
  }
  return { data: { ...data, labels: data.labels.map((label) => newClasses[label]!) }, labels };
}

function checkClasses(labels: readonly string[], recipe: Recipe, checkpoint: Checkpoint | undefined): void {
  if (labels.length < 2) {
    throw new UserError(
      'one-label',
      `All training sentences have the label '${labels[0] ?? ''}', where a classifier needs two at least.`,
      'Check the format and the columns of the training data.',
      { file: recipe.data.train.path },
    );
  }
  if (checkpoint !== undefined && checkpoint.spec.classes !== labels.length) {
    throw new UserError(
      'label-count',
      `There are ${labels.length} labels, and the model has ${checkpoint.spec.classes} classes.`,
      'Give "labels" in the recipe, in the order of the model\'s classes.',
      { file: recipe.path, item: 'labels' },
    );
  }
}

/** Takes the fractions off the training data, the test part first: both are shares of the whole. */
function splitOff(all: EncodedDataset, recipe: Recipe): Parts {
  const { validation, test, seed } = recipe.data;
  const testShare = test === undefined || isSource(test) ? 0 : test.fraction;
  const validationShare = isSource(validation) ? 0 : validation.fraction;
  let parts: Parts = { train: all };
  if (testShare > 0) {
    const { kept, heldOut } = splitFraction(all, testShare, new Random(seed, testStream));
    parts = { train: kept, test: heldOut };
  }
  if (validationShare > 0) {
    const share = validationShare / (1 - testShare);
    if (share >= 1) throw fractionError(recipe, 'leave no sentence for training');
    const { kept, heldOut } = splitFraction(parts.train, share, new Random(seed, validationStream));
    parts = { ...parts, train: kept, validation: heldOut };
  }
  for (const part of [parts.validation, parts.test]) {
    if (part !== undefined && sentenceCount(part) === 0) {
      throw fractionError(recipe, `make an empty part of ${sentenceCount(all)} sentences`);
    }
  }
  return parts;
}

function fractionError(recipe: Recipe, fault: string): UserError {
  return new UserError(
    'fraction',
    `The fractions for validation and test ${fault}.`,
    'Change "fraction" in the recipe, or name files.',
    { file: recipe.path, item: 'data' },
  );
}
