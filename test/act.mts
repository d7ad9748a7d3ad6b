import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorkbench } from './workbench/workbench.ts';
const vsixes = process.argv.slice(3);
const n = Number(process.argv[2]);
const all: Record<string, number[]> = {};
for (let i = 0; i < n; i++)
  for (const vsix of vsixes) {
    const folder = await mkdtemp(join(tmpdir(), 'mail-'));
    await cp('sample', folder, { recursive: true });
    const w = await openWorkbench({ folder, vsix, width: 1400, height: 1000 });
    try {
      await w.page.waitForTimeout(2500);
      await w.runCommand('Developer: Show Running Extensions');
      const row = w.page.locator('.runtime-extensions-editor .monaco-list-row', {
        hasText: 'Embedding Press',
      });
      await row.first().waitFor();
      const text = await row.first().locator('.activation-time').first().textContent();
      const title = await row.first().locator('.activation-time').first().getAttribute('title');
      console.log(vsix, text, title ?? '', i === 0 ? await row.first().innerText() : '');
      (all[vsix] ??= []).push(Number(/(\d+)ms/.exec(text ?? '')?.[1]));
    } finally {
      await w.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  }
for (const [v, t] of Object.entries(all))
  console.log(v, t.sort((a, b) => a - b).join(' '), 'median', t[(t.length - 1) >> 1]);
