import { mapNumbers } from './mapNumbers.ts';
import { halfToNumber } from './storedType.ts';

/** A type of numbers in a file, and how they become float32. */
export interface NumberType {
  /** As one calls it, e.g. `bfloat16`. */
  readonly name: string;
  /** Of one number. */
  readonly bytes: number;
  /** From stored bytes, little-endian, at the beginning of a memory of their own, which the numbers may share. */
  decode(stored: Uint8Array): Float32Array;
}

export const numberTypes = {
  float32: type('float32', 4, (buffer, length) => new Float32Array(buffer, 0, length)),
  float64: type('float64', 8, (buffer, length) => new Float32Array(new Float64Array(buffer, 0, length))),
  float16: type('float16', 2, (buffer, length) => {
    const halves = new Uint16Array(buffer, 0, length);
    return mapNumbers(halves, new Float32Array(length), halfToNumber);
  }),
  // The upper half of a float32.
  bfloat16: type('bfloat16', 2, (buffer, length) => {
    const halves = new Uint16Array(buffer, 0, length);
    const bits = mapNumbers(halves, new Uint32Array(length), (half) => half << 16);
    return new Float32Array(bits.buffer);
  }),
  int64: type('int64', 8, (buffer, length) =>
    mapNumbers(new BigInt64Array(buffer, 0, length), new Float32Array(length), Number),
  ),
  int32: type('int32', 4, (buffer, length) => new Float32Array(new Int32Array(buffer, 0, length))),
  int16: type('int16', 2, (buffer, length) => new Float32Array(new Int16Array(buffer, 0, length))),
  int8: type('int8', 1, (buffer, length) => new Float32Array(new Int8Array(buffer, 0, length))),
  uint8: type('uint8', 1, (buffer, length) => new Float32Array(new Uint8Array(buffer, 0, length))),
  bool: type('bool', 1, (buffer, length) => new Float32Array(new Uint8Array(buffer, 0, length))),
};

function type(
  name: string,
  bytes: number,
  decode: (buffer: ArrayBuffer, length: number) => Float32Array,
): NumberType {
  return {
    name,
    bytes,
    decode: (stored) => decode(stored.buffer as ArrayBuffer, stored.length / bytes),
  };
}
