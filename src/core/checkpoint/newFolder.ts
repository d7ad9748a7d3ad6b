import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { temporaryName } from './replaceFile.ts';

/**
 * Makes a folder that appears once it is whole: `fill` gets a temporary one beside it, of which nothing is left where
 * it throws.
 *
 * @throws UserError `output-exists` for a file, and for a folder that holds anything
 */
export async function makeFolder<T>(folder: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  // Without a slash at its end, so that the temporary folder is made beside it.
  const target = resolve(folder);
  await checkFree(target);
  const temporary = temporaryName(target);
  await mkdir(temporary, { recursive: true });
  try {
    const result = await fill(temporary);
    // An empty one gives way.
    await rmdir(target).catch(() => undefined);
    await rename(temporary, target);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function checkFree(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (found?.length === 0) return;
  throw new UserError(
    'output-exists',
    found === undefined
      ? 'A folder is to be made here, and this is a file.'
      : 'The folder exists and is not empty.',
    'Name a folder that does not exist yet.',
    { file: folder },
  );
}
