import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { ArchitectureSettings, TextSettings } from '../recipe/recipe.ts';
import { longestText, textDefaults } from '../recipe/defaults.ts';
import { countLines } from '../text/lines.ts';
import { withPaddingFirst } from '../text/paddingRow.ts';
import { textVectorization } from '../text/textVectorization.ts';
import { readTokenizer } from '../text/vocabulary.ts';
import type { Checkpoint } from './checkpoint.ts';
import { foreignVocabularies, settingsFile, vocabularyFile } from './fileNames.ts';
import { isTextLayer, wordsOfLayer, wordsOfRows, type OwnTokenizer } from './keras/textLayer.ts';
import { readJsonObject } from './openFile.ts';

const formatVersion = 1;

type Settings = Pick<Checkpoint, 'text' | 'labels' | 'vocabulary' | 'textLayer'>;

/** @throws UserError for a word that would not come back from a file of one word a line. */
export async function writeSettings(folder: string, settings: Settings): Promise<void> {
  const { text, labels, vocabulary } = settings;
  // It goes with these words and settings alone.
  const textLayer = wordsOfLayer(settings) === undefined ? undefined : settings.textLayer;
  await writeFile(
    join(folder, settingsFile),
    JSON.stringify({ formatVersion, text, labels, textLayer }, undefined, 2) + '\n',
  );
  if (vocabulary === undefined) return;
  const broken = vocabulary.findIndex((word) => /\n|\r$/.test(word));
  if (broken >= 0) {
    throw new UserError(
      'word-with-line-break',
      `The word of row ${broken} has a line break: ${JSON.stringify(vocabulary[broken])}.`,
      'Use a tokenizer that splits at white space.',
    );
  }
  await writeFile(join(folder, vocabularyFile), vocabulary.join('\n') + '\n');
}

export interface ModelText {
  /** Of the model's table. */
  readonly rows: number;
  /** Of the model, whose words are then in the order of the rows as they are read; 0 if not given. */
  readonly paddingRow?: ArchitectureSettings['paddingRow'] | undefined;
  /** Of a model that reads text by itself: what lies beside it says nothing on that, then. */
  readonly tokenizer?: OwnTokenizer | undefined;
  readonly masked: boolean;
}

/**
 * What a model, and what lies beside it, say of its text and its labels: the tokenizer in the model; else our settings,
 * and a vocabulary, ours or one with a usual name; a tokenizer's file gives the text settings where there are none of
 * ours.
 *
 * @throws UserError for settings that are damaged, and a vocabulary that is, or does not have `rows` words.
 */
export async function readSettings(folder: string, model: ModelText): Promise<Settings> {
  const { rows, paddingRow = 0 } = model;
  const { path, ...own } = await findSettings(folder);
  const { text, labels } = own;
  const inModel = textOf(model, folder);
  if (inModel !== undefined) return { ...inModel, labels };
  if (path === undefined) return { ...own, vocabulary: undefined };
  const found = await readTokenizer(path);
  const vocabulary = withPaddingFirst(found.words, paddingRow);
  checkVocabulary(vocabulary.length, rows, path);
  const ofTokenizer = Object.keys(found.text).length > 0 ? { ...textDefaults, ...found.text } : undefined;
  return { ...own, text: text ?? ofTokenizer, vocabulary };
}

/** What the tokenizer in a model says. @throws UserError `vocabulary-size` where the table has fewer rows than words */
function textOf(
  { tokenizer, rows, masked }: ModelText,
  folder: string,
): Omit<Settings, 'labels'> | undefined {
  if (tokenizer === undefined) return undefined;
  const { words, text, layer } = tokenizer;
  const vocabulary = wordsOfRows(words, rows);
  checkVocabulary(vocabulary.length, rows, folder);
  // Padding changes nothing where it is masked, so that no text need be cut where the layer cuts none.
  const length = masked ? { maxLength: longestText } : {};
  return { text: { ...textDefaults, ...length, ...text }, vocabulary, textLayer: layer };
}

