import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { checkInputLength, checkWords, inputRows, textLayouts } from '../checkpoint/graph/inputLength.ts';
import type { WordVectors } from '../embedding/vectors.ts';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { textDefaults } from '../recipe/defaults.ts';
import type { DataSource, Fold, Fraction, Recipe, TextSettings } from '../recipe/recipe.ts';
import { DatasetWriter, rewrite } from '../text/datasetWriter.ts';
import { encodeDataset, padSentence, type Encoding } from '../text/encode.ts';
import { sentencesOf, type EncodedDataset, type Sentence } from '../text/encoded.ts';
import { FoundLabels, KnownLabels } from '../text/labels.ts';
import { LabelSets } from '../text/labelSets.ts';
import { Lexicon, occurringWords, toVocabulary } from '../text/lexicon.ts';
import { drawFold, drawHeldOut, shareOf, type HeldOut } from '../text/split.ts';
import { readTokenizer, type WordIndex } from '../text/vocabulary.ts';
import { checkTextColumns } from './checkTextColumns.ts';
import { givenWords, wordsWithVectors, vocabularyWarnings } from './prepareVocabulary.ts';

/** A recipe's data as table rows, with what gives the rows and classes their meaning. */
export interface EncodedRecipe {
  readonly train: EncodedDataset;
  readonly validation: EncodedDataset;
  readonly test?: EncodedDataset;
  readonly labels: readonly string[];
  /** Word of each row; none for the tokenizer `ids` without a vocabulary. */
  readonly vocabulary: readonly string[] | undefined;
  /** m */
  readonly rows: number;
  readonly text: TextSettings;
  /** Notes for the user. */
  readonly warnings: readonly string[];
}

/** Streams of the recipe's data seed. */
const testStream = 1;
const validationStream = 2;

/**
 * Reads a recipe's data, once and streamed. Fractions are parts of the training data; a vocabulary of the training
 * words is made of what remains for training, one of all the data's words of every part.
 *
 * For a model that does not mask, every sentence is padded to maxLength, with row 0 as tokens; of one that takes several
 * texts, each of these to its own length.
 *
 * @param checkpoint the model that the recipe names, or one trained by this recipe: its vocabulary, labels and text
 * settings serve where the recipe has none
 * @param folder for files of what is too large for the memory; the system's if not given
 * @returns the vectors, too, where they were read for the vocabulary
 * @throws UserError for whatever is wrong with the data, the vocabulary, the vectors, and their fit to the checkpoint
 */
