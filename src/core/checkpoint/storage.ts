import type { FixedPointCoding } from '../compression/coding.ts';
import { encodeEmbedding } from '../compression/encodeEmbedding.ts';
import { schemeOf } from '../compression/codings.ts';
import { partOf } from '../compression/partOf.ts';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Checkpoint, Tensor } from './checkpoint.ts';
import { tablesOf } from './graph/tables.ts';
import { modelFile, type WrittenFormat } from './fileNames.ts';
import { mapNumbers } from './mapNumbers.ts';
import type { Watch } from './replaceFile.ts';
import { storagesOf, type Storage } from './storageTypes.ts';
import { halfToNumber, numberToHalf } from './storedType.ts';

/** What a storage rounds: the tables, or their factors. All else stays float32: it is small, and constants are exact. */
export function isRounded(name: string): boolean {
  return /^(embedding|graph\/[^/]+)\/(table|A|B)$/.test(name);
}

/** One scale and one offset a matrix, as tfjs's quantization has them. */
const codings: Readonly<Record<'uint8' | 'uint16', FixedPointCoding>> = {
  uint8: { kind: 'fixed-point', bits: 8, scale: 'table', zeroPoint: true },
  uint16: { kind: 'fixed-point', bits: 16, scale: 'table', zeroPoint: true },
};

/**
 * @throws UserError `storage-of-format` for integers in a file of Keras, `storage-of-coding` for a model whose embedding is
 * stored in few bits already
 */
export function checkStorage(
  storage: Storage,
  format: WrittenFormat,
  { spec }: Pick<Checkpoint, 'spec'>,
  path: string,
): void {
  if (storage === 'float32') return;
  const possible = storagesOf(format);
  if (!possible.includes(storage)) {
    throw new UserError(
      'storage-of-format',
      `${modelFile[format]} holds ${possible.join(' or ')}, and ${storage} was asked for.`,
      'Choose tfjs or safetensors, or another storage.',
      { file: path, item: format },
    );
  }
  const coding = tablesOf(spec).find((table) => table.coding)?.coding;
  if (coding === undefined) return;
  throw new UserError(
    'storage-of-coding',
    `The embedding is stored as ${coding.kind} already, and ${storage} was asked for.`,
    'Leave the storage out.',
    { file: path, item: 'embedding' },
  );
}

/** The model with its tables in fixed point of 8 or 16 bits, as `model.safetensors` packs them. */
export function withIntegers(checkpoint: Checkpoint, storage: 'uint8' | 'uint16'): Checkpoint {
  return tablesOf(checkpoint.spec).reduce(
    // Nothing is drawn in fixed point.
    (coded, { name }) => encodeEmbedding(coded, codings[storage], new Random(0), undefined, name),
    checkpoint,
  );
}

/** Half-precision numbers, as they lie in a file. */
export interface Halves {
  readonly shape: readonly number[];
  readonly halves: Uint16Array;
}

/** @throws UserError `float16-range` */
export function toHalves({ shape, data }: Tensor, name: string): Halves {
  const halves = mapNumbers(data, new Uint16Array(data.length), numberToHalf);
  const outside = halves.findIndex((half) => (half & 0x7fff) === 0x7c00);
  if (outside < 0) return { shape, halves };
  throw new UserError(
    'float16-range',
    `The weight '${name}' holds ${data[outside]}, and float16 ends at 65504.`,
    'Choose uint16 or float32.',
  );
}

/** Numbers that are rounded between two looks at whether to go on. */
const roundedAtOnce = 2 ** 20;

/** The nearest numbers of half precision. @throws UserError `float16-range` */
export async function roundedToHalf({ shape, data }: Tensor, name: string, watch?: Watch): Promise<Tensor> {
  const rounded = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += roundedAtOnce) {
    await watch?.();
    const { halves } = toHalves({ shape, data: data.subarray(at, at + roundedAtOnce) }, name);
    mapNumbers(halves, rounded.subarray(at, at + roundedAtOnce), halfToNumber);
  }
  return { shape, data: rounded };
}

/** As a manifest of tfjs describes a weight that is no float32. */
export type Quantization =
  | { readonly dtype: 'float16' }
  | { readonly dtype: 'uint8' | 'uint16'; readonly scale: number; readonly min: number };

/** A weight's bytes for tfjs, and how it reads them. */
export function quantize(
  tensor: Tensor,
  storage: Exclude<Storage, 'float32'>,
  name: string,
): { readonly bytes: Uint8Array; readonly quantization: Quantization } {
  if (storage === 'float16') {
    const { halves } = toHalves(tensor, name);
    return { bytes: new Uint8Array(halves.buffer), quantization: { dtype: storage } };
  }
  const coding = codings[storage];
  const parts = schemeOf(coding).encode(tensor, coding, new Random(0));
  const codes = partOf(parts, 'codes', tensor.data.length);
  const integers = storage === 'uint8' ? new Uint8Array(codes) : new Uint16Array(codes);
  const [scale = 0, min = 0] = [partOf(parts, 'scales', 1)[0], partOf(parts, 'offsets', 1)[0]];
  return { bytes: new Uint8Array(integers.buffer), quantization: { dtype: storage, scale, min } };
}
