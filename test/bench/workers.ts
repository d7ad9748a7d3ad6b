import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildKernels } from '../../scripts/buildKernels.mjs';
import { compiledSchema } from '../../scripts/compiledSchema.mjs';
import { LineWorker } from './lineWorker.ts';

export type PeerLibrary = 'torch' | 'keras' | 'svd' | 'fasttext';
export type Library = PeerLibrary | 'ours';

export const peersPython = resolve('.cache/python/bin/python');
export const peersFolder = resolve('test/bench/peers');
/** The bundles that are measured, apart from dist/, which may be made anew meanwhile. */
export const scripts = resolve('out/bench');

/** The processes of a run as the build makes them, and the bench's own worker. */
export async function makeScripts(): Promise<void> {
  await rm(scripts, { recursive: true, force: true });
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outdir: scripts,
    outExtension: { '.js': '.cjs' },
    external: ['@tensorflow/tfjs-node'],
    plugins: [compiledSchema],
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'error',
    entryPoints: {
      supervisor: 'src/process/supervisorMain.ts',
      worker: 'src/process/workerMain.ts',
      cli: 'src/cli/main.ts',
      rows: 'src/process/rowThreadMain.ts',
      ours: 'test/bench/ours/worker.ts',
    },
  });
  await buildKernels('out/bench');
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
