import { Random } from '../../random.ts';
import type { DeepCompressionSettings } from '../../recipe/recipe.ts';
import { encodeEmbedding } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';

const codingStream = 7;

/** Pruning, shared values and Huffman codes (Han et al., ICLR 2016). */
export const deepCompressionMethod: CompressionMethod<DeepCompressionSettings> = {
  compresses: 'trained',

  points({ sparsities, bits, retrain }, _table, { entry }) {
    const bare = retrain ? '' : '-bare';
    const points = [...bits]
      .sort((a, b) => b - a)
      .flatMap((width) =>
        [...sparsities]
          .sort((a, b) => a - b)
          .map((sparsity): PointSettings => ({
            setting: `deep-compression-${sparsity}-${width}bit${bare}`,
            series: `deep-compression-${width}bit${bare}`,
            method: 'deep-compression',
            entry,
            retrain,
            coding: { kind: 'deep-compression', sparsity, bits: width },
          })),
      );
    return { points, warnings: [] };
  },

  compress(parent, { coding, setting }, _settings, { seed }) {
    if (coding === undefined) throw new Error(`${setting} has no coding.`);
    return encodeEmbedding(parent, coding, new Random(seed, codingStream));
  },
};
