/** How tfjs stores the numbers of a float32 weight. */
export interface StoredType {
  /** Of one number. */
  readonly bytes: number;
  /** From stored bytes, whose memory the numbers may share. */
  decode(stored: Uint8Array): Float32Array;
}

const float32: StoredType = {
  bytes: 4,
  decode: (stored) => new Float32Array(stored.buffer, stored.byteOffset, stored.length / 4),
};

const float16: StoredType = {
  bytes: 2,
  decode: (stored) => {
    const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
    const data = new Float32Array(stored.length / 2);
    for (let i = 0; i < data.length; i++) data[i] = halfToNumber(view.getUint16(2 * i, true));
    return data;
  },
};

/**
 * The storage that a manifest entry describes: float32, or one of tfjs's quantizations of it, half precision and
 * integers of 8 or 16 bits with value = integer * scale + min; undefined for any other.
 */
export function storedTypeOf(dtype: unknown, quantization: unknown): StoredType | undefined {
  if (dtype !== 'float32') return undefined;
  if (quantization === undefined || quantization === null) return float32;
  const { dtype: stored, scale, min } = quantization as Record<string, unknown>;
  if (stored === 'float16') return float16;
  if (typeof scale !== 'number' || typeof min !== 'number') return undefined;
  if (stored === 'uint8') return integers(1, scale, min);
  if (stored === 'uint16') return integers(2, scale, min);
  return undefined;
}

function integers(bytes: 1 | 2, scale: number, min: number): StoredType {
  return {
    bytes,
    decode: (stored) => {
      const data = new Float32Array(stored.length / bytes);
      for (let i = 0; i < data.length; i++) {
        const value = bytes === 1 ? stored[i]! : stored[2 * i]! + 256 * stored[2 * i + 1]!;
        data[i] = value * scale + min;
      }
      return data;
    },
  };
}

/** Of each half, made when it is first needed. */
let numbers: Float32Array | undefined;

/** IEEE 754 binary16. */
export function halfToNumber(half: number): number {
  numbers ??= new Float32Array(0x10000).map((_, i) => computeNumber(i));
  return numbers[half]!;
}

function computeNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const floats = new Float32Array(1);
const bitsOfFloat = new Uint32Array(floats.buffer);

/** The nearest IEEE 754 binary16 of a float32, the even one of two; that of Infinity from 65520 on. */
export function numberToHalf(value: number): number {
  floats[0] = value;
  const bits = bitsOfFloat[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  // 65520, and Infinity.
  if (size >= 0x477ff000) return size > 0x7f800000 ? 0x7e00 : sign | 0x7c00;
  if (size < 0x38800000) {
    // Below 2^-14 the numbers are multiples of 2^-24, as are float32's from 0.5 on.
    floats[0] = Math.abs(floats[0]) + 0.5;
    return sign | (bitsOfFloat[0]! - 0x3f000000);
  }
  // 13 bits of the fraction go; a carry out of it leads to the next exponent by itself.
  return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
}
