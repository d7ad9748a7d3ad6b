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
  try {
    await mkdir(temporary, { recursive: true });
    for (const part of parts) {
      const data = datasets[part];
      if (data !== undefined) blocks[part] = writeDataset(join(temporary, part), data);
    }
    await writeFile(join(temporary, contentsFile), JSON.stringify({ ...rest, blocks } satisfies Contents));
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another process may have been quicker, with the same data.
    if (!existsSync(join(folder, contentsFile))) throw error;
  }
  for (const data of Object.values(datasets)) data?.close();
  return { ...rest, ...(await openParts(folder, blocks)) };
}

/**
 * The data of a folder that `saveEncoded` wrote; undefined where it is not there.
 *
 * @throws UserError `damaged-data`
 */
export async function openEncoded(folder: string): Promise<EncodedRecipe | undefined> {
  const text = await readFile(join(folder, contentsFile), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { blocks, vocabulary, ...rest } = JSON.parse(text) as Contents;
  return { ...(await openParts(folder, blocks)), vocabulary, ...rest };
}

async function openParts(
  folder: string,
  { train, validation, test }: Contents['blocks'],
): Promise<Pick<EncodedRecipe, Part>> {
  if (train === undefined || validation === undefined) throw new Error(`${folder} lacks a part.`);
  return {
    train: await openDataset(join(folder, 'train'), train),
    validation: await openDataset(join(folder, 'validation'), validation),
    ...(test !== undefined && { test: await openDataset(join(folder, 'test'), test) }),
  };
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
async function openDataset(path: string, blocks: readonly Block[]): Promise<EncodedDataset> {
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
  const data = new FileDataset(openSync(path, 'r'), path, blocks);
  if (ints >= chunkInts) return data;
  const [chunk] = data.chunks();
  data.close();
  if (chunk === undefined) throw new Error(`${path} has no sentence.`);
  return new MemoryDataset(chunk);
}
