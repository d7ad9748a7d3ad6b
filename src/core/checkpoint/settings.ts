import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { ArchitectureSettings, TextSettings } from '../recipe/recipe.ts';
import { textDefaults } from '../recipe/defaults.ts';
import { countLines } from '../text/lines.ts';
import { withPaddingFirst } from '../text/paddingRow.ts';
import { readTokenizer } from '../text/vocabulary.ts';
import type { Checkpoint } from './checkpoint.ts';
import { foreignVocabularies, settingsFile, vocabularyFile } from './fileNames.ts';
import { readJsonObject } from './openFile.ts';

const formatVersion = 1;

type Settings = Pick<Checkpoint, 'text' | 'labels' | 'vocabulary'>;

/** @throws UserError for a word that would not come back from a file of one word a line. */
export async function writeSettings(folder: string, { text, labels, vocabulary }: Settings): Promise<void> {
  await writeFile(
    join(folder, settingsFile),
    JSON.stringify({ formatVersion, text, labels }, undefined, 2) + '\n',
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

/**
 * What lies beside a model: our settings, and a vocabulary, ours or one with a usual name; a tokenizer's file gives the
 * text settings where there are none of ours.
 *
 * @param paddingRow of the model, whose words are then in the order of the rows as they are read
 * @throws UserError for settings that are damaged, and a vocabulary that is, or does not have `rows` words.
 */
export async function readSettings(
  folder: string,
  rows: number,
  paddingRow: ArchitectureSettings['paddingRow'] = 0,
): Promise<Settings> {
  const { text, labels, path } = await findSettings(folder);
  if (path === undefined) return { text, labels, vocabulary: undefined };
  const found = await readTokenizer(path);
  const vocabulary = withPaddingFirst(found.words, paddingRow);
  checkVocabulary(vocabulary.length, rows, path);
  const ofTokenizer = Object.keys(found.text).length > 0 ? { ...textDefaults, ...found.text } : undefined;
  return { text: text ?? ofTokenizer, labels, vocabulary };
}

interface DescribedSettings extends Pick<Settings, 'text' | 'labels'> {
  /** In the vocabulary. */
  readonly words: number | undefined;
}

/**
 * What lies beside a model; the words of a list are counted and not read, of which there may be millions.
 * @throws UserError as `readSettings` does, but for what is wrong with a word of a list
 */
export async function describeSettings(
  folder: string,
  rows: number,
  paddingRow: ArchitectureSettings['paddingRow'] = 0,
): Promise<DescribedSettings> {
  const { text, labels, path } = await findSettings(folder);
  if (path === undefined) return { text, labels, words: undefined };
  if (/\.json$/i.test(path) || paddingRow !== 0) {
    const { vocabulary, ...rest } = await readSettings(folder, rows, paddingRow);
    return { ...rest, words: vocabulary?.length };
  }
  const words = await countLines(path);
  checkVocabulary(words, rows, path);
  return { text, labels, words };
}

/** Settings of ours, and the path of a vocabulary, ours or one with a usual name. */
async function findSettings(
  folder: string,
): Promise<Pick<Settings, 'text' | 'labels'> & { readonly path: string | undefined }> {
  const files = new Set(await readdir(folder));
  const { text, labels } = files.has(settingsFile)
    ? await readOwn(join(folder, settingsFile))
    : { text: undefined, labels: undefined };
  const name = foreignVocabularies.find((candidate) => files.has(candidate));
  return { text, labels, path: name === undefined ? undefined : join(folder, name) };
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

async function readOwn(
  path: string,
): Promise<{ text: TextSettings | undefined; labels: string[] | undefined }> {
  const { formatVersion: version, text, labels } = await readJsonObject(path);
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
  return { text, labels };
}

function isTextSettings(value: unknown): value is TextSettings {
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
    ['left', 'right'].includes(text.padding as string) &&
    typeof text.outOfVocabularyToken === 'string'
  );
}
