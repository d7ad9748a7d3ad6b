import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { ModelSpec, Weights } from './checkpoint.ts';
import { modelFiles, safetensorsFile, tfjsFile } from './fileNames.ts';
import { readSafetensors, readSafetensorsHeader } from './safetensors.ts';
import { checkSpec, weightShapes } from './specFromJson.ts';
import { openTfjs } from './tfjsReader.ts';

export type CheckpointFormat = 'tfjs' | 'safetensors' | 'keras' | 'h5';

/** A checkpoint whose description has been read and checked, and whose weights have not. */
export interface OpenCheckpoint {
  readonly format: CheckpointFormat;
  /** The model's file. */
  readonly path: string;
  readonly spec: ModelSpec;
  /** @throws UserError that names a tensor: its data end early, or hold NaN or Infinity. */
  readonly readWeights: () => Promise<Weights>;
}

/**
 * Opens a checkpoint: a folder with a model.json, model.safetensors, model.keras or model.h5, or one of these files, the
 * last two of any name. What reads Keras's files is loaded with the first of them.
 * @throws UserError that names file and tensor; see specOfLayers.ts for the models that are understood.
 */
export async function openCheckpoint(path: string): Promise<OpenCheckpoint> {
  const file = await modelFile(path);
  if (file.endsWith('.safetensors')) return openSafetensors(file);
  if (!isKerasFile(file)) return { format: 'tfjs', path: file, ...(await openTfjs(file)) };
  const { openKeras } = await import('./keras/kerasReader.ts');
  return { path: file, ...(await openKeras(file)) };
}

/** Whether a file's name is one that Keras gives to models. */
export function isKerasFile(path: string): boolean {
  return /\.(keras|h5|hdf5)$/i.test(path);
}

async function openSafetensors(path: string): Promise<OpenCheckpoint> {
  const { tensors, metadata } = await readSafetensorsHeader(path);
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
    format: 'safetensors',
    path,
    spec,
    async readWeights() {
      const { tensors: all } = await readSafetensors(path, { finite: true });
      return new Map([...all].filter(([name]) => shapes.has(name)));
    },
  };
}

/** Whether a shape is the one expected, in which -1 is any size. */
function fits(found: readonly number[] | undefined, expected: readonly number[]): boolean {
  return found?.length === expected.length && expected.every((size, i) => size === -1 || size === found[i]);
}

async function modelFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new UserError('file-not-found', 'The checkpoint does not exist.', 'Check the path.', {
      file: path,
    });
  }
  if (found.isFile()) {
    if (isKerasFile(path) || /\.(json|safetensors)$/.test(basename(path))) return path;
    throw new UserError(
      'unknown-format',
      'The file is no checkpoint that can be read.',
      `Name a tfjs ${tfjsFile}, a ${safetensorsFile}, a .keras or .h5 file of Keras, or a model's folder.`,
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

function parseSpec(text: string | undefined, file: string): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new UserError(
      'no-spec',
      "The file's metadata does not say what model it is.",
      'Only safetensors files written by Embedding Press hold a model that can be run.',
      { file },
    );
  }
}
