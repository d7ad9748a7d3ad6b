/** Builds the extension as it is published: `npm run package`. Refuses one that holds more than belongs in it. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { megabytes, root, run, say, sizeOf } from './setup/steps.mjs';

const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
const target = join(root, 'out/embedding-press.vsix');
const belongs =
  /^(dist|media|schemas|sample|docs|l10n)\/|^(package(\.nls(\.\w+)?)?\.json|README\.md|CHANGELOG\.md|LICENSE)$/;

export async function packageExtension() {
  await run(process.execPath, ['esbuild.mjs', '--production']);
  const listing = await run(process.execPath, [vsce, 'ls', '--no-dependencies']);
  const files = listing.split('\n').filter((line) => line !== '' && existsSync(join(root, line)));
  const strange = files.filter((file) => !belongs.test(file) || /\.(node|so|map)(\.\d+)*$/.test(file));
  if (strange.length > 0) throw new Error(`The extension would hold ${strange.join(', ')}.`);
  const scripts = readdirSync(join(root, 'dist'), { recursive: true }).filter((name) =>
    name.endsWith('.cjs'),
  );
  const lacking = scripts.map((name) => `dist/${name}`).filter((name) => !files.includes(name));
  if (lacking.length > 0) throw new Error(`The extension would lack ${lacking.join(', ')}.`);
  mkdirSync(join(root, 'out'), { recursive: true });
  rmSync(target, { force: true });
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  await run(process.execPath, [vsce, 'package', ...options, '--out', target]);
  return { target, files };
}

if (import.meta.filename === process.argv[1]) {
  const { target, files } = await packageExtension();
  say(`${target}: ${files.length} files, ${megabytes(sizeOf(target))}`);
}
