import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { parseJson } from '../parseJson.ts';
import type { RowSource } from '../embedding/rowSource.ts';
import type { ArchitectureSettings } from '../recipe/recipe.ts';
import { modelOfTensors } from './architecture/modelOfTensors.ts';
import type { ModelSpec, ReadWeights, StoredSizes } from './checkpoint.ts';
import { isKerasFile, modelFile, modelFiles, type WrittenFormat } from './fileNames.ts';
import { openKeras } from './keras/kerasReader.ts';
import type { OwnTokenizer } from './keras/textLayer.ts';
import { storedLayouts, unpackWeights } from './packedWeights.ts';
import type { ModelText } from './settings.ts';
import { checkSpec } from './specFromJson.ts';
import { isTensorFile, openTensors, rowsOf, tensorBytes } from './tensorFile.ts';
import { openTfjs } from './tfjsReader.ts';

export type CheckpointFormat = WrittenFormat | 'torch';

/** A checkpoint whose description has been read and checked, and whose weights have not. */
export interface OpenCheckpoint {
  readonly format: CheckpointFormat;
  /** The model's file. */
  readonly path: string;
  readonly spec: ModelSpec;
  readonly stored: StoredSizes;
  /** @throws UserError that names a tensor: its data end early, hold NaN or Infinity, or cannot be decoded. */
  readonly readWeights: ReadWeights;
  /**
   * A table by the name of its weight, of which rows can be read by themselves; undefined where the format or the model has
   * no such.
   */
  readonly tableRows?: (name: string) => RowSource | undefined;
  /** Of a model that reads text by itself. */
  readonly tokenizer?: OwnTokenizer;
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
  const opened = isKerasFile(file)
    ? await openKeras(file)
    : ({ format: 'tfjs', ...(await openTfjs(file)) } as const);
  return { path: file, ...opened };
}

/** What `readSettings` needs to know of a model. */
export function textOfModel(
  { spec, tokenizer }: Pick<OpenCheckpoint, 'spec' | 'tokenizer'>,
  architecture?: ArchitectureSettings,
): ModelText {
  const { embedding, masked } = spec;
  return { rows: embedding.rows, paddingRow: architecture?.paddingRow, tokenizer, masked };
}

async function openTensorModel(
  path: string,
  architecture: ArchitectureSettings | undefined,
): Promise<OpenCheckpoint> {
  const file = await openTensors(path);
  const { format, metadata } = file;
  if (metadata.spec === undefined) {
    if (architecture === undefined) throw noSpec(path);
    const model = modelOfTensors(file, architecture);
    return { format, path, ...model };
  }
  if (architecture !== undefined) throw needlessArchitecture(path);
  const spec = checkSpec(parseSpec(metadata.spec, path), path);
  const layouts = storedLayouts(spec, file);
  const stored = new Map(
    [...layouts].map(([name, { shape }]) => {
      const tensor = file.tensors.get(name);
      return [name, { shape, bytes: tensor === undefined ? 0 : tensorBytes(tensor) }] as const;
    }),
  );
  return {
    format,
    path,
    spec,
    stored,
    tableRows: (name) => rowsOf(file, name),
    readWeights: (without) => unpackWeights(spec, layouts, file, without),
  };
}

function needlessArchitecture(file: string): UserError {
  return new UserError(
    'needless-architecture',
    'The model says itself what it computes, and the recipe has an "architecture".',
    'Remove "architecture" from the recipe.',
    { file },
  );
}

/** The model's file, which a folder may stand for. @throws UserError `file-not-found`, `unknown-format`, `no-model` */
export async function findModel(path: string): Promise<string> {
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
      `Name a tfjs ${modelFile.tfjs}, a .keras or .h5 file of Keras, a .pt, .pth or .safetensors file, or a model's folder; word vectors are for embedding-press vectors.`,
      { file: path },
    );
  }
  for (const name of modelFiles) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  const named = (await readdir(path)).sort().find((name) => isKerasFile(name) || isTensorFile(name));
  throw new UserError(
    'no-model',
    `The folder has none of ${modelFiles.join(', ')}.`,
    named === undefined ? 'Name the folder of a checkpoint.' : `Name the file in it, such as ${named}.`,
    { file: path },
  );
}

function parseSpec(text: string, file: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw noSpec(file);
  }
}

function noSpec(file: string): UserError {
  return new UserError(
    'no-spec',
    'The file holds tensors and does not say what model they belong to.',
    'Name it in a recipe that has an "architecture", such as "architecture": { "kind": "lstm", "pooling": "last" }; or compress its table by itself: embedding-press vectors FILE FOLDER --reduction 0.9. "inspect" lists the tensors.',
    { file },
  );
}
