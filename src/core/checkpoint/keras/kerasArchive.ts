import { buffer } from 'node:stream/consumers';
import type { Entry, ZipFile } from 'yauzl';
import { UserError } from '../../errors.ts';
import type { Hdf5Source } from './hdf5Protocol.ts';
import { wordsEntries } from './textLayer.ts';

export const configEntry = 'config.json';
export const metadataEntry = 'metadata.json';
export const weightsEntry = 'model.weights.h5';

/** A `.keras` file has three entries, and one for each vocabulary. */
const maxEntries = 10_000;
/** Far more than a topology or a vocabulary takes. */
const maxTextBytes = 64 * 2 ** 20;
/** Keras does not compress. What another program has compressed is unpacked in memory. */
const maxUnpackedBytes = 2 ** 30;
/** Weights are hardly compressible, but for rows of zeros; deflate's own limit is 1,032. */
const mostInflation = 200;
/** So much is unpacked of whatever few bytes: texts repeat themselves. */
const harmlessBytes = 2 ** 20;
/** Of the record before an entry's data, without its name. */
const localHeaderBytes = 30;

export interface KerasArchive {
  /** Text of `config.json`; undefined where the archive has none. */
  readonly config: string | undefined;
  readonly metadata: string | undefined;
  /** Words of a TextVectorization, one a line; undefined where the archive has none. */
  readonly words: string | undefined;
  /** Undefined where the archive has none. */
  readonly weights: Hdf5Source | undefined;
}

/**
 * Reads what a `.keras` file holds beside its weights, and finds these, which are read where they lie.
 * @throws UserError that names the entry: one that is there twice, that leads out of the archive, is encrypted, unpacks
 * to more than is read or than it claims, that lies over another one, or an archive that is cut short.
 */
export async function readArchive(path: string): Promise<KerasArchive> {
  const {
    default: { openPromise },
  } = await import('yauzl');
  const zip = await attempt(path, undefined, () =>
    openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: true }),
  );
  try {
    const entries = await listEntries(zip, path);
    const text = async (name: string): Promise<string | undefined> => {
      const entry = entries.get(name);
      return entry && (await unpack(zip, entry, maxTextBytes, path)).toString('utf8');
    };
    const weights = entries.get(weightsEntry);
    return {
      config: await text(configEntry),
      metadata: await text(metadataEntry),
      words: (await text(wordsEntries[0])) ?? (await text(wordsEntries[1])),
      weights: weights && (await locate(zip, weights, path)),
    };
  } finally {
    zip.close();
  }
}

/**
 * All entries but the topology, the metadata and the weights: the assets of layers.
 * @throws UserError as `readArchive` does
 */
export async function readAssets(path: string): Promise<Map<string, Buffer>> {
  const {
    default: { openPromise },
  } = await import('yauzl');
  const zip = await attempt(path, undefined, () =>
    openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: true }),
  );
  try {
    const assets = new Map<string, Buffer>();
    let room = maxUnpackedBytes;
    for (const [name, entry] of await listEntries(zip, path)) {
      if ([configEntry, metadataEntry, weightsEntry].includes(name) || name.endsWith('/')) continue;
      const bytes = await unpack(zip, entry, room, path);
      room -= bytes.length;
      assets.set(name, bytes);
    }
    return assets;
  } finally {
    zip.close();
  }
}

async function listEntries(zip: ZipFile, path: string): Promise<Map<string, Entry>> {
  if (zip.entryCount > maxEntries) {
    throw damaged(path, `it has ${zip.entryCount} entries, where at most ${maxEntries} are read`);
  }
  return attempt(path, undefined, async () => {
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (entries.has(name)) throw damaged(path, `it has the entry '${name}' twice`, name);
      entries.set(name, entry);
    }
    checkPlaces(entries, zip.fileSize, path);
    return entries;
  });
}

/** Entries that share their bytes let a small archive unpack to any size. */
function checkPlaces(entries: ReadonlyMap<string, Entry>, bytes: number, path: string): void {
  let end = 0;
  const byPlace = [...entries].sort(
    ([, a], [, b]) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  );
  for (const [name, { relativeOffsetOfLocalHeader: start, compressedSize, fileNameLength }] of byPlace) {
    if (start < end) throw damaged(path, `the entry '${name}' lies over another one`, name);
    end = start + localHeaderBytes + fileNameLength + compressedSize;
    if (end > bytes) throw damaged(path, `the entry '${name}' ends beyond it`, name);
  }
}

async function locate(zip: ZipFile, entry: Entry, path: string): Promise<Hdf5Source> {
  if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
    return { memory: await unpack(zip, entry, maxUnpackedBytes, path) };
  }
  const name = entry.fileName;
  const { fileDataStart: offset } = await attempt(path, name, () =>
    zip.readLocalFileHeaderPromise(entry, { minimal: true }),
  );
  const bytes = entry.uncompressedSize;
  if (offset + bytes > zip.fileSize) throw damaged(path, `the entry '${name}' ends early`, name);
  return { path, offset, bytes };
}

async function unpack(zip: ZipFile, entry: Entry, most: number, path: string): Promise<Buffer> {
  const name = entry.fileName;
  if (entry.uncompressedSize > most) {
    throw damaged(
      path,
      `the entry '${name}' unpacks to ${entry.uncompressedSize} bytes, where at most ${most} are read`,
      name,
    );
  }
  if (entry.uncompressedSize > Math.max(harmlessBytes, mostInflation * entry.compressedSize)) {
    throw damaged(
      path,
      `the entry '${name}' unpacks from ${entry.compressedSize} to ${entry.uncompressedSize} bytes, more than any model's does`,
      name,
    );
  }
  // The library compares the real size with the one claimed, as it comes.
  return attempt(path, name, async () => buffer(await zip.openReadStreamPromise(entry)));
}

async function attempt<T>(path: string, item: string | undefined, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged(path, error instanceof Error ? error.message : String(error), item);
  }
}

function damaged(path: string, fault: string, item?: string): UserError {
  return new UserError(
    'damaged-keras',
    `The file is no whole .keras archive: ${fault.replace(/\.$/, '')}.`,
    'Copy it anew from where it was made, or save the model again.',
    { file: path, ...(item !== undefined && { item }) },
  );
}
