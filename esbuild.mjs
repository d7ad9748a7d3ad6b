// Bundles the extension, the background process, the command line and the panel's page into dist/.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build, transform } from 'esbuild';
import { buildHdf5 } from './scripts/buildHdf5.mjs';
import { buildKernels } from './scripts/buildKernels.mjs';
import { compiledSchema } from './scripts/compiledSchema.mjs';

const minify = process.argv.includes('--production');
const shared = {
  bundle: true,
  outdir: 'dist',
  sourcemap: !minify,
  minify,
  metafile: true,
  // The packages' licences go into one file, below.
  legalComments: 'none',
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist', { recursive: true });
const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  outExtension: { '.js': '.cjs' },
  external: ['vscode', '@tensorflow/tfjs-node'],
  plugins: [compiledSchema],
  logOverride: { 'empty-import-meta': 'silent' },
};
const extension = await buildInParts({ extension: 'src/extension.ts' });
const programs = await build({
  ...node,
  format: 'cjs',
  entryPoints: {
    supervisor: 'src/process/supervisorMain.ts',
    worker: 'src/process/workerMain.ts',
    cli: 'src/cli/main.ts',
    rows: 'src/process/rowThreadMain.ts',
  },
});
const page = await build({
  ...shared,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  entryPoints: { panel: 'webview/main.ts', model: 'webview/model/main.ts', report: 'webview/report/main.ts' },
});
for (const name of ['codicon.css', 'codicon.ttf']) {
  copyFileSync(`node_modules/@vscode/codicons/dist/${name}`, `dist/${name}`);
}
const hdf5 = await buildHdf5('dist', { minify, sourcemap: !minify, metafile: true, legalComments: 'none' });
await buildKernels('dist');
writeFileSync(
  'dist/THIRD_PARTY_NOTICES.txt',
  notices([extension, programs.metafile, hdf5.metafile, page.metafile]),
);

/**
 * Bundles so that what `import()` names is a file of its own, read when it is needed. Only modules are split, and the
 * extension host wants CommonJS: so each file is translated once it is there.
 */
async function buildInParts(entryPoints) {
  const { metafile } = await build({
    ...node,
    sourcemap: minify ? false : 'inline',
    format: 'esm',
    splitting: true,
    chunkNames: 'part-[name]-[hash]',
    entryNames: '[name]',
    entryPoints,
  });
  for (const path of Object.keys(metafile.outputs).filter((name) => name.endsWith('.cjs'))) {
    // Each module's import of VS Code would copy the whole of its interface.
    const modules = readFileSync(path, 'utf8').replaceAll(
      /import\s*\*\s*as ([\w$]+)\s*from\s*"vscode"/g,
      'const $1=require("vscode")',
    );
    const { code } = await transform(modules, {
      format: 'cjs',
      platform: 'node',
      target: node.target,
      // Turns import() into a call of require, as a step of its own.
      supported: { 'dynamic-import': false },
      minify,
      sourcemap: minify ? false : 'inline',
      sourcefile: path,
      logOverride: node.logOverride,
    });
    writeFileSync(path, code);
  }
  return metafile;
}

/** Name, version and licence text of every package that a bundle holds, and of the icons. */
function notices(metafiles) {
  const folders = new Set(['node_modules/@vscode/codicons']);
  for (const { inputs } of metafiles) {
    for (const path of Object.keys(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
      if (folder !== undefined) folders.add(folder);
    }
  }
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text = file === undefined ? '' : `\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`;
    return `${name} ${version} (${license})\n${text}`;
  });
  parts.push('The sample holds messages of the public-domain SpamAssassin corpus.\n');
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}
