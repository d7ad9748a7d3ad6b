import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { StreamedTensor, Tensor } from '../checkpoint/checkpoint.ts';
import { foreignVocabularies, settingsFile, type WrittenFormat } from '../checkpoint/fileNames.ts';
import { makeFolder } from '../checkpoint/newFolder.ts';
import type { SavedEmbedding } from '../checkpoint/rewrite/insertFactors.ts';
import { openRewritable, type Rewritable, type WrittenFactor } from '../checkpoint/rewrite/rewritable.ts';
import { chosenRank, type RankChoice } from '../cost/reduction.ts';
import { locate, UserError } from '../errors.ts';
import { findFactors } from './factorize.ts';
import { projectRows } from './rowPass.ts';
import type { RowThreads } from './rowWork.ts';
import { relativeError } from './spectrum.ts';

export interface FactorizeOptions {
  /** Of each table. */
  readonly size: RankChoice;
  /** Name of the one embedding layer to factorize, where not all are. */
  readonly embedding?: string;
  readonly threads?: RowThreads;
  /** Called often; what it throws ends the work and leaves nothing behind. `share` is of all the work, in [0,1]. */
  readonly watch?: (progress: {
    readonly phase: 'summing' | 'writing';
    readonly share: number;
  }) => void | Promise<void>;
}

/** A table and what became of it. */
export interface FactorizedTable {
  /** Of its layer. */
  readonly name: string;
  readonly rows: number;
  readonly dimension: number;
  readonly rank: number;
  /** ||W - A B|| / ||W||, the least that the rank allows. */
  readonly relativeError: number;
}

export interface FactorizedLayers {
  readonly folder: string;
  readonly format: WrittenFormat;
  readonly tables: readonly FactorizedTable[];
  readonly notes: readonly string[];
}

/** Of the time that the sums take, roughly. */
const summing = 0.6;

/**
 * Factorizes the embeddings of a saved model without training and whatever its other layers are: each becomes a narrow one
 * with a Dense layer behind it, and all else stays as it was. An embedding that is used twice stays one.
 *
 * @param file of a tfjs layers model, or of Keras
 * @throws UserError as `openRewritable` and `findFactors` do; `unknown-embedding`; `output-exists`
 */
export async function factorizeLayers(
  file: string,
  folder: string,
  options: FactorizeOptions,
): Promise<FactorizedLayers> {
  const opened = await openRewritable(file);
  const chosen = chooseEmbeddings(opened, options.embedding, file);
  const tables: FactorizedTable[] = [];
  const notes: string[] = [];
  await makeFolder(folder, async (temporary) => {
    const factors: WrittenFactor[] = [];
    for (const [i, embedding] of chosen.entries()) {
      const { factor, table, warnings } = await locate({ file, item: embedding.name }, () =>
        factorizeOne(opened, embedding, options, i, chosen.length),
      );
      factors.push(factor);
      tables.push(table);
      notes.push(...warnings);
    }
    notes.push(...(await opened.write(temporary, factors)));
    await copySettings(dirname(file), temporary);
  });
  return { folder: resolve(folder), format: opened.format, tables, notes };
}

function chooseEmbeddings(
  { embeddings }: Rewritable,
  name: string | undefined,
  file: string,
): readonly SavedEmbedding[] {
  if (name === undefined) return embeddings;
  const found = embeddings.filter((embedding) => embedding.name === name);
  if (found.length > 0) return found;
  throw unknownEmbedding(
    name,
    embeddings.map((one) => one.name),
    file,
  );
}

export function unknownEmbedding(name = '', known: readonly string[], file: string): UserError {
  return new UserError(
    'unknown-embedding',
    `The model has no embedding called '${name}', but '${known.join("', '")}'.`,
    'Name one of these, or none to factorize all.',
    { file, item: name },
  );
}

async function factorizeOne(
  opened: Rewritable,
  embedding: SavedEmbedding,
  { size, threads, watch }: FactorizeOptions,
  index: number,
  count: number,
): Promise<{ factor: WrittenFactor; table: FactorizedTable; warnings: readonly string[] }> {
  const { name, rows, dimension } = embedding;
  const pass = (phase: 'summing' | 'writing') => ({
    ...(threads && { threads }),
    watch: (done: number): void | Promise<void> => {
      const share = phase === 'summing' ? (summing * done) / rows : summing + ((1 - summing) * done) / rows;
      return watch?.({ phase, share: (index + share) / count });
    },
  });
  const table = await opened.tableOf(embedding);
  const { rank, B, directions, singularValues, warnings } = await findFactors(
    table,
    { rank: chosenRank(size, rows, dimension), metric: 'spectrum', split: 'balanced' },
    pass('summing'),
  );
  const A: StreamedTensor = { shape: [rows, rank], blocks: projectRows(table, directions, pass('writing')) };
  const factor: Tensor = { shape: [rank, dimension], data: B };
  return {
    factor: { ...embedding, rank, factor: opened.factorName(name), A, B: factor },
    table: { name, rows, dimension, rank, relativeError: relativeError(singularValues, rank) },
    warnings: count > 1 ? warnings.map((warning) => `${name}: ${warning}`) : warnings,
  };
}

/** What lies beside the model, and what marks a folder of ours. */
async function copySettings(from: string, to: string): Promise<void> {
  const files = new Set(await readdir(from));
  for (const name of [settingsFile, ...foreignVocabularies]) {
    if (files.has(name)) await copyFile(join(from, name), join(to, name));
  }
  if (!files.has(settingsFile)) {
    await writeFile(join(to, settingsFile), JSON.stringify({ formatVersion: 1 }, undefined, 2) + '\n');
  }
}
