import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, useWorkbench } from '../workbench/suite.ts';

const mostMs = 100;
const mostBytes = 80_000;

/** Loads the extension as the extension host does, and prints the files that this takes. */
const load = (folder: string): string => `
  const Module = require('node:module');
  const anything = new Proxy(class {}, { get: (made, name) => (name === 'prototype' ? made[name] : anything) });
  const { _load } = Module;
  Module._load = (name, ...rest) => (name === 'vscode' ? anything : _load(name, ...rest));
  require(${JSON.stringify(join(folder, 'dist/extension.cjs'))});
  console.log(JSON.stringify(Object.keys(require.cache)));`;

describe('activation from the installed extension', function () {
  this.timeout(180_000);
  // A recipe in it has the extension start with the window.
  // The list of extensions has only the rows that are in sight.
  const opened = useWorkbench((folder) => cp('sample', folder, { recursive: true }), { height: 2400 });

  it(`reads less than ${mostBytes / 1000} kB`, async () => {
    const { extensions } = opened.workbench;
    const name = (await readdir(extensions)).find((entry) => entry.startsWith('embedding-press'));
    assert.ok(name !== undefined);
    const script = load(join(extensions, name));
    const files = JSON.parse(
      execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }),
    ) as string[];
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    assert.ok(files.some((file) => file.endsWith('extension.cjs')));
    assert.ok(bytes < mostBytes, `${bytes} bytes: ${files.join(', ')}`);
  });

  it(`takes less than ${mostMs} ms by the extension host’s own profile`, async () => {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      if (i > 0) await opened.workbench.reload();
      times.push(await activationMs());
    }
    const [, median = Infinity] = times.sort((a, b) => a - b);
    assert.ok(median < mostMs, `${times.join(', ')} ms`);
  });

  async function activationMs(): Promise<number> {
    const { workbench, page } = opened;
    const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Embedding Press' });
    const time = row.locator('.activation-time', { hasText: /\d+ms/ }).first();
    // A list that was opened during the activation may say so for good.
    return eventually('the time is shown', async () => {
      await workbench.runCommand('View: Close All Editors');
      await workbench.runCommand('Developer: Show Running Extensions');
      return Number(/(\d+)ms/.exec(await time.innerText({ timeout: 3000 }))?.[1]);
    });
  }
});
