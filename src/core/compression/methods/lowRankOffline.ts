import { factorize } from '../../embedding/factorize.ts';
import { EmbeddingTable } from '../../embedding/table.ts';
import type { LowRankOfflineSettings } from '../../recipe/recipe.ts';
import { tableOf } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';
import { rankSetsOf } from '../ranks.ts';
import { withFactors } from './lowRank.ts';

/** The word vectors' truncated SVD, and the model trained from there: what the authors compare their own way with. */
export const lowRankOffline: CompressionMethod<LowRankOfflineSettings> = {
  compresses: 'untrained',

  points({ split, ...settings }, table, place) {
    const { sets, warnings } = rankSetsOf(settings, table, place);
    const points = sets.map(({ rank }): PointSettings => ({
      setting: `offline-k${rank}`,
      series: 'offline',
      method: 'low-rank-offline',
      entry: place.entry,
      retrain: true,
      split,
      rank,
    }));
    return { points, warnings };
  },

  async compress(parent, { rank = 1, split = 'balanced' }, _settings, { warn }) {
    const { rows, dimension } = parent.spec.embedding;
    const table = new EmbeddingTable(rows, dimension, tableOf(parent).data);
    const factors = await factorize(table, { rank, split, metric: 'spectrum' });
    factors.warnings.forEach(warn);
    return withFactors(parent, factors);
  },
};
