import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a folder's files take; what a link leads to lies elsewhere. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else bytes += (await lstat(path)).size;
  }
  return bytes;
}
