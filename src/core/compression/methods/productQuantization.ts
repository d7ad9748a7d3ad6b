import { UserError } from '../../errors.ts';
import { Random } from '../../random.ts';
import type { ProductQuantizationSettings } from '../../recipe/recipe.ts';
import { Vocabulary } from '../../text/vocabulary.ts';
import { wordCounts } from '../../text/wordCounts.ts';
import { productQuantization } from '../codings/productQuantization.ts';
import { tableOf, withCodedTable } from '../encodeEmbedding.ts';
import { inSteps } from '../inSteps.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';
import { quantizeSubvectors } from '../quantizeSubvectors.ts';

const codingStream = 7;

/** Sub-vectors by the nearest of a codebook's centroids, retrained with the codes fixed (Joulin et al., 2016). */
export const productQuantizationMethod: CompressionMethod<ProductQuantizationSettings> = {
  compresses: 'trained',

  points({ subvectors, centroids, norm, words, keep, retrain }, { rows, dimension }, { file, path, entry }) {
    subvectors.forEach((subvector, i) => {
      if (subvector <= dimension) return;
      const item = `${path}.subvectors[${i}]`;
      throw new UserError(
        'subvector-too-large',
        `${item} must be at most ${dimension}, the dimensions of a vector, found ${subvector}.`,
        'Choose fewer dimensions.',
        { file, item },
      );
    });
    const descending = (a: number, b: number): number => b - a;
    const warnings: string[] = [];
    const points = [...words].sort(descending).flatMap((share) => {
      const pruned = share === 1 ? '' : `-words${share}-${keep}`;
      const variant = `${centroids === 256 ? '' : `-${centroids}`}${norm ? '' : '-no-norm'}${pruned}${retrain ? '' : '-bare'}`;
      return [...subvectors]
        .sort((a, b) => a - b)
        .map((subvector): PointSettings => {
          const setting = `product-quantization-${subvector}d${variant}`;
          const coding = {
            kind: 'product-quantization',
            subvector,
            centroids,
            norm,
            words: share,
            unknown: 0,
          } as const;
          const { storageBytes } = productQuantization.cost(rows, dimension, coding);
          if (storageBytes >= 4 * rows * dimension) {
            warnings.push(
              `${setting} makes the table no smaller: its codebooks are larger than what they save.`,
            );
          }
          return {
            setting,
            series: `product-quantization${variant}`,
            method: 'product-quantization',
            entry,
            retrain,
            coding,
          };
        });
    });
    return { points, warnings };
  },

  async compress(parent, { coding: planned, setting }, { keep }, { seed, data, pause }) {
    if (planned?.kind !== 'product-quantization') throw new Error(`${setting} has no coding.`);
    const { rows } = parent.spec.embedding;
    const words = data.vocabulary && new Vocabulary(data.vocabulary, data.text.outOfVocabularyToken);
    const coding = { ...planned, unknown: words?.unknownId ?? 0 };
    const worth = keep === 'frequency' ? wordCounts(data.train, rows) : undefined;
    const random = new Random(seed, codingStream);
    const parts = await inSteps(quantizeSubvectors(tableOf(parent), coding, random, worth), pause);
    return withCodedTable(parent, coding, parts);
  },
};
