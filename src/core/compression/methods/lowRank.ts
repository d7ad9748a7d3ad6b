import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { factorize, usesGradient } from '../../embedding/factorize.ts';
import { EmbeddingTable } from '../../embedding/table.ts';
import { Random } from '../../random.ts';
import type { Bits, LowRankSettings, Metric } from '../../recipe/recipe.ts';
import { Vocabulary } from '../../text/vocabulary.ts';
import { wordCounts } from '../../text/wordCounts.ts';
import type { Coding } from '../coding.ts';
import { encodeEmbedding, tableOf } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';
import { ranksOf } from '../ranks.ts';

const codingStream = 7;

/**
 * Two factors in the table's place, both retrained (Acharya et al., AAAI 2019), as they are or in fixed point, with A's
 * rows of all words or of the frequent ones.
 */
export const lowRank: CompressionMethod<LowRankSettings> = {
  compresses: 'trained',

  points({ metrics, split, bits, words, retrain, refreshAfter, ...settings }, table, place) {
    const { ranks, warnings } = ranksOf(settings, table, place);
    const variants = [...words]
      .sort((a, b) => b - a)
      .flatMap((share) => bits.map((width) => ({ share, width, coding: codingOf(width, share) })));
    const points = variants.flatMap(({ share, width, coding }) =>
      ranks.flatMap((rank) =>
        metrics.map((metric): PointSettings => {
          const rounded = width === 32 ? '' : width === 'ternary' ? '-ternary' : `-${width}bit`;
          const refreshed =
            refreshAfter === undefined || !usesGradient(metric) ? '' : `-refresh${refreshAfter}`;
          const name = `${rounded}${share === 1 ? '' : `-words${share}`}${refreshed}${retrain ? '' : '-bare'}`;
          return {
            setting: `${metric}-k${rank}${name}`,
            series: `${metric}${name}`,
            method: 'low-rank',
            entry: place.entry,
            retrain,
            metric,
            split,
            rank,
            ...(coding && { coding }),
          };
        }),
      ),
    );
    return { points, warnings };
  },

  async compress(parent, point, { taskSentences }, context) {
    const { rank, metric = 'task', split = 'balanced', coding: planned } = point;
    if (rank === undefined) throw new Error(`${point.setting} has no rank.`);
    const { rows, dimension } = parent.spec.embedding;
    const factors = await factorize(new EmbeddingTable(rows, dimension, tableOf(parent).data), {
      rank,
      metric,
      split,
      ...(usesGradient(metric) && { gradientCovariance: await context.gradientCovariance(taskSentences) }),
      ...(usesFrequency(metric) && { rowWeights: wordCounts(context.data.train, rows) }),
    });
    factors.warnings.forEach(context.warn);
    const factorized = withFactors(parent, factors);
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

/** The model with A (m x k) and B (k x n) for its table. */
export function withFactors<M extends Pick<Checkpoint, 'spec' | 'weights'>>(
  checkpoint: M,
  { A, B, rank }: { readonly A: Float32Array; readonly B: Float32Array; readonly rank: number },
): M {
  const { rows, dimension } = checkpoint.spec.embedding;
  const weights = new Map(checkpoint.weights);
  weights.delete('embedding/table');
  weights.set('embedding/A', { shape: [rows, rank], data: A });
  weights.set('embedding/B', { shape: [rank, dimension], data: B });
  return { ...checkpoint, spec: { ...checkpoint.spec, embedding: { rows, dimension, rank } }, weights };
}
