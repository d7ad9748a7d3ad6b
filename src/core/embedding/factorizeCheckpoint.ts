import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ModelSpec, StreamedTensor, Tensor } from '../checkpoint/checkpoint.ts';
import { settingsFile } from '../checkpoint/fileNames.ts';
import { writeCheckpoint } from '../checkpoint/folder.ts';
import { findModel, openCheckpoint, textOfModel, type OpenCheckpoint } from '../checkpoint/openCheckpoint.ts';
import { checkLabels, readSettings } from '../checkpoint/settings.ts';
import { chosenRank } from '../cost/reduction.ts';
import { UserError } from '../errors.ts';
import { findFactors } from './factorize.ts';
import { factorizeLayers, type FactorizedLayers, type FactorizeOptions } from './factorizeLayers.ts';
import { projectRows } from './rowPass.ts';
import type { RowSource } from './rowSource.ts';
import { relativeError } from './spectrum.ts';
import { EmbeddingTable } from './table.ts';

export interface FactorizedCheckpoint extends FactorizedLayers {
  /** Of what was written; undefined for a model that was changed without being understood. */
  readonly spec?: ModelSpec;
}

const tableName = 'embedding/table';
/** Of the time that the sums take, roughly. */
const summing = 0.6;

/** What only retraining needs. */
const notUnderstood: ReadonlySet<string> = new Set([
  'no-head',
  'no-layers',
  'several-inputs',
  'several-outputs',
  'unsupported-layer',
]);

/**
 * Factorizes a model's embedding without training: the truncated SVD of its table, read block by block where the model's
 * format allows it, so that memory does not grow with the vocabulary's size times the dimension. A model with a layer that
 * is not supported is changed as `factorizeLayers` does, and so is one of which one embedding is named.
 *
 * @throws UserError as `openCheckpoint` and `findFactors` do; `already-factorized`; `output-over-input`; `output-exists`
 */
export async function factorizeCheckpoint(
  input: string,
  folder: string,
  options: FactorizeOptions,
): Promise<FactorizedCheckpoint> {
  const path = await findModel(input);
  await checkApart(folder, path);
  if (options.embedding !== undefined) return factorizeLayers(path, folder, options);
  try {
    return await factorizeKnown(await openCheckpoint(path), folder, options);
  } catch (error) {
    if (!(error instanceof UserError) || !notUnderstood.has(error.code)) throw error;
    const changed = await factorizeLayers(path, folder, options);
    return { ...changed, notes: [`${error.message} So only the embedding was changed.`, ...changed.notes] };
  }
}

async function factorizeKnown(
  opened: OpenCheckpoint,
  folder: string,
  { size, threads, watch }: FactorizeOptions,
): Promise<FactorizedCheckpoint> {
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
  const settings = await readSettings(dirname(path), textOfModel(opened));
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
    tables: [
      { name: 'embedding', rows, dimension, rank, relativeError: relativeError(singularValues, rank) },
    ],
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
