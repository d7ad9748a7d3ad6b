import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from '../core/checkpoint/replaceFile.ts';

/**
 * Makes a folder in another, under its name or, where that is taken, under NAME-2, NAME-3 … It appears whole, and takes
 * no other's place.
 *
 * @param make makes the folder that it is given, which bears the name, in a temporary one: what it leaves beside it goes
 * @returns the folder
 */
export async function makeAtFreeName(
  into: string,
  name: string,
  make: (folder: string) => Promise<unknown>,
): Promise<string> {
  const temporary = temporaryName(join(into, name));
  try {
    await mkdir(temporary);
    const made = join(temporary, name);
    await make(made);
    const target = await freeName(into, name);
    // Fails where files have come there in between.
    await rename(made, target);
    return target;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function freeName(folder: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const path = join(folder, n === 1 ? name : `${name}-${n}`);
    // Also a link that leads nowhere takes a name.
    if ((await lstat(path).catch(() => undefined)) === undefined) return path;
  }
}
