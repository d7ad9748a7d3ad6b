/** Bundles the HDF5 library's thread to hdf5.cjs: once, since the library takes megabytes. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const source = join(root, 'src/core/checkpoint/keras/hdf5Thread.ts');

/** Bundles into a folder, if what is there is not newer than the source; undefined where nothing was to do. */
export async function buildHdf5(folder, options = {}) {
  const outfile = join(root, folder, 'hdf5.cjs');
  const made = statSync(outfile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (statSync(source).mtimeMs < made) return undefined;
  return build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logOverride: { 'empty-import-meta': 'silent' },
    ...options,
    entryPoints: [source],
    outfile,
  });
}
