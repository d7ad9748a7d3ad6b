import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { RowSource } from '../embedding/rowSource.ts';
import type { ArchitectureSettings } from '../recipe/recipe.ts';
import { modelOfTensors } from './architecture/modelOfTensors.ts';
import { checkFinite } from './checkFinite.ts';
import type { ModelSpec, ReadWeights, Weights } from './checkpoint.ts';
import { isKerasFile, modelFile, modelFiles, type WrittenFormat } from './fileNames.ts';
import { openKeras } from './keras/kerasReader.ts';
import { checkSpec, weightShapes } from './specFromJson.ts';
import { isTensorFile, openTensors, readTensor, rowsOf } from './tensorFile.ts';
import { openTfjs } from './tfjsReader.ts';

export type CheckpointFormat = WrittenFormat | 'torch';

/** A checkpoint whose description has been read and checked, and whose weights have not. */
export interface OpenCheckpoint {
  readonly format: CheckpointFormat;
  /** The model's file. */
  readonly path: string;
  readonly spec: ModelSpec;
  readonly readWeights: ReadWeights;
  /** `embedding/table`, of which rows can be read by themselves; undefined where the format or the model has no such. */
  readonly tableRows?: () => RowSource | undefined;
}

/**
 * Opens a checkpoint: a folder with a model.json, model.safetensors, model.keras or model.h5, or one of these files, the
 * last two of any name; or a file of bare tensors, `.pt`, `.pth` or `.safetensors`, whose model the architecture
 * describes.
 * @throws UserError that names file and tensor; see specOfLayers.ts and `modelOfTensors` for the models that are
 * understood.
 */
export async function openCheckpoint(
  path: string,
  architecture?: ArchitectureSettings,
): Promise<OpenCheckpoint> {
  const file = await findModel(path);
  if (isTensorFile(file)) return openTensorModel(file, architecture);
  if (architecture !== undefined) throw needlessArchitecture(file);
  if (!isKerasFile(file)) return { format: 'tfjs', path: file, ...(await openTfjs(file)) };
  return { path: file, ...(await openKeras(file)) };
}

async function openTensorModel(
  path: string,
  architecture: ArchitectureSettings | undefined,
): Promise<OpenCheckpoint> {
  const file = await openTensors(path);
  const { format, tensors, metadata } = file;
  if (metadata.spec === undefined) {
    if (architecture === undefined) throw noSpec(path);
    return { format, path, ...modelOfTensors(file, architecture) };
  }
  if (architecture !== undefined) throw needlessArchitecture(path);
  const spec = checkSpec(parseSpec(metadata.spec, path), path);
  const shapes = weightShapes(spec);
  for (const [name, shape] of shapes) {
    const found = tensors.get(name)?.shape;
    if (fits(found, shape)) continue;
    throw new UserError(
      'weight-shape',
      `The weight '${name}' is ${found?.join(' x ') ?? 'missing'}, where ${shape.join(' x ')} is expected.`,
      'Export the model anew.',
      { file: path, item: name },
    );
  }
  return {
    format,
    path,
    spec,
    tableRows: () => rowsOf(file, 'embedding/table'),
    async readWeights(without) {
      const weights: Weights = new Map();
      for (const [name, tensor] of tensors) {
        if (!shapes.has(name) || without?.has(name)) continue;
        const data = await readTensor(tensor);
        checkFinite(data, name, path);
        weights.set(name, { shape: tensor.shape, data });
      }
      return weights;
    },
  };
}

/** Whether a shape is the one expected, in which -1 is any size. */
function fits(found: readonly number[] | undefined, expected: readonly number[]): boolean {
  return found?.length === expected.length && expected.every((size, i) => size === -1 || size === found[i]);
}

function needlessArchitecture(file: string): UserError {
  return new UserError(
    'needless-architecture',
    'The model says itself what it computes, and the recipe has an "architecture".',
    'Remove "architecture" from the recipe.',
    { file },
  );
}

async function findModel(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new UserError('file-not-found', 'The checkpoint does not exist.', 'Check the path.', {
      file: path,
    });
  }
  if (found.isFile()) {
    if (path.endsWith('.json') || isKerasFile(path) || isTensorFile(path)) return path;
    throw new UserError(
      'unknown-format',
      'The file is no checkpoint that can be read.',
      `Name a tfjs ${modelFile.tfjs}, a .keras or .h5 file of Keras, a .pt, .pth or .safetensors file, or a model's folder.`,
      { file: path },
    );
  }
  for (const name of modelFiles) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  throw new UserError(
    'no-model',
    `The folder has none of ${modelFiles.join(', ')}.`,
    'Name the folder of a checkpoint.',
    { file: path },
  );
}

function parseSpec(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noSpec(file);
  }
}

function noSpec(file: string): UserError {
  return new UserError(
    'no-spec',
    'The file holds tensors and does not say what model they belong to.',
    'Add an "architecture" to the recipe, such as "architecture": { "kind": "lstm", "pooling": "last" }; "inspect" lists the tensors.',
    { file },
  );
}
