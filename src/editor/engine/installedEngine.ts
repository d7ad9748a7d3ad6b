import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** package.json of an installed engine, which tells the engine its version and us where it came from. */
export interface InstalledEngine {
  readonly version: string;
  readonly installedAt: string;
  /** On disk. */
  readonly bytes: number;
  readonly archives: readonly { readonly url: string; readonly sha256: string }[];
}

/** Where the engine lies that the extension has installed. */
export function engineFolder(storage: string): string {
  return join(storage, 'engine');
}

/** What is installed, or undefined. */
export async function readInstalled(storage: string): Promise<InstalledEngine | undefined> {
  try {
    return JSON.parse(await readFile(join(engineFolder(storage), 'package.json'), 'utf8')) as InstalledEngine;
  } catch {
    return undefined;
  }
}

export async function removeEngine(storage: string): Promise<void> {
  await rm(engineFolder(storage), { recursive: true, force: true, maxRetries: 3 });
}

/** `98 MB` */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
