import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../errors.ts';
import { openFile } from './openFile.ts';
import { readAll } from './replaceFile.ts';
import { storedBytes, type WeightGroup } from './weightsManifest.ts';

/** One of the files that weights lie in. */
export interface Shard {
  readonly path: string;
  readonly size: number;
}

/**
 * Finds a group's shards.
 * @throws UserError that names the shard: outside of the model's folder, missing, or not of the size that the weights take.
 */
export async function findShards(group: WeightGroup, folder: string, file: string): Promise<Shard[]> {
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
  return shards;
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

/**
 * Bytes of a group's weights, which lie one after the other in its shards as if these were one file.
 * @throws UserError `shard-size` where a shard has changed since it was found
 */
export async function readShardRange(
  shards: readonly Shard[],
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let start = 0;
  for (const { path, size } of shards) {
    const from = Math.max(position, start);
    const to = Math.min(position + length, start + size);
    if (from < to) {
      const file = await openFile(path);
      try {
        const part = bytes.subarray(from - position, to - position);
        if ((await readAll(file, part, from - start)) < part.length) throw shrunk(path);
      } finally {
        await file.close();
      }
    }
    start += size;
  }
  return bytes;
}

function shrunk(path: string): UserError {
  return new UserError('shard-size', 'The shard ends early.', 'The model was being written; try again.', {
    file: path,
  });
}
