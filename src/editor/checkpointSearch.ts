import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspectCheckpoint, type Inspection } from '../core/checkpoint/inspect.ts';
import type { TensorListing } from '../core/checkpoint/listTensors.ts';
import { foreignVocabularies, isKerasFile } from '../core/checkpoint/fileNames.ts';
import { CancelledError, UserError } from '../core/errors.ts';

/** A model's file, and what is in it or what is wrong with it. */
export type FoundModel =
  | { readonly path: string; readonly inspection: Inspection }
  | { readonly path: string; readonly fault: string };

/** Reads what a model is in another process. */
export type InspectElsewhere = (path: string, signal: AbortSignal) => Promise<Inspection | TensorListing>;

/** More than this is parsed in another process, lest the editor waits for it. */
const mostBytesHere = 2 ** 20;

/**
 * Describes the models among the files, one after the other. What only has a model's name is left out.
 *
 * @throws CancelledError after `signal`
 */
export async function lookAtModels(
  paths: readonly string[],
  signal: AbortSignal,
  elsewhere: InspectElsewhere,
): Promise<FoundModel[]> {
  const found: FoundModel[] = [];
  for (const path of paths) {
    if (signal.aborted) throw new CancelledError();
    const model = await lookAt(path, signal, elsewhere);
    if (model) found.push(model);
    // Whatever else the editor has to do comes in between.
    await nextTurn();
  }
  return found;
}

async function lookAt(
  path: string,
  signal: AbortSignal,
  elsewhere: InspectElsewhere,
): Promise<FoundModel | undefined> {
  try {
    const isHeavy = (await bytesToRead(path)) > mostBytesHere;
    if (!isHeavy && !(await mayBeModel(path))) return undefined;
    const inspection = await (isHeavy ? elsewhere(path, signal) : inspectCheckpoint(path));
    return 'spec' in inspection ? { path, inspection } : undefined;
  } catch (error) {
    if (error instanceof CancelledError || signal.aborted) throw new CancelledError();
    if (isGone(error) || (error instanceof UserError && isOther(path, error.code))) return undefined;
    const fault = error instanceof UserError ? `${error.message} ${error.hint}` : String(error);
    return { path, fault };
  }
}

/** What an inspection parses: the topology or the header, and a vocabulary beside it. */
async function bytesToRead(path: string): Promise<number> {
  const beside = foreignVocabularies.map((name) => join(dirname(path), name));
  const sizes = await Promise.all(
    beside.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  // The HDF5 library reads in a thread of its own.
  if (isKerasFile(path)) return Math.max(...sizes);
  const own = path.endsWith('.safetensors') ? await headerBytes(path) : (await stat(path)).size;
  return own + Math.max(...sizes);
}

/** A safetensors file begins with the length of its header. */
async function headerBytes(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return bytesRead === 8 ? Math.min(Number(buffer.readBigUInt64LE()), (await file.stat()).size) : 0;
  } finally {
    await file.close();
  }
}

/** Many programs have a model.json. Every tfjs layers model names its topology, also a damaged one. */
async function mayBeModel(path: string): Promise<boolean> {
  return (
    path.endsWith('.safetensors') ||
    isKerasFile(path) ||
    (await readFile(path, 'utf8')).includes('"modelTopology"')
  );
}

/** Whether the error tells that the file is sound and another program's. */
function isOther(path: string, code: string): boolean {
  if (isKerasFile(path)) return code === 'no-keras-model';
  return path.endsWith('.safetensors')
    ? ['no-spec', 'unsupported-dtype'].includes(code)
    : ['graph-model', 'no-topology', 'json-too-large'].includes(code);
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
