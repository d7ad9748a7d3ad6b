import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { LineWorker } from './lineWorker.ts';

export type PeerLibrary = 'torch' | 'keras' | 'svd' | 'fasttext';
export type Library = PeerLibrary | 'ours';

export const peersPython = resolve('.cache/peers/bin/python');
export const peersFolder = resolve('test/bench/peers');
/** A copy of dist/, so that a build meanwhile does no harm, with the bench's own worker in it. */
export const scripts = resolve('out/bench');

export async function makeScripts(): Promise<void> {
  await rm(scripts, { recursive: true, force: true });
  await mkdir(scripts, { recursive: true });
  await cp(resolve('dist'), scripts, { recursive: true });
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outdir: scripts,
    outExtension: { '.js': '.cjs' },
    external: ['@tensorflow/tfjs-node'],
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'error',
    entryPoints: { ours: 'test/bench/ours/worker.ts' },
  });
}

export function startWorker(library: Library, threads: number): LineWorker {
  const command =
    library === 'ours'
      ? [process.execPath, join(scripts, 'ours.cjs')]
      : [peersPython, join(peersFolder, 'worker.py'), `peer_${library}`];
  return new LineWorker(command, threads);
}

/** The workers of one part: one for each library and number of threads, started when first asked for. */
export class Workers {
  readonly #started = new Map<string, LineWorker>();

  of(library: Library, threads: number): LineWorker {
    const key = `${library} ${threads}`;
    const worker = this.#started.get(key) ?? startWorker(library, threads);
    this.#started.set(key, worker);
    return worker;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#started.values()].map((worker) => worker.close()));
    this.#started.clear();
  }
}
