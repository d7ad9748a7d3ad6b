import { Random } from '../../random.ts';
import type { CodesSettings } from '../../recipe/recipe.ts';
import { codes } from '../codings/codes.ts';
import { tableOf, withCodedTable } from '../encodeEmbedding.ts';
import { inSteps } from '../inSteps.ts';
import { learnCodes } from '../learnCodes.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';

const codingStream = 7;

/** A row is a sum of codewords, which are retrained with the codes fixed (Shu and Nakayama, ICLR 2018). */
export const codesMethod: CompressionMethod<CodesSettings> = {
  compresses: 'trained',

  points({ codebooks, codewords, retrain }, { rows, dimension }, { entry }) {
    const variant = `x${codewords}${retrain ? '' : '-bare'}`;
    const warnings: string[] = [];
    const points = [...codebooks]
      .sort((a, b) => b - a)
      .map((count): PointSettings => {
        const setting = `codes-${count}${variant}`;
        const coding = { kind: 'codes', codebooks: count, codewords } as const;
        if (codes.cost(rows, dimension, coding).storageBytes >= 4 * rows * dimension) {
          warnings.push(
            `${setting} makes the table no smaller: its codebooks are larger than what they save.`,
          );
        }
        return { setting, series: `codes-${variant}`, method: 'codes', entry, retrain, coding };
      });
    return { points, warnings };
  },

  async compress(parent, { coding, setting }, { epochs }, { seed, pause }) {
    if (coding?.kind !== 'codes') throw new Error(`${setting} has no coding.`);
    const random = new Random(seed, codingStream);
    const parts = await inSteps(learnCodes(tableOf(parent), coding, epochs, random), pause);
    return withCodedTable(parent, coding, parts);
  },
};
