/** Compiles kernels/ to kernels.wasm. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');

/** Compiles into a folder, if what is there is not newer than the sources; gives the folder. */
export async function buildKernels(folder) {
  const target = join(root, folder, 'kernels.wasm');
  const sources = readdirSync(join(root, 'kernels')).map((name) => join(root, 'kernels', name));
  const made = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((path) => statSync(path).mtimeMs < made)) return join(root, folder);
  const { error, stderr } = await asc.main([
    'kernels/index.ts',
    ...['--baseDir', root, '--outFile', join(folder, 'kernels.wasm')],
    ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'],
    // Vectors pass between our own files alone.
    ...['--disableWarning', '112'],
  ]);
  if (error) throw new Error(`kernels/ does not compile: ${error.message}\n${stderr.toString()}`);
  return join(root, folder);
}
