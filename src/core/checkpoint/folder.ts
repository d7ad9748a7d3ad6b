import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { ArchitectureSettings } from '../recipe/recipe.ts';
import type { Checkpoint, ModelSpec, WritableCheckpoint } from './checkpoint.ts';
import { countsPadding } from './countsPadding.ts';
import { isUntouchedCard } from '../report/cardMark.ts';
import {
  cardFile,
  modelFile,
  modelFiles,
  settingsFile,
  vocabularyFile,
  type WrittenFormat,
} from './fileNames.ts';
import { writeKeras } from './keras/kerasWriter.ts';
import { openCheckpoint, textOfModel } from './openCheckpoint.ts';
import { temporaryName, type Watch } from './replaceFile.ts';
import { packWeights } from './packedWeights.ts';
import { writeSafetensors } from './safetensors.ts';
import { checkLabels, checkVocabulary, readSettings, writeSettings } from './settings.ts';
import { withIntegers } from './storage.ts';
import type { Storage } from './storageTypes.ts';
import { inMemory } from './tensorBlocks.ts';
import { lackOfStockLayers } from './tfjsTopology.ts';
import { writeTfjs } from './tfjsWriter.ts';

/**
 * Reads a checkpoint with its weights and what lies beside it.
 * @param architecture of a file of bare tensors
 * @throws UserError as `openCheckpoint` does.
 */
export async function readCheckpoint(path: string, architecture?: ArchitectureSettings): Promise<Checkpoint> {
  const opened = await openCheckpoint(path, architecture);
  const { spec } = opened;
  const folder = dirname(opened.path);
  const settings = await readSettings(folder, textOfModel(opened, architecture));
  if (settings.labels !== undefined) checkLabels(settings.labels, spec.classes, join(folder, settingsFile));
  return { spec, weights: await opened.readWeights(), ...settings };
}

/** Reads a checkpoint without what lies beside it: millions of words take longer than all else. */
export async function readModel(path: string): Promise<Pick<Checkpoint, 'spec' | 'weights'>> {
  const opened = await openCheckpoint(path);
  return { spec: opened.spec, weights: await opened.readWeights() };
}

export interface WriteOptions {
  /** Of the embedding, whose weights are in memory where it is not float32; `checkStorage` has accepted it. */
  readonly storage?: Storage;
  /** Makes the model card, from the folder as it is written under its temporary name. */
  readonly card?: (folder: string) => Promise<string>;
  /** Asked until the folder takes its place; what it throws leaves nothing behind. */
  readonly watch?: Watch;
}

/**
 * Writes a checkpoint as a folder of its own: in the format wished for, or safetensors where its stock layers cannot
 * express the model; beside it the vocabulary and the text settings. The folder appears whole, and takes the place only
 * of an empty folder or of an older checkpoint of ours.
 *
 * @returns the format, and notes on what a user of the files should know.
 * @throws UserError `output-exists` where the folder holds anything else, `vocabulary-size`,
 * `label-count`, `word-with-line-break`.
 */
