import type { CodingCost, PartLayout } from './coding.ts';
import { packedBytes } from './packing.ts';

/** What parts of known sizes take, each packed to its bits and to whole bytes. */
export function storageOf(
  layout: ReadonlyMap<string, PartLayout>,
): Pick<CodingCost, 'parameters' | 'storageBytes'> {
  let parameters = 0;
  let storageBytes = 0;
  for (const { shape, bits } of layout.values()) {
    const values = shape.reduce((a, b) => a * b, 1);
    parameters += values;
    storageBytes += packedBytes(values, bits);
  }
  return { parameters, storageBytes };
}
