import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { compiledSchema } from '../../scripts/compiledSchema.mjs';

/** Bundles test/editor for the extension host, each file by itself; gives the path of what runs them. */
export async function bundleEditorTests(): Promise<string> {
  const target = resolve('out/test/editor');
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const names = (await readdir('test/editor')).filter((name) => name.endsWith('.test.ts'));
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    entryPoints: ['index.ts', ...names].map((name) => `test/editor/${name}`),
    outdir: target,
    outExtension: { '.js': '.cjs' },
    external: ['vscode', 'mocha', '@tensorflow/tfjs-node'],
    plugins: [compiledSchema],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  await copyFile('scripts/test/resultsReporter.cjs', join(target, 'resultsReporter.cjs'));
  return join(target, 'index.cjs');
}
