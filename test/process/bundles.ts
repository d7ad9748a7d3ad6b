import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildHdf5 } from '../../scripts/buildHdf5.mjs';
import { buildKernels, kernelFiles } from '../../scripts/buildKernels.mjs';
import { compiledSchema } from '../../scripts/compiledSchema.mjs';

/** The process's scripts as the build makes them, with the real worker or a fake one, in a folder of their own. */
export async function bundleScripts(worker: 'real' | 'fake'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'press-scripts-'));
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    external: ['@tensorflow/tfjs-node'],
    plugins: [compiledSchema],
    logLevel: 'error',
    entryPoints: {
      supervisor: 'src/process/supervisorMain.ts',
      worker: worker === 'real' ? 'src/process/workerMain.ts' : 'test/process/fakeWorker.ts',
      cli: 'src/cli/main.ts',
      rows: 'src/process/rowThreadMain.ts',
    },
  });
  const kernels = await buildKernels('out/kernels');
  for (const file of kernelFiles) await copyFile(join(kernels, file), join(folder, file));
  await buildHdf5('out/hdf5');
  await copyFile('out/hdf5/hdf5.cjs', join(folder, 'hdf5.cjs'));
  return folder;
}

/**
 * The command line of the real scripts, which the tests of a `describe` share.
 * @returns a function that calls it in a folder
 */
export function commandLine(): (folder: string, ...args: string[]) => SpawnSyncReturns<string> {
  let scripts: string;
  before(async () => {
    scripts = await bundleScripts('real');
  });
  after(() => rm(scripts, { recursive: true, force: true }));
  return (folder, ...args) =>
    spawnSync(process.execPath, [join(scripts, 'cli.cjs'), ...args], { cwd: folder, encoding: 'utf8' });
}

export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'press-run-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
