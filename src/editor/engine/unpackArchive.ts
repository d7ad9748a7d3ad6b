import * as l10n from '@vscode/l10n';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Unpack, type ReadEntry } from 'tar';
import { CancelledError, UserError } from '../../core/errors.ts';

export interface UnpackOptions {
  /** Which files to take, by their path in the archive. */
  readonly wanted: RegExp;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Unpacks the wanted files of a tar.gz below a folder. Others are passed over. An archive with a path or a link that
 * leads out of the folder is refused as a whole, whatever it wants.
 *
 * @returns the bytes unpacked
 * @throws UserError `bad-archive`; CancelledError
 */
export async function unpackArchive(
  file: string,
  folder: string,
  { wanted, mostBytes, signal }: UnpackOptions,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  let bytes = 0;
  let refused: string | undefined;
  const take = (path: string, entry: ReadEntry): boolean => {
    refused ??= whyRefused(path, entry);
    if (refused !== undefined || entry.type === 'Directory' || !wanted.test(withoutDot(path))) return false;
    bytes += entry.size;
    if (bytes > mostBytes) refused = l10n.t('it holds more than {0} MB', mostBytes / 1e6);
    return refused === undefined;
  };
  const unpack = new Unpack({
    cwd: folder,
    strict: true,
    noMtime: true,
    filter: (path, entry) => take(path, entry as ReadEntry),
  });
  try {
    await pipeline(createReadStream(file), unpack as unknown as NodeJS.WritableStream, { signal });
  } catch (error) {
    if (signal.aborted) throw new CancelledError();
    const { code } = error as NodeJS.ErrnoException;
    // The disk's errors are not the archive's.
    if (refused === undefined && !/^TAR_|^Z_/.test(code ?? '')) throw error;
    refused ??= (error as Error).message;
  }
  if (refused !== undefined) throw badArchive(file, refused);
  return bytes;
}

/** Why an entry must not be unpacked, however it is named. */
function whyRefused(path: string, entry: ReadEntry): string | undefined {
  const parts = path.split('/');
  if (path.startsWith('/') || parts.includes('..') || /[\\:\0]/.test(path)) {
    return l10n.t('the path {0} leads out of it', path);
  }
  switch (entry.type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
    case 'Directory':
      return undefined;
    case 'SymbolicLink':
      // A library's names: links beside what they name.
      return /^[\w.-]+$/.test(entry.linkpath ?? '') && entry.linkpath !== '..'
        ? undefined
        : l10n.t('the link {0} leads out of its folder', path);
    default:
      return l10n.t('{0} is neither a file nor a link', path);
  }
}

function withoutDot(path: string): string {
  return path.replace(/^(\.\/)+/, '');
}

function badArchive(file: string, reason: string): UserError {
  return new UserError(
    'bad-archive',
    l10n.t('The archive {0} is refused: {1}.', basename(file), reason.replace(/\.$/, '')),
    l10n.t('Nothing was installed.'),
  );
}