export async function encodeRecipe(
  recipe: Recipe,
  checkpoint: Checkpoint | undefined,
  folder?: string,
): Promise<{ readonly encoded: EncodedRecipe; readonly vectors: WordVectors | undefined }> {
  const text = await textSettings(recipe, checkpoint);
  if (checkpoint) {
    checkTextColumns(recipe, checkpoint.spec);
    checkInputLength(checkpoint.spec, text.maxLength, { file: recipe.path, item: 'text' });
  }
  const layouts = checkpoint && textLayouts(checkpoint.spec, text.maxLength);
  const warnings: string[] = [];
  let words = await givenWords(recipe, checkpoint, text);
  const lexicon =
    words === undefined && text.tokenizer !== 'ids' ? new Lexicon(text.outOfVocabularyToken) : undefined;
  let rows = checkpoint?.spec.embedding.rows ?? words?.vocabulary.size;
  const limit = checkpoint && inputRows(checkpoint.spec)[0];
  if (checkpoint && words && text.tokenizer !== 'ids')
    checkWords(checkpoint.spec, words.vocabulary.size, { file: recipe.path, item: 'model' });

  const severalLabels = checkpoint
    ? checkpoint.spec.head === 'multi-label'
    : recipe.data.train.labelSeparator !== undefined;
  checkSeparators(recipe, severalLabels);
  const { data: all, labels } = await readTraining(
    recipe,
    { ...encoding(text, lexicon ?? words?.vocabulary, limit ?? rows), layouts },
    recipe.labels ?? checkpoint?.labels,
    severalLabels,
    warnings,
    folder,
  );
  checkClasses(labels, recipe, checkpoint);
  rows ??= lexicon === undefined ? 1 + highestId(all) : undefined;
  let parts = splitOff(all, labels.length, recipe, folder);
  const known = new KnownLabels(labels);
  const addSources = async (to: Parts, how: Encoding): Promise<Parts> => {
    let complete = to;
    for (const part of ['validation', 'test'] as const) {
      const source = recipe.data[part];
      if (isSource(source)) {
        const index = severalLabels ? new LabelSets(known) : known;
        const { labelSeparator } = { ...recipe.data.train, ...source };
        const separated = { ...source, ...(labelSeparator !== undefined && { labelSeparator }) };
        complete = { ...complete, [part]: await encodeDataset(separated, how, index, folder) };
      }
    }
    return complete;
  };
  const wordsOfAll = lexicon !== undefined && recipe.vocabulary === 'all-data';
  if (lexicon !== undefined) {
    if (recipe.train === undefined) throw new Error('Only a recipe that trains makes a vocabulary.');
    if (wordsOfAll) parts = await addSources(parts, encoding(text, lexicon, undefined));
    const { train, validation, test } = parts;
    const from = wordsOfAll ? [train, ...(validation ? [validation] : []), ...(test ? [test] : [])] : [train];
    const made = await wordsWithVectors(occurringWords(from, lexicon), recipe.train, text);
    const trained = wordsOfAll ? new Set(occurringWords([train], lexicon)) : undefined;
    parts = rewriteParts(parts, toVocabulary(lexicon, made.vocabulary, trained), folder);
    words = made;
    rows = made.vocabulary.size;
  }
  if (rows === undefined) throw new Error('A table has rows.');

  if (!wordsOfAll)
    parts = await addSources(parts, { ...encoding(text, words?.vocabulary, limit ?? rows), layouts });
  if (words !== undefined) warnings.push(...vocabularyWarnings(words.vocabulary, parts.train, text));
  if (checkpoint?.spec.masked === false && layouts === undefined) {
    const pad = (ids: ArrayLike<number>): Int32Array => padSentence(ids, text.maxLength, text.padding);
    parts = rewriteParts(parts, (sentence) => ({ ...sentence, ids: pad(sentence.ids) }), folder);
  }
  const { validation } = parts;
  if (validation === undefined) throw new Error('A recipe has validation data.');
  const vocabulary = words?.vocabulary.words;
  return {
    encoded: { ...parts, validation, labels, vocabulary, rows, text, warnings },
    vectors: words?.vectors,
  };
}

interface Parts {
  readonly train: EncodedDataset;
  readonly validation?: EncodedDataset;
  readonly test?: EncodedDataset;
}

function rewriteParts(
  { train, validation, test }: Parts,
  change: (sentence: Sentence) => Sentence,
  folder: string | undefined,
): Parts {
  return {
    train: rewrite(train, change, folder),
    ...(validation !== undefined && { validation: rewrite(validation, change, folder) }),
    ...(test !== undefined && { test: rewrite(test, change, folder) }),
  };
}

function highestId(data: EncodedDataset): number {
  let highest = 0;
  for (const { ids } of data.chunks()) highest = ids.reduce((most, id) => Math.max(most, id), highest);
  return highest;
}

function isSource(part: DataSource | Fraction | Fold | undefined): part is DataSource {
  return part !== undefined && 'path' in part;
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
  severalLabels: boolean,
  warnings: string[],
  folder: string | undefined,
): Promise<{ readonly data: EncodedDataset; readonly labels: readonly string[] }> {
  const source = recipe.data.train;
  if (names !== undefined) {
    const known = new KnownLabels(names);
    const index = severalLabels ? new LabelSets(known) : known;
    return { data: await encodeDataset(source, how, index, folder), labels: names };
  }
  const found = new FoundLabels();
  const sets = severalLabels ? new LabelSets(found) : undefined;
  const data = await encodeDataset(source, how, sets ?? found, folder);
  const sorted = found.sorted();
  const { names: labels, newClasses } = sorted;
  if (labels.length > 20 && labels.length > data.sentences / 10) {
    warnings.push(
      `The training data has ${labels.length} labels in ${data.sentences} sentences: check its format and "labelColumn".`,
    );
  }
  if (sets !== undefined) {
    sets.renumber(sorted);
    return { data, labels };
  }
  const isSorted = newClasses.every((label, i) => label === i);
  const relabel = (sentence: Sentence): Sentence => ({ ...sentence, label: newClasses[sentence.label]! });
  return { data: isSorted ? data : rewrite(data, relabel, folder), labels };
}

