import type { Bits } from '../recipe/recipe.ts';

/** Three levels in base 3, five to a byte: 3^5 = 243. */
const perByte = 5;

/** Bytes of so many values, packed. */
export function packedBytes(count: number, bits: Bits): number {
  return bits === 'ternary' ? Math.ceil(count / perByte) : Math.ceil((count * bits) / 8);
}

/**
 * Whole numbers packed to their bits, one after the other from a byte's lowest bit up (so 8 and 16 bits are bytes and
 * little-endian words); ternary ones as the digits of a number in base 3, the first the lowest.
 *
 * @param values from 0 to 2^bits - 1, or to 2; at most 24 bits
 */
export function pack(values: Float32Array, bits: Bits): Uint8Array {
  const bytes = new Uint8Array(packedBytes(values.length, bits));
  if (bits === 'ternary') {
    for (let i = values.length - 1; i >= 0; i--) {
      const at = Math.floor(i / perByte);
      bytes[at] = bytes[at]! * 3 + values[i]!;
    }
    return bytes;
  }
  let at = 0;
  let [waiting, filled] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    waiting |= values[i]! << filled;
    for (filled += bits; filled >= 8; filled -= 8) {
      bytes[at++] = waiting;
      waiting >>>= 8;
    }
  }
  if (filled > 0) bytes[at] = waiting;
  return bytes;
}

/** The values again. @throws RangeError where there are too few bytes or too many, or what no packing leaves */
export function unpack(bytes: ArrayLike<number>, count: number, bits: Bits): Float32Array {
  if (bytes.length !== packedBytes(count, bits)) {
    throw new RangeError(`${count} values take ${packedBytes(count, bits)} bytes, not ${bytes.length}`);
  }
  const values = new Float32Array(count);
  if (bits === 'ternary') {
    for (let at = 0, i = 0; at < bytes.length; at++) {
      let rest = bytes[at]!;
      for (let digit = 0; digit < perByte && i < count; digit++, i++) {
        values[i] = rest % 3;
        rest = Math.floor(rest / 3);
      }
      if (rest > 0) throw new RangeError(`byte ${at} is ${bytes[at]}, more than its values take`);
    }
    return values;
  }
  const mask = 2 ** bits - 1;
  let at = 0;
  let [waiting, filled] = [0, 0];
  for (let i = 0; i < count; i++) {
    for (; filled < bits; filled += 8) waiting |= bytes[at++]! << filled;
    values[i] = waiting & mask;
    waiting >>>= bits;
    filled -= bits;
  }
  if (waiting > 0)
    throw new RangeError(`the last byte is ${bytes[bytes.length - 1]}, more than its values take`);
  return values;
}
