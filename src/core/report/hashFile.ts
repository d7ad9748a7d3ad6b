import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** The size and the sha256, in hexadecimal, of a file of any size. */
export async function hashFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = createReadStream(path);
  file.on('data', (chunk) => (bytes += chunk.length));
  await pipeline(file, hash);
  return { bytes, sha256: hash.digest('hex') };
}
