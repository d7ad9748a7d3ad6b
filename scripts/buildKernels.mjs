/** Compiles kernels/ to WebAssembly. */
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');

const simd = ['--enable', 'simd'];
/** Engines older than V8 11.4 (Node 20) lack these. */
const fused = [...simd, '--enable', 'relaxed-simd'];
/** For a memory that several threads have; all that 32 bits address, in pages. */
const shared = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];

const optionsOf = {
  'kernels.wasm': simd,
  'kernels.fused.wasm': fused,
  'kernels.shared.wasm': [...simd, ...shared],
  'kernels.fused.shared.wasm': [...fused, ...shared],
};
const thread = 'kernelThread.mjs';

export const kernelFiles = [...Object.keys(optionsOf), thread];

/** Compiles into a folder what is not newer there than the sources; gives the folder. */
export async function buildKernels(folder) {
  const sources = readdirSync(join(root, 'kernels')).map((name) => join(root, 'kernels', name));
  for (const [file, options] of Object.entries(optionsOf)) {
    const made = statSync(join(root, folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (sources.every((path) => statSync(path).mtimeMs < made)) continue;
    const { error, stderr } = await asc.main([
      'kernels/index.ts',
      ...['--baseDir', root, '--outFile', join(folder, file)],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
      ...options,
      // Vectors pass between our own files alone.
      ...['--disableWarning', '112'],
    ]);
    if (error) throw new Error(`kernels/ does not compile: ${error.message}\n${stderr.toString()}`);
  }
  copyFileSync(join(root, 'kernels', thread), join(root, folder, thread));
  return join(root, folder);
}
