import { dirname } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { twoChannels } from '../embedding/channels.ts';
import { readVectors, type WordVectors } from '../embedding/vectors.ts';
import { tableOfVectors, type InitialTable } from '../embedding/vectorsTable.ts';
import { usedRows, type UsedRows } from '../model/usedRows.ts';
import { Random } from '../random.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { encodeRecipe, type EncodedRecipe } from './encodeRecipe.ts';
import { openEncoded, saveEncoded } from './encodedFolder.ts';

/** A recipe's data and the table that its training begins with. */
export interface PreparedData extends EncodedRecipe {
  /** There where a model is to be trained and no checkpoint is given; the same for every trial. */
  readonly initialTable?: InitialTable;
  /** The rows that the data name, where they are few of the table's. */
  readonly used?: UsedRows | undefined;
}

/** Stream of the recipe's data seed. */
const tableStream = 3;

/**
 * Reads a recipe's data as `encodeRecipe` does, or takes it from a process that has.
 *
 * @param folder what has been read is kept there, and taken from there if it is there already
 * @throws UserError as `encodeRecipe`, and for a damaged folder
 */
export async function prepareData(
  recipe: Recipe,
  checkpoint?: Checkpoint,
  folder?: string,
): Promise<PreparedData> {
  const { encoded, vectors } = await encodedData(recipe, checkpoint, folder);
  const { train, validation, test, rows } = encoded;
  const data = { ...encoded, used: usedRows([train, validation, ...(test ? [test] : [])], rows) };
  if (checkpoint !== undefined || recipe.train === undefined) return data;
  return { ...data, initialTable: await newTable(recipe, encoded, vectors) };
}

async function encodedData(
  recipe: Recipe,
  checkpoint: Checkpoint | undefined,
  folder: string | undefined,
): Promise<{ readonly encoded: EncodedRecipe; readonly vectors?: WordVectors | undefined }> {
  if (folder === undefined) return encodeRecipe(recipe, checkpoint);
  const known = await openEncoded(folder);
  if (known !== undefined) return { encoded: known };
  const { encoded, vectors } = await encodeRecipe(recipe, checkpoint, dirname(folder));
  return { encoded: await saveEncoded(folder, encoded), vectors };
}

async function newTable(
  { train, data: { seed } }: Recipe,
  { vocabulary, rows, text }: EncodedRecipe,
  read: WordVectors | undefined,
): Promise<InitialTable> {
  if (train === undefined) throw new Error('Nothing to train.');
  const { vectors: path, dimension, mode } = train.embedding;
  const words = vocabulary ?? new Array<string>(rows).fill('');
  const vectors =
    read ?? (path === undefined ? undefined : await readVectors(path, new Set(words), dimension));
  // No row of its own is the padding's.
  const unknownId = Math.max(0, words.indexOf(text.outOfVocabularyToken));
  const table = tableOfVectors(words, unknownId, vectors, dimension, new Random(seed, tableStream));
  return mode === 'multichannel' ? twoChannels(table) : table;
}
