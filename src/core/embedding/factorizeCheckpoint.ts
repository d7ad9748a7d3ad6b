import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ModelSpec, StreamedTensor, Tensor } from '../checkpoint/checkpoint.ts';
import { settingsFile, type WrittenFormat } from '../checkpoint/fileNames.ts';
import { writeCheckpoint } from '../checkpoint/folder.ts';
import { openCheckpoint, type OpenCheckpoint } from '../checkpoint/openCheckpoint.ts';
import { checkLabels, readSettings } from '../checkpoint/settings.ts';
import { chosenRank, type RankChoice } from '../cost/reduction.ts';
import { UserError } from '../errors.ts';
import { findFactors } from './factorize.ts';
import { projectRows } from './rowPass.ts';
import type { RowSource } from './rowSource.ts';
import type { RowThreads } from './rowWork.ts';
import { relativeError } from './spectrum.ts';
import { EmbeddingTable } from './table.ts';

export interface FactorizeCheckpointOptions {
  readonly size: RankChoice;
  readonly threads?: RowThreads;
  /** Called often; what it throws ends the work and leaves nothing behind. `share` is of all the work, in [0,1]. */
  readonly watch?: (progress: {
    readonly phase: 'summing' | 'writing';
    readonly share: number;
  }) => void | Promise<void>;
}

export interface FactorizedCheckpoint {
  readonly folder: string;
  readonly format: WrittenFormat;
  /** Of what was written. */
  readonly spec: ModelSpec;
  readonly rank: number;
  /** ||W - A B|| / ||W||, the least that the rank allows. */
  readonly relativeError: number;
  readonly notes: readonly string[];
}

const tableName = 'embedding/table';
/** Of the time that the sums take, roughly. */
const summing = 0.6;

/**
 * Factorizes a model's embedding without training: the truncated SVD of its table, read block by block where the model's
 * format allows it, so that memory does not grow with the vocabulary's size times the dimension.
 *
 * @throws UserError as `openCheckpoint` and `findFactors` do; `already-factorized`; `output-over-input`; `output-exists`
 */
export async function factorizeCheckpoint(
  input: string,
  folder: string,
  { size, threads, watch }: FactorizeCheckpointOptions,
): Promise<FactorizedCheckpoint> {
  const opened = await openCheckpoint(input);
  const { spec, path } = opened;
  const { rows, dimension, rank: present } = spec.embedding;
  if (present !== undefined) {
    throw new UserError(
      'already-factorized',
      `The model's embedding is already factorized, at rank ${present}.`,
      'Factorize the model that it was made from.',
      { file: path },
    );
  }
  await checkApart(folder, path);
  const settings = await readSettings(dirname(path), rows);
  if (settings.labels !== undefined) {
    checkLabels(settings.labels, spec.classes, join(dirname(path), settingsFile));
  }
  const pass = (phase: 'summing' | 'writing') => ({
    ...(threads && { threads }),
    watch: (done: number): void | Promise<void> =>
      watch?.({
        phase,
        share: phase === 'summing' ? (summing * done) / rows : summing + ((1 - summing) * done) / rows,
      }),
  });
  const table = await tableOf(opened);
  const { rank, B, directions, singularValues, warnings } = await findFactors(
    table,
    { rank: chosenRank(size, rows, dimension), metric: 'spectrum', split: 'balanced' },
    pass('summing'),
  );
  const weights = new Map<string, Tensor | StreamedTensor>(await opened.readWeights(new Set([tableName])));
  weights.set('embedding/A', {
    shape: [rows, rank],
    blocks: projectRows(table, directions, pass('writing')),
  });
  weights.set('embedding/B', { shape: [rank, dimension], data: B });
  const factorized: ModelSpec = { ...spec, embedding: { rows, dimension, rank } };
  const { format, notes } = await writeCheckpoint(
    folder,
    { ...settings, spec: factorized, weights },
    opened.format === 'torch' ? 'safetensors' : opened.format,
  );
  return {
    folder: resolve(folder),
    format,
    spec: factorized,
    rank,
    relativeError: relativeError(singularValues, rank),
    notes: [...warnings, ...notes],
  };
}

/** Its rows one by one, or all of it in memory. */
async function tableOf(opened: OpenCheckpoint): Promise<RowSource> {
  const rows = opened.tableRows?.();
  if (rows !== undefined) return rows;
  const { rows: m, dimension } = opened.spec.embedding;
  const table = (await opened.readWeights()).get(tableName);
  if (table === undefined) throw new Error('A model that is not factorized has a table.');
  return new EmbeddingTable(m, dimension, table.data);
}

/** @throws UserError `output-over-input` */
async function checkApart(folder: string, model: string): Promise<void> {
  const there = await realpath(folder).catch(() => resolve(folder));
  if (there !== (await realpath(dirname(model)))) return;
  throw new UserError(
    'output-over-input',
    'The folder is that of the model itself.',
    'Name another folder, which is made.',
    { file: folder },
  );
}
