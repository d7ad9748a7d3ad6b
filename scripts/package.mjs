/** Builds the extension as it is published: `npm run package`. Refuses one that holds more or less than belongs in it. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { megabytes, root, run, say, sizeOf } from './setup/steps.mjs';

const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
const target = join(root, 'out/embedding-press.vsix');
/** Holds what may belong in it. In the project's folder vsce walks through all that is installed there for a minute, twice. */
const stage = join(root, 'out/package');
const list = '.vscodeignore';

export async function packageExtension() {
  await run(process.execPath, ['esbuild.mjs', '--production']);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const kept = readFileSync(join(root, list), 'utf8').matchAll(/^!([^/\n]+)/gm);
  for (const name of new Set([list, ...Array.from(kept, ([, name]) => name)])) {
    cpSync(join(root, name), join(stage, name), { recursive: true });
  }
  const listing = await run(process.execPath, [vsce, 'ls', '--no-dependencies'], { cwd: stage });
  const files = listing.split('\n').filter((line) => line !== '');
  const strange = files.filter((file) => /\.(node|so|map)(\.\d+)*$/.test(file));
  if (strange.length > 0) throw new Error(`The extension would hold ${strange.join(', ')}.`);
  const scripts = readdirSync(join(root, 'dist'), { recursive: true }).filter((name) =>
    name.endsWith('.cjs'),
  );
  const lacking = scripts.map((name) => `dist/${name}`).filter((name) => !files.includes(name));
  if (lacking.length > 0) throw new Error(`The extension would lack ${lacking.join(', ')}.`);
  rmSync(target, { force: true });
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  await run(process.execPath, [vsce, 'package', ...options, '--out', target], { cwd: stage });
  return { target, files };
}

if (import.meta.filename === process.argv[1]) {
  const { target, files } = await packageExtension();
  say(`${target}: ${files.length} files, ${megabytes(sizeOf(target))}`);
}
