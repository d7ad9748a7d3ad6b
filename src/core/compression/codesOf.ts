import type { Parts } from './coding.ts';
import { partOf } from './partOf.ts';

/**
 * The whole numbers of a part, which are places in a codebook.
 *
 * @param below how many places there are, 256 at most
 * @throws RangeError where the part is missing or of another size, or a code is no such number
 */
export function codesOf(parts: Parts, name: string, length: number, below: number): Uint8Array {
  const codes = partOf(parts, name, length);
  const wrong = codes.findIndex((code) => !(Number.isInteger(code) && code >= 0 && code < below));
  if (wrong >= 0) {
    throw new RangeError(
      `${name} has ${codes[wrong]} as its value ${wrong}, where a whole number from 0 to ${below - 1} is expected`,
    );
  }
  return Uint8Array.from(codes);
}
