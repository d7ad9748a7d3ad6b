import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from '../checkpoint/replaceFile.ts';
import { UserError } from '../errors.ts';
import { MemoryDataset, type EncodedDataset } from '../text/encoded.ts';
import { chunkInts, FileDataset, intsOf, writeBlocks, type Block } from '../text/fileDataset.ts';
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
  return { ...rest, ...(await openParts(folder, { blocks, labelSets })) };
}

/**
 * The data of a folder that `saveEncoded` wrote; undefined where it is not there.
 *
 * @throws UserError `damaged-data`
 */
export async function openEncoded(folder: string): Promise<EncodedRecipe | undefined> {
  const text = await readFile(join(folder, contentsFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { blocks, labelSets, vocabulary, ...rest } = JSON.parse(text) as Contents;
  return { ...(await openParts(folder, { blocks, labelSets })), vocabulary, ...rest };
}

async function openParts(
  folder: string,
  { blocks, labelSets }: Pick<Contents, 'blocks' | 'labelSets'>,
): Promise<Pick<EncodedRecipe, Part>> {
  const open = async (part: Part): Promise<EncodedDataset | undefined> => {
    const sets = labelSets[part]?.map((set) => Int32Array.from(set));
    return blocks[part] && openDataset(join(folder, part), blocks[part], sets);
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
): Promise<EncodedDataset> {
  const ints = blocks.reduce((sum, block) => sum + intsOf(block), 0);
  const { size } = await stat(path);
  if (size !== Int32Array.BYTES_PER_ELEMENT * ints) {
    throw new UserError(
      'damaged-data',
      `The file has ${size} bytes, where ${Int32Array.BYTES_PER_ELEMENT * ints} are expected.`,
      'Delete its folder and resume the run: the data is read anew.',
      { file: path },
    );
  }
  const data = new FileDataset(openSync(path, 'r'), path, blocks, labelSets);
  if (ints >= chunkInts) return data;
  const [chunk] = data.chunks();
  data.close();
  if (chunk === undefined) throw new Error(`${path} has no sentence.`);
  return new MemoryDataset(chunk, labelSets);
}
