import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';

/** A name beside the target, so that the rename stays on one file system. */
export function temporaryName(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.tmp`;
}

/** Writes a file under a temporary name and renames it, so that its readers see the old one or the new one whole. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The memory of a tensor as bytes, little-endian as on every machine that Node runs on. */
export function bytesOf(data: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Asked often during work that takes a while; what it throws ends the work. */
export type Watch = () => void | Promise<void>;

/** Writes all of the bytes, in parts: one call writes at most 2 GiB, and may write less. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, watch?: Watch): Promise<void> {
  const most = 2 ** 25;
  for (let at = 0; at < bytes.length;) {
    await watch?.();
    at += (await file.write(bytes, at, Math.min(most, bytes.length - at))).bytesWritten;
  }
}

/**
 * Fills `bytes` from the file's position, or from `position` where it is given.
 * @returns the bytes read, fewer than asked for where the file ends.
 */
export async function readAll(file: FileHandle, bytes: Uint8Array, position?: number): Promise<number> {
  const most = 2 ** 30;
  let at = 0;
  while (at < bytes.length) {
    const from = position === undefined ? null : position + at;
    const { bytesRead } = await file.read(bytes, at, Math.min(most, bytes.length - at), from);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
