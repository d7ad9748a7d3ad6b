import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from '../checkpoint/replaceFile.ts';
import { isTextSettings } from '../checkpoint/settings.ts';
import { parseJson } from '../parseJson.ts';
import { MemoryDataset, type EncodedDataset } from '../text/encoded.ts';
import {
  chunkInts,
  damagedData,
  FileDataset,
  intsOf,
  writeBlocks,
  type Block,
  type DatasetLimits,
} from '../text/fileDataset.ts';
import type { EncodedRecipe } from './encodeRecipe.ts';

const parts = ['train', 'validation', 'test'] as const;
type Part = (typeof parts)[number];

const contentsFile = 'data.json';

/** What it holds; the sentences of each part are in a file of its name. */
interface Contents extends Omit<EncodedRecipe, Part> {
  readonly blocks: Readonly<Partial<Record<Part, readonly Block[]>>>;
  /** Of each part whose sentences have several labels. */
  readonly labelSets: Readonly<Partial<Record<Part, readonly (readonly number[])[]>>>;
}

/**
 * Writes a recipe's data to a folder, for all processes of a run and for its resumption. The folder appears whole.
 *
 * @returns the data as it is in the folder; the one given is closed
 */
export async function saveEncoded(folder: string, encoded: EncodedRecipe): Promise<EncodedRecipe> {
  const temporary = temporaryName(folder);
  const { train, validation, test, ...rest } = encoded;
  const datasets = { train, validation, test };
  const blocks: Partial<Record<Part, Block[]>> = {};
  const labelSets: Partial<Record<Part, number[][]>> = {};
  try {
    await mkdir(temporary, { recursive: true });
    for (const part of parts) {
      const data = datasets[part];
      if (data === undefined) continue;
      blocks[part] = writeDataset(join(temporary, part), data);
      if (data.labelSets !== undefined) labelSets[part] = data.labelSets.map((set) => [...set]);
    }
    const contents: Contents = { ...rest, blocks, labelSets };
    await writeFile(join(temporary, contentsFile), JSON.stringify(contents));
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another process may have been quicker, with the same data.
    if (!existsSync(join(folder, contentsFile))) throw error;
  }
  for (const data of Object.values(datasets)) data?.close();
  return { ...rest, ...(await openParts(folder, { ...rest, blocks, labelSets })) };
}

/**
 * The data of a folder that `saveEncoded` wrote; undefined where it is not there.
 *
 * @throws UserError `damaged-data`
 */
export async function openEncoded(folder: string): Promise<EncodedRecipe | undefined> {
  const text = await readFile(join(folder, contentsFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const contents = contentsOf(text, join(folder, contentsFile));
  const { blocks, labelSets, vocabulary, ...rest } = contents;
  return { ...(await openParts(folder, { ...rest, blocks, labelSets })), vocabulary, ...rest };
}

function contentsOf(text: string, file: string): Contents {
  try {
    const value = parseJson(text);
    if (isContents(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw damagedData(file, "The file does not say what a run's data are");
}

function isContents(value: unknown): value is Contents {
  const { blocks, labels, labelSets, vocabulary, rows, text, warnings } = object(value);
  const { train, validation, test = [] } = object(blocks);
  return (
    [train, validation, test].every(isBlocks) &&
    isTexts(labels) &&
    typeof labelSets === 'object' &&
    labelSets !== null &&
    parts.every((part) => isSets(object(labelSets)[part] ?? [], labels.length)) &&
    isTexts(warnings) &&
    (vocabulary === undefined || isTexts(vocabulary)) &&
    isCount(rows) &&
    isTextSettings(text)
  );
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** Sets of classes, of which there are so many. */
function isSets(value: unknown, classes: number): value is number[][] {
  const isClass = (label: unknown): boolean =>
    isCount(label === 0 ? 1 : label) && (label as number) < classes;
  return Array.isArray(value) && value.every((set) => Array.isArray(set) && set.every(isClass));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isBlocks(value: unknown): value is Block[] {
  return (
    Array.isArray(value) &&
    value.map(object).every(({ sentences, tokens }) => isCount(sentences) && isCount(tokens))
  );
}

async function openParts(
  folder: string,
  { blocks, labelSets, rows, labels }: Pick<Contents, 'blocks' | 'labelSets' | 'rows' | 'labels'>,
): Promise<Pick<EncodedRecipe, Part>> {
  const open = async (part: Part): Promise<EncodedDataset | undefined> => {
    const sets = labelSets[part]?.map((set) => Int32Array.from(set));
    const limits = { rows, labels: sets?.length ?? labels.length };
    return blocks[part] && openDataset(join(folder, part), blocks[part], sets, limits);
  };
  const [train, validation, test] = await Promise.all(parts.map(open));
  if (train === undefined || validation === undefined) throw new Error(`${folder} lacks a part.`);
  return { train, validation, ...(test !== undefined && { test }) };
}

function writeDataset(path: string, data: EncodedDataset): Block[] {
  const file = openSync(path, 'wx');
  try {
    const blocks: Block[] = [];
    for (const chunk of data.chunks()) blocks.push(...writeBlocks(file, chunk));
    return blocks;
  } finally {
    closeSync(file);
  }
}

/** A small one is read into memory. */
async function openDataset(
  path: string,
  blocks: readonly Block[],
  labelSets: readonly Int32Array[] | undefined,
  limits: DatasetLimits,
): Promise<EncodedDataset> {
  const bytes = Int32Array.BYTES_PER_ELEMENT * blocks.reduce((sum, block) => sum + intsOf(block), 0);
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== bytes || bytes === 0) {
    throw damagedData(path, `The file has ${found?.size ?? 'no'} bytes, where ${bytes} are expected`);
  }
  const data = new FileDataset(openSync(path, 'r'), path, blocks, labelSets, limits);
  if (bytes >= Int32Array.BYTES_PER_ELEMENT * chunkInts) return data;
  try {
    const [chunk] = data.chunks();
    if (chunk === undefined) throw new Error(`${path} has no sentence.`);
    return new MemoryDataset(chunk, labelSets);
  } finally {
    data.close();
  }
}