export async function writeCheckpoint(
  folder: string,
  checkpoint: WritableCheckpoint,
  wanted: WrittenFormat = 'tfjs',
  { storage = 'float32', card, watch }: WriteOptions = {},
): Promise<{ format: WrittenFormat; notes: string[] }> {
  // Without a slash at its end, so that the temporary folder is made beside it.
  const target = resolve(folder);
  const exists = await checkTarget(target);
  const { spec, weights, vocabulary, labels } = checkpoint;
  if (vocabulary !== undefined) checkVocabulary(vocabulary.length, spec.embedding.rows, folder);
  if (labels !== undefined) checkLabels(labels, spec.classes, folder);
  const lack = lackOfLayers(spec, wanted);
  const format = lack === undefined ? wanted : 'safetensors';
  const temporary = temporaryName(target);
  await mkdir(temporary, { recursive: true });
  try {
    const path = join(temporary, modelFile[format]);
    if (format === 'tfjs') await writeTfjs(temporary, checkpoint, storage, watch);
    else if (format === 'safetensors') {
      const whole = storage === 'uint8' || storage === 'uint16';
      const stored = whole
        ? withIntegers({ ...checkpoint, weights: await inMemory(weights) }, storage)
        : checkpoint;
      const { tensors, metadata } = packWeights(stored.spec, stored.weights, storage === 'float16');
      await writeSafetensors(path, tensors, metadata, watch);
    } else {
      await writeKeras(path, { ...checkpoint, weights: await inMemory(weights) }, format, storage, watch);
    }
    await writeSettings(temporary, checkpoint);
    if (card !== undefined) {
      const text = await card(temporary);
      await writeFile(join(temporary, cardFile), text, { flag: 'wx' });
    }
    await watch?.();
    await takePlace(temporary, target, exists);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  const notes = lack === undefined ? [] : [`${lack}, so the model is saved as ${modelFile.safetensors}.`];
  return { format, notes: [...notes, ...notesOn(spec, format)] };
}

/** Why the stock layers of a format do not compute a model; undefined where they do. */
export function lackOfLayers(spec: ModelSpec, format: WrittenFormat): string | undefined {
  if (format === 'safetensors') return undefined;
  return lackOfStockLayers(spec, format === 'tfjs' ? 'tfjs' : 'keras');
}

/**
 * Whether a folder is there that `writeCheckpoint` would replace.
 * @throws UserError `output-exists` for a file, and for a folder that holds anything but a checkpoint written here.
 */
export async function checkTarget(folder: string): Promise<boolean> {
  const files = await filesIn(folder);
  if (files === undefined || (isOurs(files) && (await isCardOurs(files, folder)))) return files !== undefined;
  throw new UserError(
    'output-exists',
    'The folder exists and is no checkpoint written by Embedding Press.',
    'Name another folder, in a recipe as "output", or move this one.',
    { file: folder },
  );
}

/** Renames a folder to `target`; an old one goes aside first, and comes back where the rename fails. */
async function takePlace(folder: string, target: string, exists: boolean): Promise<void> {
  if (!exists) {
    await rename(folder, target);
    return;
  }
  const old = temporaryName(target);
  await rename(target, old);
  try {
    await rename(folder, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** What a user of the files should know. */
function notesOn(spec: ModelSpec, format: WrittenFormat): string[] {
  const { body } = spec;
  if (format === 'safetensors') return [];
  if (countsPadding(spec)) return ['As in the model that it comes from, padding counts as a token.'];
  const library = format === 'tfjs' ? 'tfjs' : 'Keras';
  const freely = 'sentences may be padded with 0 on either side, or not at all.';
  if (body.kind === 'cnn') {
    return [
      `${library}'s own convolutions see padding, so windows beyond the tokens are masked by stock layers: ${freely}`,
    ];
  }
  if (body.kind === 'graph' || (body.kind !== 'dan' && body.pooling !== 'mean')) return [];
  return format === 'tfjs'
    ? [`tfjs's own average counts padding, so the mean over the tokens is built of stock layers: ${freely}`]
    : ['Keras takes the mean over the tokens, and gives NaN for a sentence of padding alone.'];
}

/** Names in a folder; undefined where there is none. */
async function filesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    if (code !== 'ENOTDIR') throw error;
    throw new UserError(
      'output-exists',
      'A checkpoint is to be written here, and this is a file.',
      'Name a folder that does not exist yet, in a recipe as "output".',
      { file: folder },
    );
  }
}

/** Whether nothing but a checkpoint written here would be lost with the folder. */
function isOurs(files: readonly string[]): boolean {
  const own = [settingsFile, vocabularyFile, cardFile, ...modelFiles];
  return (
    files.length === 0 ||
    (files.includes(settingsFile) &&
      files.every((name) => own.includes(name) || /^group1-shard\d+of\d+\.bin$/.test(name)))
  );
}

/** Whether the folder's README.md, if there is one, is a model card that nobody has edited. */
async function isCardOurs(files: readonly string[], folder: string): Promise<boolean> {
  if (!files.includes(cardFile)) return true;
  return isUntouchedCard(await readFile(join(folder, cardFile), 'utf8'));
}
