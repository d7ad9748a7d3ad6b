import { pack, packedBytes, unpack } from '../compression/packing.ts';
import { schemeOf } from '../compression/codings.ts';
import type { PartLayout } from '../compression/coding.ts';
import { UserError } from '../errors.ts';
import { parseJson } from '../parseJson.ts';
import { tensorsBelow } from './tensorsBelow.ts';
import { checkFinite } from './checkFinite.ts';
import type { ModelSpec, StreamedTensor, Tensor, Weights } from './checkpoint.ts';
import { codedMatrices, weightLayouts } from './specFromJson.ts';
import type { WrittenTensor } from './safetensors.ts';
import { isRounded, toHalves, type Halves } from './storage.ts';
import { readTensor, type TensorFile } from './tensorFile.ts';

/** What a file's metadata says of the tensors that are packed: docs/format.md. */
type PackedTensors = Readonly<Record<string, PartLayout>>;

/**
 * The weights as a `.safetensors` file holds them: what a coding stores in fewer than 32 bits is packed to them.
 * @param half whether the embedding, which is in memory then, is stored in half precision
 */
export function packWeights(
  spec: ModelSpec,
  weights: ReadonlyMap<string, Tensor | StreamedTensor>,
  half = false,
): {
  readonly tensors: ReadonlyMap<string, WrittenTensor>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const floats: [string, Tensor | StreamedTensor][] = [];
  const halves: [string, Halves][] = [];
  const bytes: [string, Uint8Array][] = [];
  const packed: Record<string, PartLayout> = {};
  for (const [name, { bits }] of weightLayouts(spec)) {
    const tensor = weights.get(name);
    if (tensor === undefined) throw new Error(`The model has no ${name}.`);
    const isHalf = half && isRounded(name);
    if (bits === 32 && !isHalf) floats.push([name, tensor]);
    else {
      if (!('data' in tensor)) throw new Error(`${name} is packed and not in memory.`);
      if (isHalf) {
        halves.push([name, toHalves(tensor, name)]);
        continue;
      }
      bytes.push([name, pack(tensor.data, bits)]);
      packed[name] = { shape: tensor.shape, bits };
    }
  }
  return {
    // In this order every number lies at a multiple of its size.
    tensors: new Map<string, WrittenTensor>([...floats, ...halves, ...bytes]),
    metadata: {
      spec: JSON.stringify(spec),
      ...(bytes.length > 0 && { packed: JSON.stringify(packed) }),
    },
  };
}

/**
 * Each weight as a file has it, with the sizes that its content gives.
 * @throws UserError `weight-shape`, `packed-weight` for what does not fit the model
 */
export function storedLayouts(
  spec: ModelSpec,
  { path: file, tensors, metadata }: TensorFile,
): Map<string, PartLayout> {
  const packed = parsePacked(metadata.packed, file);
  const stored = new Map<string, PartLayout>();
  for (const [name, { shape, bits }] of weightLayouts(spec)) {
    const entry = tensors.get(name);
    const found = bits === 32 ? entry?.shape : packed[name]?.shape;
    if (!isShape(found) || !fits(found, shape)) {
      throw new UserError(
        'weight-shape',
        `The weight '${name}' is ${isShape(found) ? found.join(' x ') : 'missing'}, where ${expected(shape)} is expected.`,
        'Export the model anew.',
        { file, item: name },
      );
    }
    stored.set(name, { shape: found, bits });
    if (bits === 32) continue;
    const size = packedBytes(
      found.reduce((a, b) => a * b, 1),
      bits,
    );
    const length = entry?.type.name === 'uint8' ? entry.shape.reduce((a, b) => a * b, 1) : undefined;
    if (packed[name]?.bits === bits && length === size) continue;
    throw new UserError(
      'packed-weight',
      `The weight '${name}' has ${length ?? 'no'} bytes of ${packed[name]?.bits} bits, where ${size} of ${bits} are expected.`,
      'Export the model anew.',
      { file, item: name },
    );
  }
  return stored;
}

/**
 * The weights again, with proof that what is coded can be decoded.
 * @param layouts of `storedLayouts`
 * @param without weights to leave unread
 * @throws UserError `packed-weight` for bytes and codes out of their range, `weight-not-finite`
 */
export async function unpackWeights(
  spec: ModelSpec,
  layouts: ReadonlyMap<string, PartLayout>,
  { path: file, tensors }: TensorFile,
  without: ReadonlySet<string> = new Set(),
): Promise<Weights> {
  const attempt = <T>(name: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(
        'packed-weight',
        `The weight '${name}' cannot be unpacked: ${error.message}.`,
        'Copy the file anew from where it was made.',
        { file, item: name },
      );
    }
  };
  const weights: Weights = new Map();
  for (const [name, { shape, bits }] of layouts) {
    if (without.has(name)) continue;
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`${name} has not been checked.`);
    const stored = await readTensor(tensor);
    if (bits === 32) checkFinite(stored, name, file);
    const count = shape.reduce((a, b) => a * b, 1);
    const data = bits === 32 ? stored : attempt(name, () => unpack(stored, count, bits));
    weights.set(name, { shape, data });
  }
  for (const { name, rows, columns, coding } of codedMatrices(spec)) {
    const parts = tensorsBelow(weights, name);
    const values = attempt(name, () => schemeOf(coding).decode(parts, rows, columns, coding));
    checkFinite(values, name, file);
  }
  return weights;
}

function parsePacked(text: string | undefined, file: string): PackedTensors {
  if (text === undefined) return {};
  try {
    const value: unknown = parseJson(text);
    if (typeof value === 'object' && value !== null && Object.values(value).every(isObject)) {
      return value as PackedTensors;
    }
  } catch {
    // Reported below, with everything else that is no object of objects.
  }
  throw new UserError(
    'packed-weight',
    "The file's metadata does not say how its weights are packed.",
    'Export the model anew.',
    { file, item: 'packed' },
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Whether a shape is the one expected, in which -1 is any size. */
function fits(found: readonly number[], shape: readonly number[]): boolean {
  return found.length === shape.length && shape.every((size, i) => size === -1 || size === found[i]);
}

function expected(shape: readonly number[]): string {
  return shape.map((size) => (size === -1 ? 'any' : size)).join(' x ');
}
