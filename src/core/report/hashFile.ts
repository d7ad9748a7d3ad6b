import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Watch } from '../checkpoint/replaceFile.ts';

/** The size and the sha256, in hexadecimal, of a file of any size. */
export async function hashFile(
  path: string,
  watch?: Watch,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    await watch?.();
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
