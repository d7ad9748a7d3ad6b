import { UserError } from '../../errors.ts';

/** Where the bytes of a file in an archive lie. */
export interface ZipEntry {
  readonly start: number;
  readonly length: number;
}

/**
 * The files of a zip archive that stores them uncompressed, as torch does: they can be read in place, and an archive
 * holds no more than its own size.
 *
 * @throws UserError `damaged-archive` that names the entry: it is compressed or encrypted, leads out of the archive,
 * is there twice, or lies over another one or beyond the end.
 */
export async function zipEntries(path: string): Promise<ReadonlyMap<string, ZipEntry>> {
  const {
    default: { openPromise },
  } = await import('yauzl');
  const entries = new Map<string, ZipEntry>();
  try {
    const archive = await openPromise(path, { autoClose: false });
    try {
      for await (const entry of archive.eachEntry()) {
        const { fileName: name, compressedSize: length, compressionMethod } = entry;
        if (name.endsWith('/')) continue;
        if (compressionMethod !== 0 || entry.isEncrypted()) {
          throw damaged(path, `'${name}' is ${entry.isEncrypted() ? 'encrypted' : 'compressed'}`, name);
        }
        if (entries.has(name)) throw damaged(path, `'${name}' is there twice`, name);
        const { fileDataStart: start } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
        entries.set(name, { start, length });
      }
    } finally {
      archive.close();
    }
  } catch (error) {
    if (error instanceof UserError || isSystemError(error)) throw error;
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
  let end = 0;
  for (const [name, { start, length }] of [...entries].sort(([, a], [, b]) => a.start - b.start)) {
    if (start < end) throw damaged(path, `'${name}' lies over another file`, name);
    end = start + length;
  }
  return entries;
}

/** Of the file system, with a code of its own; yauzl's own errors have none. */
function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

function damaged(path: string, fault: string, item?: string): UserError {
  return new UserError(
    'damaged-archive',
    `The file is no whole archive as torch.save writes it: ${fault.replace(/\.$/, '')}.`,
    'Save the model anew: torch.save(model.state_dict(), path).',
    { file: path, ...(item !== undefined && { item }) },
  );
}
