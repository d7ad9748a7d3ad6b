import { cp, lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from '../core/checkpoint/replaceFile.ts';

/** Copies a folder into another: see `makeAtFreeName`. @returns the copy */
export function copyToFreeName(source: string, into: string, name: string): Promise<string> {
  return makeAtFreeName(into, name, (folder) =>
    // A link would tie the copy to the run.
    cp(source, folder, { recursive: true, dereference: true, errorOnExist: true, force: false }),
  );
}

/**
 * Makes a folder in another, under its name or, where that is taken, under NAME-2, NAME-3 … It appears whole, and takes
 * no other's place.
 *
 * @param make writes it under a temporary name
 * @returns the folder
 */
export async function makeAtFreeName(
  into: string,
  name: string,
  make: (folder: string) => Promise<unknown>,
): Promise<string> {
  const temporary = temporaryName(join(into, name));
  try {
    await make(temporary);
    const target = await freeName(into, name);
    // Fails where files have come there in between.
    await rename(temporary, target);
    return target;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function freeName(folder: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const path = join(folder, n === 1 ? name : `${name}-${n}`);
    // Also a link that leads nowhere takes a name.
    if ((await lstat(path).catch(() => undefined)) === undefined) return path;
  }
}
