import * as l10n from '@vscode/l10n';
import { mkdir, mkdtemp, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EngineReport } from '../../core/engine/engineReport.ts';
import { CancelledError, UserError } from '../../core/errors.ts';
import { downloadFile } from './downloadFile.ts';
import { addonPackage, type EngineArchive } from './engineArchives.ts';
import { engineFolder, megabytes, type InstalledEngine } from './installedEngine.ts';
import { unpackArchive } from './unpackArchive.ts';

export type InstallStep =
  | { readonly kind: 'download'; readonly bytes: number }
  | { readonly kind: 'unpack' }
  | { readonly kind: 'check' };

export interface InstallOptions {
  /** Where the engine's folder lies. */
  readonly storage: string;
  readonly archives: readonly EngineArchive[];
  readonly signal: AbortSignal;
  /** Told of all that comes: for a download the bytes since the last time. */
  readonly onStep: (step: InstallStep) => void;
  /** Has a process of its own try the engine in a folder. */
  readonly check: (folder: string) => Promise<EngineReport>;
}

const partPrefix = 'engine.part-';
const leftoverMs = 24 * 60 * 60 * 1000;
/** How much larger the libraries are than their archives, roughly. */
const unpackedTimes = 4;

/**
 * Downloads, unpacks and tries the engine in a folder beside, which takes its place at the end: a failed or cancelled
 * installation leaves what was there before, and nothing else.
 *
 * @throws UserError what was wrong; CancelledError
 */
export async function installEngine(options: InstallOptions): Promise<EngineReport['tensorflow']> {
  const { storage, archives, signal, onStep, check } = options;
  await mkdir(storage, { recursive: true });
  await removeLeftovers(storage);
  const part = await mkdtemp(join(storage, partPrefix));
  try {
    const folder = join(part, 'engine');
    const installed: InstalledEngine['archives'][number][] = [];
    let bytes = 0;
    for (const archive of archives) {
      const { url, into, wanted, mostUnpackedBytes } = archive;
      const file = join(part, basename(new URL(url).pathname));
      const sha256 = await downloadFile(url, file, archive, {
        signal,
        onBytes: (count) => {
          onStep({ kind: 'download', bytes: count });
        },
      });
      onStep({ kind: 'unpack' });
      const limits = { wanted, mostBytes: mostUnpackedBytes, signal };
      bytes += await unpackArchive(file, join(folder, into), limits);
      await rm(file);
      installed.push({ url, sha256 });
    }
    const manifest = { ...addonPackage, installedAt: new Date().toISOString(), bytes, archives: installed };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2) + '\n');
    onStep({ kind: 'check' });
    const { tensorflow } = await check(folder);
    if (!tensorflow.usable) throw unusable(tensorflow.reason);
    if (signal.aborted) throw new CancelledError();
    await replace(engineFolder(storage), folder, join(part, 'before'));
    return { ...tensorflow, folder: engineFolder(storage) };
  } finally {
    await rm(part, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @throws UserError `disk-full` where the archives, and what they hold, have no room */
export async function checkEngineRoom(storage: string, downloadBytes: number): Promise<void> {
  await mkdir(storage, { recursive: true });
  const { bavail, bsize } = await statfs(storage);
  const [needed, free] = [downloadBytes * (1 + unpackedTimes), bavail * bsize];
  if (needed <= free) return;
  throw new UserError(
    'disk-full',
    l10n.t('The TensorFlow engine needs {0}, and {1} of disk are free.', megabytes(needed), megabytes(free)),
    l10n.t('Free some space in {0}.', storage),
  );
}

async function replace(target: string, by: string, before: string): Promise<void> {
  await rename(target, before).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  await rename(by, target);
}

/** Folders of installations whose editor was killed. A younger one may be another window's, at work. */
async function removeLeftovers(storage: string): Promise<void> {
  for (const name of await readdir(storage)) {
    const path = join(storage, name);
    if (!name.startsWith(partPrefix) || Date.now() - (await stat(path)).mtimeMs < leftoverMs) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function unusable(reason: string): UserError {
  return new UserError(
    'engine-unusable',
    l10n.t('The TensorFlow engine was downloaded and does not run here: {0}', reason),
    l10n.t('Nothing was installed. WebAssembly computes, which needs nothing.'),
  );
}
