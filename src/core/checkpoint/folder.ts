import { access, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import type { Checkpoint, ModelSpec, Weights } from './checkpoint.ts';
import { temporaryName } from './replaceFile.ts';
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors.ts';
import { readSettings, settingsFile, writeSettings } from './settings.ts';
import { checkSpec, weightShapes } from './specFromJson.ts';
import { openTfjs } from './tfjsReader.ts';
import { writeTfjs } from './tfjsWriter.ts';

const tfjsFile = 'model.json';
const safetensorsFile = 'model.safetensors';

export type CheckpointFormat = 'tfjs' | 'safetensors';

/** A checkpoint whose description has been read, and whose weights have not. */
export interface OpenCheckpoint {
  readonly format: CheckpointFormat;
  /** The model's file. */
  readonly path: string;
  readonly spec: ModelSpec;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readWeights(): Promise<Weights>;
}

/**
 * Opens a checkpoint: a folder with a model.json or model.safetensors, or one of these files.
 * @throws UserError that names file and tensor; see tfjsChain.ts for the models that are understood.
 */
export async function openCheckpoint(path: string): Promise<OpenCheckpoint> {
  const file = await modelFile(path);
  if (!file.endsWith('.safetensors')) return { format: 'tfjs', path: file, ...(await openTfjs(file)) };
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const spec = checkSpec(parseSpec(metadata.spec, file), file);
  const shapes = weightShapes(spec);
  for (const [name, shape] of shapes) {
    const found = tensors.get(name)?.shape;
    if (found?.join() !== shape.join()) {
      throw new UserError(
        'weight-shape',
        `The weight '${name}' is ${found?.join(' x ') ?? 'missing'}, where ${shape.join(' x ')} is expected.`,
        'Export the model anew.',
        { file, item: name },
      );
    }
  }
  return {
    format: 'safetensors',
    path: file,
    spec,
    shapes,
    async readWeights() {
      const { tensors: all } = await readSafetensors(file);
      return new Map([...all].filter(([name]) => shapes.has(name)));
    },
  };
}

/** Reads a checkpoint with its weights and what lies beside it. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const opened = await openCheckpoint(path);
  const { spec } = opened;
  const settings = await readSettings(dirname(opened.path), spec.embedding.rows);
  return { spec, weights: await opened.readWeights(), ...settings };
}

/**
 * Writes a checkpoint as a folder of its own: a tfjs layers model, or safetensors where stock layers cannot express it;
 * beside it the vocabulary and the text settings. The folder appears whole, and takes the place of an older checkpoint
 * of ours only.
 *
 * @returns the format, and notes on what a user of the files should know.
 * @throws UserError `output-exists` where the folder exists and is no checkpoint written here.
 */
export async function writeCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
): Promise<{ format: CheckpointFormat; notes: string[] }> {
  const exists = (await stat(folder).catch(() => undefined)) !== undefined;
  if (exists && !(await isOurs(folder))) {
    throw new UserError(
      'output-exists',
      'The folder exists and is no checkpoint written by Embedding Press.',
      'Choose another "output" in the recipe, or move the folder.',
      { file: folder },
    );
  }
  const { body } = checkpoint.spec;
  const peepholes = body.kind === 'lstm' && body.peepholes;
  const temporary = temporaryName(folder);
  await mkdir(temporary, { recursive: true });
  try {
    if (peepholes) {
      const metadata = { spec: JSON.stringify(checkpoint.spec), format: 'embedding-press-1' };
      await writeSafetensors(join(temporary, safetensorsFile), checkpoint.weights, metadata);
    } else {
      await writeTfjs(temporary, checkpoint);
    }
    await writeSettings(temporary, checkpoint);
    if (exists) {
      const old = temporaryName(folder);
      await rename(folder, old);
      await rename(temporary, folder);
      await rm(old, { recursive: true, force: true });
    } else {
      await rename(temporary, folder);
    }
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return peepholes
    ? {
        format: 'safetensors',
        notes: ['No stock tfjs layer has peepholes, so the model is saved as model.safetensors.'],
      }
    : { format: 'tfjs', notes: [] };
}

async function isOurs(folder: string): Promise<boolean> {
  return access(join(folder, settingsFile)).then(
    () => true,
    () => false,
  );
}

async function modelFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new UserError('file-not-found', 'The checkpoint does not exist.', 'Check the path.', {
      file: path,
    });
  }
  if (found.isFile()) {
    if (/\.(json|safetensors)$/i.test(basename(path))) return path;
    throw new UserError(
      'unknown-format',
      'The file is no checkpoint that can be read.',
      `Name a tfjs ${tfjsFile}, a ${safetensorsFile}, or their folder.`,
      { file: path },
    );
  }
  for (const name of [tfjsFile, safetensorsFile]) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  throw new UserError(
    'no-model',
    `The folder has no ${tfjsFile} and no ${safetensorsFile}.`,
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
