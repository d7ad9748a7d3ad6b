// Bundles the extension, the background process, the command line and the panel's page into dist/.
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const minify = process.argv.includes('--production');
const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  external: ['vscode', '@tensorflow/tfjs-node'],
  sourcemap: !minify,
  minify,
  logLevel: 'warning',
  logOverride: { 'empty-import-meta': 'silent' },
};

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist', { recursive: true });
const entries = {
  extension: 'src/extension.ts',
  supervisor: 'src/process/supervisorMain.ts',
  worker: 'src/process/workerMain.ts',
  cli: 'src/cli/main.ts',
};
const present = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)));
await build({ ...node, entryPoints: present });
if (existsSync('webview/main.ts')) {
  await build({
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: { panel: 'webview/main.ts' },
    outdir: 'dist',
    sourcemap: !minify,
    minify,
    logLevel: 'warning',
  });
}
for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm']) {
  copyFileSync(`node_modules/@tensorflow/tfjs-backend-wasm/dist/${name}`, `dist/${name}`);
}
