import { UserError } from '../errors.ts';
import { storedTypeOf, type StoredType } from './storedType.ts';

/** A weight as a model.json lists it. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: StoredType;
}

/** Weights that lie one after the other in their shards. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly StoredWeight[];
}

/** Bytes that a weight takes in its shards. */
export function storedBytes({ shape, type }: StoredWeight): number {
  return shape.reduce((product, size) => product * size, type.bytes);
}

/**
 * Reads the `weightsManifest` of a model.json.
 * @throws UserError that names the weight or shard: no list, a shape that is none, a type that is not read, a weight or
 * a shard that is there twice.
 */
export function readManifest(value: unknown, file: string): WeightGroup[] {
  const damaged = (fault: string, item?: string): UserError =>
    new UserError(
      'weights-manifest',
      `The weights manifest ${fault}.`,
      'Export the model anew as a tfjs layers model.',
      { file, ...(item !== undefined && { item }) },
    );
  const seen = new Set<string>();
  const once = (kind: string, name: string): void => {
    const key = `${kind} '${name}'`;
    if (seen.has(key)) throw damaged(`names the ${key} twice`, name);
    seen.add(key);
  };
  const readWeight = (weight: unknown): StoredWeight => {
    const { name, shape, dtype, quantization } = (weight ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string') throw damaged('has a weight without a name');
    once('weight', name);
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw damaged(`gives '${name}' no proper shape`, name);
    }
    const type = storedTypeOf(dtype, quantization);
    if (type === undefined) {
      throw new UserError(
        'unsupported-dtype',
        `The weight '${name}' has the type ${JSON.stringify(dtype)}${quantization === undefined ? '' : ` and the quantization ${JSON.stringify(quantization)}`}, which is not read.`,
        'Export the model with float32 weights, or quantized to float16, uint16 or uint8.',
        { file, item: name },
      );
    }
    return { name, shape: shape as number[], type };
  };
  if (!Array.isArray(value)) throw damaged('is missing');
  return value.map((group: unknown) => {
    const { paths, weights } = (group ?? {}) as Record<string, unknown>;
    if (
      !Array.isArray(paths) ||
      !paths.every((path) => typeof path === 'string') ||
      !Array.isArray(weights)
    ) {
      throw damaged('has a group without paths or weights');
    }
    for (const path of paths) once('shard', path);
    return { paths, weights: weights.map(readWeight) };
  });
}
