import { Random } from '../../random.ts';
import type { PruningSettings } from '../../recipe/recipe.ts';
import { sparse } from '../codings/sparse.ts';
import { encodeEmbedding } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';

const codingStream = 7;

/** The table's smallest values become 0, at once or over the epochs of retraining, in which they stay 0. */
export const pruning: CompressionMethod<PruningSettings> = {
  compresses: 'trained',

  points({ sparsities, gradual, retrain }, { rows, dimension }, { entry }) {
    const variant = !retrain ? '-bare' : gradual ? '' : '-at-once';
    const warnings: string[] = [];
    const points = [...sparsities]
      .sort((a, b) => a - b)
      .map((sparsity): PointSettings => {
        const setting = `pruning-${sparsity}${variant}`;
        const coding = { kind: 'sparse', sparsity, gradual: gradual && retrain } as const;
        if (sparse.cost(rows, dimension, coding).storageBytes >= 4 * rows * dimension) {
          warnings.push(`${setting} makes the table no smaller: where its values are takes more than goes.`);
        }
        return { setting, series: `pruning${variant}`, method: 'pruning', entry, retrain, coding };
      });
    return { points, warnings };
  },

  compress(parent, { coding, setting }, _settings, { seed }) {
    if (coding === undefined) throw new Error(`${setting} has no coding.`);
    return encodeEmbedding(parent, coding, new Random(seed, codingStream));
  },
};
