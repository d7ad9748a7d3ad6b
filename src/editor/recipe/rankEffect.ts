import type { ModelSpec } from '../../core/checkpoint/checkpoint.ts';
import { wholeTables, withRanks } from '../../core/checkpoint/graph/tables.ts';
import { embeddingBytes as bytesOfTables, layerCosts, totalCost } from '../../core/cost/cost.ts';
import { tableColumns } from '../../core/embedding/channels.ts';
import { achievedReduction, rankForReduction } from '../../core/cost/reduction.ts';
import type { Recipe } from '../../core/recipe/recipe.ts';

/** What is known of the model that a recipe compresses. */
export interface KnownModel {
  /** m; undefined where the words are not counted yet. */
  readonly rows: number | undefined;
  /** n */
  readonly dimension: number;
  /** Where the whole model is known. */
  readonly spec?: ModelSpec;
  /** Mean tokens of a sentence, where the data have been read. */
  readonly meanLength?: number;
}

/** What the command line's validator tells of a recipe's data. */
export interface CheckedData {
  /** Sentences to train on. */
  readonly train: number;
  readonly vocabulary: number;
  readonly dimension: number;
  readonly meanLength: number;
  readonly classes: readonly string[];
}

export interface Change {
  readonly before: number;
  readonly after: number;
}

/** What one rank does to a model. */
export interface RankEffect {
  /** Share of the table's parameters that goes; negative where the table grows. */
  readonly reduction: number;
  readonly embeddingBytes: Change;
  readonly modelBytes?: Change;
  readonly flopsPerSentence?: Change;
}

/**
 * The rank of a reduction. With more and more words it rises to (1 - R) n, which is taken where their number is not
 * known.
 */
export function rankOf(reduction: number, { rows, dimension }: KnownModel): number {
  return rankForReduction(reduction, rows ?? Number.MAX_SAFE_INTEGER, dimension);
}

/**
 * Undefined where the table's rows are not known.
 * @param asked the reduction that asks for the rank, where one does: of further tables it counts for each
 */
export function effectOf(
  rank: number,
  { rows, dimension, spec, meanLength }: KnownModel,
  asked?: number,
): RankEffect | undefined {
  if (rows === undefined) return undefined;
  const embeddingBytes = { before: 4 * rows * dimension, after: 4 * rank * (rows + dimension) };
  const reduction = achievedReduction(rank, rows, dimension);
  if (spec === undefined) return { reduction, embeddingBytes };
  const layers = layerCosts(spec, meanLength ?? 0);
  const ranks = wholeTables(spec.body).map(({ name, rows: m, dimension: n }) => {
    const own = asked === undefined ? Math.min(rank, m, n) : rankForReduction(asked, m, n);
    return [name, own] as const;
  });
  const smaller = layerCosts(withRanks(spec, new Map([['embedding', rank], ...ranks])), meanLength ?? 0);
  const [before, after] = [totalCost(layers), totalCost(smaller)];
  return {
    reduction,
    embeddingBytes: { before: bytesOfTables(layers), after: bytesOfTables(smaller) },
    modelBytes: { before: before.storageBytes, after: after.storageBytes },
    ...(meanLength !== undefined && {
      flopsPerSentence: { before: before.flopsPerSentence, after: after.flopsPerSentence },
    }),
  };
}

/** The model that a recipe trains, known as a whole once its data have been read. */
export function trainedModel(
  { body, embedding }: NonNullable<Recipe['train']>,
  data: CheckedData | undefined,
): KnownModel {
  if (data === undefined) return { rows: undefined, dimension: tableColumns(embedding) };
  const { vocabulary: rows, dimension, meanLength, classes } = data;
  const spec: ModelSpec = {
    embedding: { rows, dimension },
    body,
    head: 'softmax',
    classes: classes.length,
    masked: true,
  };
  return { rows, dimension, spec, meanLength };
}