interface DescribedSettings extends Pick<Settings, 'text' | 'labels'> {
  /** In the vocabulary. */
  readonly words: number | undefined;
}

/**
 * What `readSettings` reads; the words of a list are counted and not read, of which there may be millions.
 * @throws UserError as `readSettings` does, but for what is wrong with a word of a list
 */
export async function describeSettings(folder: string, model: ModelText): Promise<DescribedSettings> {
  const { text, labels, path } = await findSettings(folder);
  if (model.tokenizer === undefined && path === undefined) return { text, labels, words: undefined };
  if (
    path === undefined ||
    /\.json$/i.test(path) ||
    model.tokenizer !== undefined ||
    (model.paddingRow ?? 0) !== 0
  ) {
    const { vocabulary, ...rest } = await readSettings(folder, model);
    return { ...rest, words: vocabulary?.length };
  }
  const words = await countLines(path);
  checkVocabulary(words, model.rows, path);
  return { text, labels, words };
}

/** Settings of ours, and the path of a vocabulary, ours or one with a usual name. */
async function findSettings(
  folder: string,
): Promise<Omit<Settings, 'vocabulary'> & { readonly path: string | undefined }> {
  const files = new Set(await readdir(folder));
  const own = files.has(settingsFile)
    ? await readOwn(join(folder, settingsFile))
    : { text: undefined, labels: undefined };
  const name = foreignVocabularies.find((candidate) => files.has(candidate));
  return { ...own, path: name === undefined ? undefined : join(folder, name) };
}

/** @throws UserError `vocabulary-size` */
export function checkVocabulary(words: number, rows: number, file: string): void {
  if (words === rows) return;
  throw new UserError(
    'vocabulary-size',
    `The vocabulary has ${words} words, and the model's table has ${rows} rows.`,
    'Put the vocabulary beside the model that it was trained with, one word for each row.',
    { file },
  );
}

/** @throws UserError `label-count` */
export function checkLabels(labels: readonly string[], classes: number, file: string): void {
  if (labels.length === classes) return;
  throw new UserError(
    'label-count',
    `The model has ${classes} classes, and ${labels.length} labels lie beside it.`,
    'Put the labels beside the model that it was trained with, one for each class.',
    { file, item: 'labels' },
  );
}

async function readOwn(path: string): Promise<Omit<Settings, 'vocabulary'>> {
  const { formatVersion: version, text, labels, textLayer } = await readJsonObject(path);
  const damaged = (what: string): UserError =>
    new UserError(
      'model-settings',
      `The model's settings have no proper '${what}'.`,
      'Export the model anew, or delete this file and say "text" and "labels" in the recipe.',
      { file: path, item: what },
    );
  if (version !== formatVersion) throw damaged('formatVersion');
  if (
    labels !== undefined &&
    !(Array.isArray(labels) && labels.every((label) => typeof label === 'string'))
  ) {
    throw damaged('labels');
  }
  if (text !== undefined && !isTextSettings(text)) throw damaged('text');
  if (textLayer !== undefined) {
    if (!isTextLayer(textLayer)) throw damaged('textLayer');
    textVectorization(textLayer.config, [], { file: path, item: 'textLayer' });
  }
  return { text, labels, ...(textLayer !== undefined && { textLayer }) };
}

/** Whether a value read from JSON is settings that a recipe could have, too. */
export function isTextSettings(value: unknown): value is TextSettings {
  const text = (value ?? {}) as Record<string, unknown>;
  return (
    ['whitespace', 'words', 'runs', 'keras', 'text-vectorization', 'ids'].includes(
      text.tokenizer as string,
    ) &&
    ['string', 'undefined'].includes(typeof text.filters) &&
    ['left', 'right', undefined].includes(text.truncation as string | undefined) &&
    typeof text.lowercase === 'boolean' &&
    Number.isInteger(text.maxLength) &&
    (text.maxLength as number) > 0 &&
    (text.maxLength as number) <= longestText &&
    ['left', 'right'].includes(text.padding as string) &&
    typeof text.outOfVocabularyToken === 'string'
  );
}
