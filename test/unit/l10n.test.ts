import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';

type Strings = Readonly<Record<string, string | { readonly message: string }>>;

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

const imported = "import * as l10n from '@vscode/l10n';\n";

/** All code that has text, as one file with one import: the extractor takes its time for each of them. */
async function code(): Promise<string> {
  const files = await Promise.all(
    ['src', 'webview'].map(async (root) => {
      const names = await readdir(root, { recursive: true });
      return names.filter((name) => name.endsWith('.ts')).map((name) => join(root, name));
    }),
  );
  const contents = await Promise.all(files.flat().map((path) => readFile(path, 'utf8')));
  return (
    imported +
    contents
      .filter((text) => text.includes(imported))
      .join('\n')
      .replaceAll(imported, '')
  );
}

const placeholders = (text: string): string[] => (text.match(/\{\d+\}/g) ?? []).sort();

describe('the strings', function () {
  this.timeout(30_000);

  it('of the code are all in German, with the same values in them, and no others', async () => {
    const english = (await getL10nJson([{ extension: '.ts', contents: await code() }])) as Strings;
    assert.deepEqual(await readJson('l10n/bundle.l10n.json'), english, 'npm run l10n writes them');
    const german = await readJson<Strings>('l10n/bundle.l10n.de.json');
    assert.deepEqual(Object.keys(german).sort(), Object.keys(english).sort());
    for (const [key, text] of Object.entries(german)) {
      assert.ok(typeof text === 'string' && text.trim() !== '', key);
      // A comment for translators follows a slash in the key.
      const message = english[key];
      const own = typeof message === 'string' ? message : message!.message;
      assert.deepEqual(placeholders(text), placeholders(own), key);
    }
  });

  it('of package.json are all there in both languages', async () => {
    const manifest = await readFile('package.json', 'utf8');
    const used = [...new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key!))].sort();
    assert.ok(used.length > 50);
    for (const file of ['package.nls.json', 'package.nls.de.json']) {
      const strings = await readJson<Record<string, string>>(file);
      assert.deepEqual(Object.keys(strings).sort(), used, file);
      assert.ok(
        Object.values(strings).every((text) => text.trim() !== ''),
        file,
      );
    }
  });
});
