import type { Checkpoint, ModelSpec } from '../../checkpoint/checkpoint.ts';
import {
  embeddingCalls,
  inputLengths,
  layerOfTable,
  tablesOf,
  withRanks,
} from '../../checkpoint/graph/tables.ts';
import { decompose, factorize, usesGradient } from '../../embedding/factorize.ts';
import { EmbeddingTable } from '../../embedding/table.ts';
import { Random } from '../../random.ts';
import type { Bits, LowRankSettings, Metric } from '../../recipe/recipe.ts';
import { meanLength, type EncodedDataset } from '../../text/encoded.ts';
import { Vocabulary } from '../../text/vocabulary.ts';
import { wordCounts, type TokenRange } from '../../text/wordCounts.ts';
import type { Coding } from '../coding.ts';
import { encodeEmbedding, tableOf } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';
import { rankSetsOf } from '../ranks.ts';

const codingStream = 7;

/**
 * Two factors in the table's place, both retrained (Acharya et al., AAAI 2019), as they are or in fixed point, with A's
 * rows of all words or of the frequent ones.
 */
export const lowRank: CompressionMethod<LowRankSettings> = {
  compresses: 'trained',

  points({ metrics, split, bits, words, retrain, refreshAfter, ...settings }, table, place) {
    const { sets, warnings } = rankSetsOf(settings, table, place);
    const variants = [...words]
      .sort((a, b) => b - a)
      .flatMap((share) => bits.map((width) => ({ share, width, coding: codingOf(width, share) })));
    const points = variants.flatMap(({ share, width, coding }) =>
      sets.flatMap(({ rank, ranks }) =>
        metrics.map((metric): PointSettings => {
          const rounded = width === 32 ? '' : width === 'ternary' ? '-ternary' : `-${width}bit`;
          const refreshed =
            refreshAfter === undefined || !usesGradient(metric) ? '' : `-refresh${refreshAfter}`;
          const name = `${rounded}${share === 1 ? '' : `-words${share}`}${refreshed}${retrain ? '' : '-bare'}`;
          return {
            setting: `${metric}-k${[rank, ...Object.values(ranks ?? {})].join('-')}${name}`,
            series: `${metric}${name}`,
            method: 'low-rank',
            entry: place.entry,
            retrain,
            metric,
            split,
            rank,
            ...(ranks && { ranks }),
            ...(coding && { coding }),
          };
        }),
      ),
    );
    return { points, warnings };
  },

  async compress(parent, point, { taskSentences }, context) {
    const { rank, ranks = {}, metric = 'task', split = 'balanced', coding: planned } = point;
    if (rank === undefined) throw new Error(`${point.setting} has no rank.`);
    const { rows } = parent.spec.embedding;
    const covariances = usesGradient(metric) ? await context.gradientCovariances(taskSentences) : undefined;
    let factorized = parent;
    const wanted = [['embedding', rank] as const, ...Object.entries(ranks)];
    for (const [name, k] of wanted) {
      const table = tablesOf(parent.spec).find((one) => one.name === name);
      if (table === undefined) throw new Error(`The model has no table '${name}'.`);
      const gradientCovariance = covariances?.get(name);
      const { train } = context.data;
      const source = new EmbeddingTable(table.rows, table.dimension, tableOf(parent, name).data);
      const felt = await context.kept(
        `${name} by ${metric}, ${taskSentences ?? 'all'} sentences`,
        async () => {
          const options = {
            metric,
            ...(gradientCovariance && { gradientCovariance }),
            ...(usesFrequency(metric) && {
              rowWeights: wordCounts(train, table.rows, rangesOf(parent.spec, name, train)),
            }),
          };
          return { ...options, decomposition: await decompose(source, options) };
        },
      );
      const factors = await factorize(source, { rank: k, split, ...felt });
      for (const warning of factors.warnings) {
        context.warn(wanted.length > 1 ? `${layerOfTable(parent.spec, name)}: ${warning}` : warning);
      }
      factorized = withFactors(factorized, factors, name);
    }
    if (planned === undefined) return factorized;
    const { vocabulary, text, train } = context.data;
    const unknown = vocabulary && new Vocabulary(vocabulary, text.outOfVocabularyToken).unknownId;
    const coding = planned.kind === 'frequent-rows' ? { ...planned, unknown: unknown ?? 0 } : planned;
    const random = new Random(context.seed, codingStream);
    return encodeEmbedding(factorized, coding, random, wordCounts(train, rows));
  },
};

/** Of A; B is coded as its values are. */
function codingOf(bits: Bits, words: number): Coding | undefined {
  const values =
    bits === 32 ? undefined : ({ kind: 'fixed-point', bits, scale: 'table', zeroPoint: false } as const);
  return words === 1 ? values : { kind: 'frequent-rows', words, unknown: 0, ...(values && { values }) };
}

/** Whether the metric weighs words by their counts. */
export function usesFrequency(metric: Metric): boolean {
  return metric === 'frequency' || metric === 'task-frequency';
}

/** Tokens of a sentence of several texts that read a table; undefined of one text, all of whose tokens do. */
export function rangesOf(
  { body }: Pick<ModelSpec, 'body'>,
  table: string,
  train: EncodedDataset,
): TokenRange[] | undefined {
  if (body.kind !== 'graph' || body.inputs === undefined) return undefined;
  const lengths = inputLengths(body, meanLength(train));
  const read = new Set(embeddingCalls(body).flatMap((call) => (call.table === table ? [call.input] : [])));
  return [...read].map((input) => {
    const first = lengths.slice(0, input).reduce((a, b) => a + b, 0);
    return { first, end: first + lengths[input]! };
  });
}

/** The model with A (m x k) and B (k x n) for a table. @param name of the table */
export function withFactors<M extends Pick<Checkpoint, 'spec' | 'weights'>>(
  checkpoint: M,
  { A, B, rank }: { readonly A: Float32Array; readonly B: Float32Array; readonly rank: number },
  name = 'embedding',
): M {
  const table = tablesOf(checkpoint.spec).find((one) => one.name === name);
  if (table === undefined) throw new Error(`The model has no table '${name}'.`);
  const { prefix, rows, dimension } = table;
  const weights = new Map(checkpoint.weights);
  weights.delete(`${prefix}/table`);
  weights.set(`${prefix}/A`, { shape: [rows, rank], data: A });
  weights.set(`${prefix}/B`, { shape: [rank, dimension], data: B });
  return { ...checkpoint, spec: withRanks(checkpoint.spec, new Map([[name, rank]])), weights };
}
