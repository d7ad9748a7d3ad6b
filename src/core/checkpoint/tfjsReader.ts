import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../errors.ts';
import type { ModelSpec, Tensor, Weights } from './checkpoint.ts';
import { openFile, readJsonObject } from './openFile.ts';
import { readAll, bytesOf } from './replaceFile.ts';
import { specOfTopology, type WeightSource } from './tfjsChain.ts';
import { topologyOf } from './tfjsTopology.ts';
import { checkSpec } from './specFromJson.ts';

interface Stored {
  readonly name: string;
  readonly shape: readonly number[];
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Stored[];
}

export interface TfjsModel {
  readonly spec: ModelSpec;
  /** Shapes of the model's weights under our names. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readWeights(): Promise<Weights>;
}

/**
 * Opens a tfjs layers model: topology and manifest are read and checked against the sizes of the shards; the weights
 * are read by `readWeights`.
 *
 * @throws UserError that names the layer or tensor: see tfjsChain.ts for what is supported.
 */
export async function openTfjs(path: string): Promise<TfjsModel> {
  const model = await readJsonObject(path);
  if (model.format === 'graph-model') {
    throw fail(
      path,
      'graph-model',
      'The file is a tfjs graph model, whose layers are lost.',
      'Export the model as a layers model.',
    );
  }
  const groups = readManifest(model.weightsManifest, path);
  const shapes = new Map<string, readonly number[]>();
  for (const { weights } of groups) {
    for (const { name, shape } of weights) {
      if (shapes.has(name))
        throw fail(
          path,
          'duplicate-weight',
          `The weight '${name}' is there twice.`,
          'Export the model anew.',
          name,
        );
      shapes.set(name, shape);
    }
  }
  const { spec, sources } = describe(model, shapes, path);
  const folder = dirname(path);
  const files = await Promise.all(groups.map((group) => checkShards(group, folder, path)));
  const ours = new Map<string, readonly number[]>();
  for (const { ours: name, theirs } of sources) ours.set(name, shapes.get(theirs) ?? []);
  return {
    spec,
    shapes: ours,
    async readWeights(): Promise<Weights> {
      const wanted = new Map(sources.map(({ ours: name, theirs }) => [theirs, name]));
      const weights: Weights = new Map();
      for (const [i, group] of groups.entries()) {
        for await (const [name, tensor] of readGroup(group, files[i] ?? [], path, wanted))
          weights.set(name, tensor);
      }
      return weights;
    },
  };
}

/** What the model computes and where its weights lie: from our own note, or from the layers of a foreign model. */
function describe(
  model: Record<string, unknown>,
  shapes: ReadonlyMap<string, readonly number[]>,
  path: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } {
  const note = (model.userDefinedMetadata as { embeddingPress?: { spec?: unknown } } | undefined)
    ?.embeddingPress;
  if (note?.spec === undefined) return specOfTopology(model.modelTopology, shapes, path);
  const spec = checkSpec(note.spec, path);
  const sources: WeightSource[] = [];
  for (const { name, shape, source } of topologyOf(spec).weights) {
    const found = shapes.get(name);
    if (found?.join() !== shape.join()) {
      throw fail(
        path,
        'weight-shape',
        `The weight '${name}' is ${found?.join(' x ') ?? 'missing'}, where ${shape.join(' x ')} is expected.`,
        'Export the model anew.',
        name,
      );
    }
    if (typeof source === 'string') sources.push({ ours: source, theirs: name });
  }
  return { spec, sources };
}

function readManifest(value: unknown, path: string): Group[] {
  const damaged = (fault: string, item?: string): UserError =>
    fail(
      path,
      'weights-manifest',
      `The weights manifest ${fault}.`,
      'Export the model anew as a tfjs layers model.',
      item,
    );
  if (!Array.isArray(value)) throw damaged('is missing');
  return value.map((group: unknown) => {
    const { paths, weights } = (group ?? {}) as Record<string, unknown>;
    if (!Array.isArray(paths) || !paths.every((p) => typeof p === 'string') || !Array.isArray(weights)) {
      throw damaged('has a group without paths or weights');
    }
    return {
      paths,
      weights: weights.map((weight: unknown) => {
        const { name, shape, dtype, quantization } = (weight ?? {}) as Record<string, unknown>;
        if (typeof name !== 'string') throw damaged('has a weight without a name');
        if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
          throw damaged(`gives '${name}' no proper shape`, name);
        }
        if (dtype !== 'float32' || quantization !== undefined) {
          const found = quantization === undefined ? JSON.stringify(dtype) : 'quantized values';
          throw fail(
            path,
            'unsupported-dtype',
            `The weight '${name}' has ${found}, where "float32" is expected.`,
            'Export the model without quantization.',
            name,
          );
        }
        return { name, shape: shape as number[] };
      }),
    };
  });
}

