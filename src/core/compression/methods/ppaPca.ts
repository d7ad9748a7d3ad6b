import { ppaPca } from '../../embedding/ppa.ts';
import { EmbeddingTable } from '../../embedding/table.ts';
import { UserError } from '../../errors.ts';
import { initialWeights } from '../../model/initialize.ts';
import type { PpaPcaSettings } from '../../recipe/recipe.ts';
import { tableOf } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';

const defaultShares = [0.5, 0.25, 0.1];

/** Word vectors of fewer dimensions, and a model of that width trained from there: see ppa.ts. */
export const ppaPcaMethod: CompressionMethod<PpaPcaSettings> = {
  compresses: 'untrained',

  points({ dimensions, removed }, { dimension: n }, { file, path, entry }) {
    const possible = defaultShares.map((share) => Math.round(share * n)).filter((d) => d > removed);
    const tried = dimensions.length > 0 ? [...dimensions].sort((a, b) => b - a) : possible;
    tried.forEach((dimension) => {
      if (dimension <= n && removed < dimension) return;
      throw new UserError(
        'dimension-out-of-range',
        `${path}.dimensions must be above "removed", ${removed}, and at most ${n}, the vectors' dimension, found ${dimension}.`,
        'Choose another dimension, or remove fewer directions.',
        { file, item: `${path}.dimensions` },
      );
    });
    const points = tried.map((dimension): PointSettings => ({
      setting: `ppa-pca-${dimension}d`,
      series: 'ppa-pca',
      method: 'ppa-pca',
      entry,
      retrain: true,
      dimension,
    }));
    return { points, warnings: [] };
  },

  async compress(parent, { dimension = 1 }, { removed }, { seed }) {
    const { rows, dimension: n } = parent.spec.embedding;
    const reduced = await ppaPca(new EmbeddingTable(rows, n, tableOf(parent).data), dimension, removed);
    const spec = { ...parent.spec, embedding: { rows, dimension } };
    return { ...parent, spec, weights: initialWeights(spec, reduced, seed) };
  },
};