/** @throws UserError `label-separator` where a model gives one label a sentence, and the data are said to have several */
function checkSeparators({ data, path }: Recipe, severalLabels: boolean): void {
  const sources = [data.train, data.validation, data.test].filter(isSource);
  if (severalLabels || sources.every(({ labelSeparator }) => labelSeparator === undefined)) return;
  throw new UserError(
    'label-separator',
    'The recipe has a "labelSeparator" for sentences of several labels, and the model gives each one.',
    'Remove it, or name a model whose head is a sigmoid for each label.',
    { file: path, item: 'labelSeparator' },
  );
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
function splitOff(all: EncodedDataset, classes: number, recipe: Recipe, folder: string | undefined): Parts {
  const { validation, test, seed } = recipe.data;
  const testShare = test === undefined || isSource(test) ? 0 : shareOf(test);
  const validationShare = isSource(validation) ? 0 : validation.fraction;
  if (testShare === 0 && validationShare === 0) return { train: all };
  const validationOfRest = validationShare / (1 - testShare);
  if (validationOfRest >= 1) throw fractionError(recipe, 'leave no sentence for training');
  const { strata, counts } = strataOf(all, classes);
  const none: HeldOut = { has: () => false, left: counts };
  const random = new Random(seed, testStream);
  const forTest =
    test !== undefined && 'fold' in test
      ? drawFold(counts, test, random)
      : testShare > 0
        ? drawHeldOut(counts, testShare, random)
        : none;
  const forValidation =
    validationShare > 0
      ? drawHeldOut(forTest.left, validationOfRest, new Random(seed, validationStream))
      : none;
  const writer = (): DatasetWriter => new DatasetWriter(folder, all.labelSets);
  const parts = {
    train: writer(),
    ...(validationShare > 0 && { validation: writer() }),
    ...(testShare > 0 && { test: writer() }),
  };
  for (const sentence of sentencesOf(all)) {
    const stratum = strata[sentence.label]!;
    const part = forTest.has(stratum) ? 'test' : forValidation.has(stratum) ? 'validation' : 'train';
    parts[part]?.push(sentence);
  }
  all.close();
  const split = {
    train: parts.train.finish(),
    ...(parts.validation && { validation: parts.validation.finish() }),
    ...(parts.test && { test: parts.test.finish() }),
  };
  if (split.validation?.sentences === 0 || split.test?.sentences === 0) {
    throw fractionError(recipe, `make an empty part of ${all.sentences} sentences`);
  }
  return split;
}

/** Sets of labels that fewer sentences have are one stratum: alone, a set keeps its first sentence for training. */
const frequentSet = 10;

/** What is split in equal shares: each class; or each set of labels, the rare ones together. */
function strataOf(
  data: EncodedDataset,
  classes: number,
): {
  /** The stratum of each label of the dataset. */
  readonly strata: readonly number[];
  /** Sentences of each stratum. */
  readonly counts: readonly number[];
} {
  const ofLabels = new Array<number>(data.labelSets?.length ?? classes).fill(0);
  for (const { labels } of data.chunks()) for (const label of labels) ofLabels[label]!++;
  const rare = data.labelSets === undefined ? -1 : ofLabels.findIndex((count) => count < frequentSet);
  const strata = ofLabels.map((count, label) => (rare >= 0 && count < frequentSet ? rare : label));
  const counts = ofLabels.map(() => 0);
  strata.forEach((stratum, label) => {
    counts[stratum]! += ofLabels[label]!;
  });
  return { strata, counts };
}

function fractionError(recipe: Recipe, fault: string): UserError {
  return new UserError(
    'fraction',
    `The fractions for validation and test ${fault}.`,
    'Change "fraction" in the recipe, or name files.',
    { file: recipe.path, item: 'data' },
  );
}
