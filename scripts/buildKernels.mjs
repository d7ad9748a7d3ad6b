/** Compiles kernels/ to WebAssembly. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');

/** The files, with the features that each takes: engines older than V8 11.4 (Node 20) lack the relaxed ones. */
const featuresOf = {
  'kernels.wasm': ['simd'],
  'kernels.fused.wasm': ['simd', 'relaxed-simd'],
};

export const kernelFiles = Object.keys(featuresOf);

/** Compiles into a folder what is not newer there than the sources; gives the folder. */
export async function buildKernels(folder) {
  const sources = readdirSync(join(root, 'kernels')).map((name) => join(root, 'kernels', name));
  for (const [file, features] of Object.entries(featuresOf)) {
    const made = statSync(join(root, folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (sources.every((path) => statSync(path).mtimeMs < made)) continue;
    const { error, stderr } = await asc.main([
      'kernels/index.ts',
      ...['--baseDir', root, '--outFile', join(folder, file)],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
      ...features.flatMap((feature) => ['--enable', feature]),
      // Vectors pass between our own files alone.
      ...['--disableWarning', '112'],
    ]);
    if (error) throw new Error(`kernels/ does not compile: ${error.message}\n${stderr.toString()}`);
  }
  return join(root, folder);
}
