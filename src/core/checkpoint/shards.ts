import { realpath, stat, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { openFile } from './openFile.ts';
import { readAll } from './replaceFile.ts';
import { storedBytes, type StoredWeight, type WeightGroup } from './weightsManifest.ts';

interface Shard {
  readonly path: string;
  readonly size: number;
}

/**
 * Finds a group's shards.
 * @returns their paths.
 * @throws UserError that names the shard: outside of the model's folder, missing, or not of the size that the weights take.
 */
export async function findShards(group: WeightGroup, folder: string, file: string): Promise<string[]> {
  const root = await realpath(folder);
  const shards: Shard[] = [];
  for (const name of group.paths) shards.push(await findShard(name, root, file));
  const found = shards.reduce((sum, { size }) => sum + size, 0);
  const expected = group.weights.reduce((sum, weight) => sum + storedBytes(weight), 0);
  if (found !== expected) {
    // Shards are cut at one size; the first that is smaller than the others, the last apart, is the suspect.
    const largest = Math.max(...shards.map(({ size }) => size));
    const short = shards.findIndex(({ size }) => size < largest);
    const name = group.paths[short < 0 ? shards.length - 1 : short];
    throw new UserError(
      'shard-size',
      `The weights take ${expected} bytes, and the shards have ${found}${name === undefined ? '' : `; see '${name}'`}.`,
      'Copy the model anew: a shard is cut short, or shards of two models are mixed.',
      { file, ...(name !== undefined && { item: name }) },
    );
  }
  return shards.map(({ path }) => path);
}

async function findShard(name: string, root: string, file: string): Promise<Shard> {
  const outside = new UserError(
    'shard-outside',
    `The shard '${name}' lies outside of the model's folder.`,
    'Keep the shards beside model.json.',
    { file, item: name },
  );
  const path = join(root, name);
  if (isAbsolute(name) || /^[a-z][a-z0-9+.-]*:/i.test(name) || !isInside(root, path)) throw outside;
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true) {
    throw new UserError(
      'shard-missing',
      `The shard '${name}' is missing.`,
      'Copy the shards beside model.json.',
      { file, item: name },
    );
  }
  // A link may lead out of the folder.
  if (!isInside(root, await realpath(path))) throw outside;
  return { path, size: stats.size };
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The stored bytes of a group's weights in order, read through its shards as if they were one file. */
export async function* readShards(
  weights: readonly StoredWeight[],
  paths: readonly string[],
): AsyncGenerator<[StoredWeight, Uint8Array]> {
  let next = 0;
  let file: FileHandle | undefined;
  try {
    for (const weight of weights) {
      const bytes = new Uint8Array(storedBytes(weight));
      for (let at = 0; at < bytes.length;) {
        const path = paths[next];
        // Sizes were checked, so a shard has changed while it was read.
        if (path === undefined) throw shrunk(weight.name, paths);
        file ??= await openFile(path);
        at += await readAll(file, bytes.subarray(at));
        if (at < bytes.length) {
          await file.close();
          file = undefined;
          next++;
        }
      }
      yield [weight, bytes];
    }
  } finally {
    await file?.close();
  }
}

function shrunk(name: string, paths: readonly string[]): UserError {
  return new UserError(
    'shard-size',
    `The data of '${name}' ends early.`,
    'The model was being written; try again.',
    { file: paths[paths.length - 1] ?? '', item: name },
  );
}
