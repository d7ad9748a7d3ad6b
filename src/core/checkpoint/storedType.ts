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

/** IEEE 754 binary16. */
export function halfToNumber(half: number): number {
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
  const size = Math.abs(floats[0]);
  if (!(size < 65520)) return Number.isNaN(size) ? 0x7e00 : sign | 0x7c00;
  const exponent = Math.max(-14, ((bits >>> 23) & 0xff) - 127);
  const units = size / 2 ** (exponent - 10);
  const floor = Math.floor(units);
  const isUp = units - floor > 0.5 || (units - floor === 0.5 && floor % 2 === 1);
  // A carry out of the fraction leads to the next exponent by itself, as below the smallest normal number.
  return sign | (((exponent + 14) << 10) + floor + (isUp ? 1 : 0));
}
