import { dirname, join, resolve } from 'node:path';
import type { ModelSpec, StreamedTensor, Tensor } from '../checkpoint/checkpoint.ts';
import { settingsFile } from '../checkpoint/fileNames.ts';
import { writeCheckpoint } from '../checkpoint/folder.ts';
import { layerOfTable, tablesOf, withRanks, type SpecTable } from '../checkpoint/graph/tables.ts';
import { checkApart } from '../checkpoint/outputApart.ts';
import { findModel, openCheckpoint, textOfModel, type OpenCheckpoint } from '../checkpoint/openCheckpoint.ts';
import { isTensorFile } from '../checkpoint/tensorFile.ts';
import { checkLabels, readSettings } from '../checkpoint/settings.ts';
import { chosenRank } from '../cost/reduction.ts';
import { locate, UserError } from '../errors.ts';
import { findFactors } from './factorize.ts';
import {
  factorizeLayers,
  unknownEmbedding,
  type FactorizedLayers,
  type FactorizedTable,
  type FactorizeOptions,
} from './factorizeLayers.ts';
import { projectRows } from './rowPass.ts';
import type { RowSource } from './rowSource.ts';
import { relativeError } from './spectrum.ts';
import { EmbeddingTable } from './table.ts';

export interface FactorizedCheckpoint extends FactorizedLayers {
  /** Of what was written; undefined for a model that was changed without being understood. */
  readonly spec?: ModelSpec;
}

/** Of the time that the sums take, roughly. */
const summing = 0.6;

/** What only retraining needs. */
const notUnderstood: ReadonlySet<string> = new Set([
  // It may be inside of another model.
  'no-embedding',
  'no-head',
  'no-layers',
  'several-inputs',
  'several-outputs',
  'unsupported-layer',
]);

/**
 * Factorizes a model's embeddings without training: the truncated SVD of each table, read block by block where the model's
 * format allows it, so that memory does not grow with the vocabulary's size times the dimension. A model with a layer that
 * is not supported is changed as `factorizeLayers` does.
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
  try {
    const opened = await openCheckpoint(path);
    // What a layer is called only a model of several tables says.
    const isNamed = options.embedding !== undefined && tablesOf(opened.spec).length === 1;
    if (isNamed && !isTensorFile(path)) return await factorizeLayers(path, folder, options);
    return await factorizeKnown(opened, folder, options);
  } catch (error) {
    if (!(error instanceof UserError) || !notUnderstood.has(error.code)) throw error;
    const changed = await factorizeLayers(path, folder, options);
    return { ...changed, notes: [`${error.message} So only the embedding was changed.`, ...changed.notes] };
  }
}

async function factorizeKnown(
  opened: OpenCheckpoint,
  folder: string,
  options: FactorizeOptions,
): Promise<FactorizedCheckpoint> {
  const { spec, path } = opened;
  const all = tablesOf(spec);
  const named = all.filter(({ name }) => [undefined, layerOfTable(spec, name)].includes(options.embedding));
  if (named.length === 0) {
    throw unknownEmbedding(
      options.embedding,
      all.map(({ name }) => layerOfTable(spec, name)),
      path,
    );
  }
  const tables = named.filter(({ rank }) => rank === undefined);
  if (tables.length === 0) {
    throw new UserError(
      'already-factorized',
      `The model's embedding is already factorized, at rank ${named[0]?.rank}.`,
      'Factorize the model that it was made from.',
      { file: path },
    );
  }
  const settings = await readSettings(dirname(path), textOfModel(opened));
  if (settings.labels !== undefined) {
    checkLabels(settings.labels, spec.classes, join(dirname(path), settingsFile));
  }
  const whole = new Set(tables.map(({ prefix }) => `${prefix}/table`));
  const weights = new Map<string, Tensor | StreamedTensor>(await opened.readWeights(whole));
  const factorized: FactorizedTable[] = [];
  const notes: string[] = [];
  for (const [i, table] of tables.entries()) {
    const { factors, made, warnings } = await factorizeTable(opened, table, options, [i, tables.length]);
    for (const [name, tensor] of factors) weights.set(name, tensor);
    factorized.push(made);
    notes.push(...warnings.map((warning) => (tables.length > 1 ? `${made.name}: ${warning}` : warning)));
  }
  const ranks = new Map(tables.map(({ name }, i) => [name, factorized[i]?.rank]));
  const after = withRanks(spec, ranks);
  const written = await writeCheckpoint(
    folder,
    { ...settings, spec: after, weights },
    opened.format === 'torch' ? 'safetensors' : opened.format,
  );
  return {
    folder: resolve(folder),
    format: written.format,
    spec: after,
    tables: factorized,
    notes: [...notes, ...written.notes],
  };
}

async function factorizeTable(
  opened: OpenCheckpoint,
  { name, prefix, rows, dimension }: SpecTable,
  { size, threads, watch }: FactorizeOptions,
  [index, count]: readonly [number, number],
): Promise<{
  readonly factors: readonly (readonly [string, Tensor | StreamedTensor])[];
  readonly made: FactorizedTable;
  readonly warnings: readonly string[];
}> {
  const pass = (phase: 'summing' | 'writing') => ({
    ...(threads && { threads }),
    watch: (done: number): void | Promise<void> => {
      // All are summed before the first is written.
      const share = (index + done / rows) / count;
      return watch?.({
        phase,
        share: phase === 'summing' ? summing * share : summing + (1 - summing) * share,
      });
    },
  });
  const table = await tableOf(opened, `${prefix}/table`, rows, dimension);
  const { rank, B, directions, singularValues, warnings } = await locate(
    { file: opened.path, item: `${prefix}/table` },
    () =>
      findFactors(
        table,
        { rank: chosenRank(size, rows, dimension), metric: 'spectrum', split: 'balanced' },
        pass('summing'),
      ),
  );
  const blocks = projectRows(table, directions, pass('writing'));
  return {
    factors: [
      [`${prefix}/A`, { shape: [rows, rank], blocks }],
      [`${prefix}/B`, { shape: [rank, dimension], data: B }],
    ],
    made: {
      name: layerOfTable(opened.spec, name),
      rows,
      dimension,
      rank,
      relativeError: relativeError(singularValues, rank),
    },
    warnings,
  };
}

/** Its rows one by one, or all of it in memory. */
async function tableOf(opened: OpenCheckpoint, name: string, m: number, n: number): Promise<RowSource> {
  const rows = opened.tableRows?.(name);
  if (rows !== undefined) return rows;
  const table = (await opened.readWeights()).get(name);
  if (table === undefined) throw new Error('A model that is not factorized has a table.');
  return new EmbeddingTable(m, n, table.data);
}