const byteLength = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 4);

/** The shards' absolute paths, inside the model's folder, whose sizes add up to what the weights take. */
async function checkShards({ paths, weights }: Group, folder: string, path: string): Promise<string[]> {
  const files: string[] = [];
  let found = 0;
  const root = await realpath(folder);
  for (const shard of paths) {
    const file = join(folder, shard);
    const real = await realpath(file).catch(() => file);
    const inside = relative(real === file ? folder : root, real);
    if (isAbsolute(shard) || inside.startsWith(`..${sep}`) || inside === '..' || isAbsolute(inside)) {
      throw fail(
        path,
        'shard-outside',
        `The shard '${shard}' lies outside of the model's folder.`,
        'Keep the shards beside model.json.',
        shard,
      );
    }
    const stats = await stat(file).catch(() => undefined);
    if (stats?.isFile() !== true) {
      throw fail(
        path,
        'shard-missing',
        `The shard '${shard}' is missing.`,
        'Copy the shards beside model.json.',
        shard,
      );
    }
    found += stats.size;
    files.push(file);
  }
  const expected = weights.reduce((sum, { shape }) => sum + byteLength(shape), 0);
  if (found !== expected) {
    const shards =
      paths.length === 1 ? `The shard '${paths[0] ?? ''}' has` : `The shards '${paths[0] ?? ''}' … have`;
    throw fail(
      path,
      'shard-size',
      `${shards} ${found} bytes, where the weights take ${expected}.`,
      'Copy the model anew: it is truncated, or shards of two models are mixed.',
      paths[0],
    );
  }
  return files;
}

/** The wanted weights of a group, read through its shards as if they were one file. */
async function* readGroup(
  { weights }: Group,
  files: readonly string[],
  path: string,
  wanted: ReadonlyMap<string, string>,
): AsyncGenerator<[string, Tensor]> {
  let next = 0;
  let file = undefined as Awaited<ReturnType<typeof openFile>> | undefined;
  try {
    for (const { name, shape } of weights) {
      const data = new Float32Array(byteLength(shape) / 4);
      const bytes = bytesOf(data);
      for (let at = 0; at < bytes.length;) {
        file ??= await openFile(files[next++] ?? path);
        const read = await readAll(file, bytes.subarray(at));
        at += read;
        if (at < bytes.length) {
          if (next >= files.length)
            throw fail(path, 'shard-size', `The data of '${name}' ends early.`, 'Copy the model anew.', name);
          await file.close();
          file = undefined;
        }
      }
      const ours = wanted.get(name);
      if (ours === undefined) continue;
      for (let i = 0; i < data.length; i++) {
        if (!Number.isFinite(data[i])) {
          throw fail(
            path,
            'weight-not-finite',
            `The weight '${name}' holds ${data[i]!} at position ${i}.`,
            'Train the model again: its weights have diverged.',
            name,
          );
        }
      }
      yield [ours, { shape, data }];
    }
  } finally {
    await file?.close();
  }
}

function fail(file: string, code: string, message: string, hint: string, item?: string): UserError {
  return new UserError(code, message, hint, { file, ...(item !== undefined && { item }) });
}
