/** Draws the pictures of the documentation from the real product: `npm run screenshots`, after `npm run package`. */
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWorkbench, type ThemeName } from './workbench.ts';

const pictures = 'docs/images';
const themes: readonly [string, ThemeName][] = [
  ['dark', 'Dark Modern'],
  ['light', 'Light Modern'],
  ['high-contrast', 'Dark High Contrast'],
];

const folder = await mkdtemp(join(tmpdir(), 'spam-filter-'));
try {
  await cp('sample', folder, { recursive: true });
  const run = spawnSync(process.execPath, ['dist/cli.cjs', 'run', join(folder, 'sample.press.json')], {
    stdio: 'inherit',
  });
  if (run.status !== 0) throw new Error(`The sample's run ended with ${run.status}.`);
  const workbench = await openWorkbench({
    folder,
    vsix: 'out/embedding-press.vsix',
    width: 1440,
    height: 1000,
  });
  try {
    await workbench.openView('Embedding Press');
    await workbench.treeRow('sample').click();
    const table = workbench.webviewFrame().locator('tr[data-row="baseline"]');
    await table.waitFor();
    for (const [name, theme] of themes) {
      await workbench.setTheme(theme);
      // The charts draw in the frame after the colours are there.
      await workbench.page.waitForTimeout(1000);
      await workbench.screenshot(join(pictures, `panel-${name}.png`));
    }
  } finally {
    await workbench.dispose();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
