import { Random } from '../../random.ts';
import type { FixedPointSettings } from '../../recipe/recipe.ts';
import { levels } from '../codings/fixedPoint.ts';
import { encodeEmbedding } from '../encodeEmbedding.ts';
import type { CompressionMethod, PointSettings } from '../method.ts';

const codingStream = 7;

/** The table in b-bit fixed point, retrained with its rounding (quantization-aware) or as it is. */
export const fixedPointMethod: CompressionMethod<FixedPointSettings> = {
  compresses: 'trained',

  points({ bits, scale, zeroPoint, retrain }, _table, { entry }) {
    const variant = `${scale === 'row' ? '-row' : ''}${zeroPoint ? '-zero' : ''}${retrain ? '' : '-bare'}`;
    const points = [...bits]
      .sort((a, b) => levels(b) - levels(a))
      .map((width): PointSettings => ({
        setting: `fixed-point-${width === 'ternary' ? width : `${width}bit`}${variant}`,
        series: `fixed-point${variant}`,
        method: 'fixed-point',
        entry,
        retrain,
        coding: { kind: 'fixed-point', bits: width, scale, zeroPoint },
      }));
    return { points, warnings: [] };
  },

  compress(parent, { coding, setting }, _settings, { seed }) {
    if (coding === undefined) throw new Error(`${setting} has no coding.`);
    return encodeEmbedding(parent, coding, new Random(seed, codingStream));
  },
};
