import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import { factorize, usesGradient } from '../../embedding/factorize.ts';
import { EmbeddingTable } from '../../embedding/table.ts';
import { Random } from '../../random.ts';
import type { LowRankSettings, Metric } from '../../recipe/recipe.ts';
import { wordCounts } from '../../text/wordCounts.ts';
import type { FixedPointCoding } from '../coding.ts';
import { encodeEmbedding, tableOf } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';
import { ranksOf } from '../ranks.ts';

const codingStream = 7;

/** Two factors in the table's place, both retrained (Acharya et al., AAAI 2019), as they are or in fixed point. */
export const lowRank: CompressionMethod<LowRankSettings> = {
  compresses: 'trained',

  points({ metrics, split, bits, retrain, ...settings }, table, place) {
    const { ranks, warnings } = ranksOf(settings, table, place);
    const points = bits.flatMap((width) =>
      ranks.flatMap((rank) =>
        metrics.map((metric): PointSettings => {
          const name = width === 32 ? '' : width === 'ternary' ? '-ternary' : `-${width}bit`;
          const bare = retrain ? '' : '-bare';
          const coding: FixedPointCoding | undefined =
            width === 32 ? undefined : { kind: 'fixed-point', bits: width, scale: 'table', zeroPoint: false };
          return {
            setting: `${metric}-k${rank}${name}${bare}`,
            series: `${metric}${name}${bare}`,
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
    const { rank, metric = 'task', split = 'balanced', coding } = point;
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
    return coding === undefined
      ? factorized
      : encodeEmbedding(factorized, coding, new Random(context.seed, codingStream));
  },
};

function usesFrequency(metric: Metric): boolean {
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
