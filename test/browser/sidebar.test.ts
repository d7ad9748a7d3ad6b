import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatus } from '../../src/process/runStatus.ts';
import { cli, useWorkbench } from '../workbench/suite.ts';

describe('the sidebar', function () {
  this.timeout(180_000);
  /** A model, and the recipe `mail` with a run that has ended. */
  const opened = useWorkbench(async (folder) => {
    await cp('sample', folder, { recursive: true });
    const sample = JSON.parse(await readFile(join(folder, 'sample.press.json'), 'utf8')) as object;
    await rm(join(folder, 'sample.press.json'));
    const short = { ...sample, compress: { reductions: [0.9] }, retrain: { epochs: 1 } };
    await writeFile(join(folder, 'mail.press.json'), JSON.stringify(short));
    const long = { ...short, retrain: { epochs: 10_000, batchSize: 4 } };
    await writeFile(join(folder, 'long.press.json'), JSON.stringify(long));
    const run = spawnSync(process.execPath, [cli, 'run', join(folder, 'mail.press.json')]);
    assert.equal(run.status, 0, run.stderr.toString());
  });
  const { row } = opened;
  const badge = () =>
    opened.page.locator('.activitybar .action-item', {
      has: opened.page.locator('a.action-label[aria-label^="Embedding Press"]'),
    });

  async function runs(recipe: string): Promise<string[]> {
    return readdir(join(opened.folder, '.embedding-press/runs', recipe)).catch(() => []);
  }

  /** The process that owns the run of `long`. */
  async function supervisor(): Promise<number> {
    const [run] = await runs('long');
    const path = join(opened.folder, '.embedding-press/runs/long', run!, 'status.json');
    return (JSON.parse(await readFile(path, 'utf8')) as RunStatus).pid;
  }

  it('lists the model with its share, and the run', async () => {
    await opened.workbench.openView('Embedding Press');
    await row('model, 99 % embedding').waitFor();
    await row('mail, done, 3 models').waitFor();
  });

  it('exports a model from the run’s menu, and lists the copy', async () => {
    const { workbench, folder } = opened;
    await workbench.contextMenu(row('mail, done'), 'Export Model…');
    // The smallest, into the folder that is open.
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Rank' }).first().waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'TensorFlow.js' })
      .waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'Keep both factors' })
      .waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'float32' }).waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.quick-input-widget .monaco-button', { hasText: 'Export Here' }).click();
    await workbench.notification('the model is in mail-').waitFor();
    await row('mail-').waitFor();
    const exported = (await readdir(folder)).find((name) => name.startsWith('mail-'));
    assert.ok(exported);
    const inspection = spawnSync(process.execPath, [cli, 'inspect', join(folder, exported)]);
    assert.equal(inspection.status, 0, inspection.stderr.toString());
  });

  it('copies the results of a run, and shows its folder', async () => {
    const { workbench, page } = opened;
    await workbench.contextMenu(row('mail, done'), 'Copy Results');
    await workbench.notification('the results of mail are copied').waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    assert.match(copied, /^[^\t\n]+(\t[^\t\n]+)+\nuncompressed\t/i);
    assert.equal(copied.trim().split('\n').length, 4);
    await workbench.dismissNotifications();
    await workbench.contextMenu(row('mail, done'), 'Reveal Run Folder');
    await page
      .locator('.explorer-folders-view .monaco-list-row.selected', { hasText: /\d{4}-\d\d-/ })
      .waitFor();
    await workbench.openView('Embedding Press');
  });

  it('shows a run going on with a badge, which a reload finds again', async () => {
    const { workbench } = opened;
    await workbench.openFile('long.press.json');
    await workbench.runCommand('Embedding Press: Run Recipe');
    await workbench.pick('long.press.json');
    await row('long, running, 1 of 3 models').waitFor();
    const header = workbench.webviewFrame().locator('header', { hasText: 'Running' });
    await header.waitFor();
    const pid = await supervisor();
    await workbench.reload();
    await workbench.openView('Embedding Press');
    await row('long, running, 1 of 3 models').waitFor();
    await badge().locator('.badge-content', { hasText: '1' }).waitFor();
    await workbench.statusBarItem('Embedding Press: long').waitFor();
    await header.waitFor();
    assert.equal(await supervisor(), pid);
  });

  it('pauses the run, resumes and cancels it', async () => {
    const { workbench } = opened;
    await workbench.contextMenu(row('long, running'), 'Pause Run');
    await row('long, paused').waitFor();
    await workbench.statusBarItem('long is paused').click();
    await workbench.pick('Resume Run');
    await row('long, running').waitFor();
    // The row's own button.
    await row('long, running').hover();
    await row('long, running').locator('a.action-label[aria-label^="Cancel Run"]').click();
    await row('long, cancelled').waitFor();
    await workbench.notification('long was cancelled').waitFor();
    await badge().locator('.badge-content:visible').waitFor({ state: 'detached' });
    await workbench.dismissNotifications();
  });

  it('compares a run with others in its panel', async () => {
    const { workbench } = opened;
    await workbench.contextMenu(row('mail, done'), 'Compare With…');
    await workbench.pick('long');
    await workbench.page.keyboard.press('Enter');
    const panel = workbench.webviewFrame();
    await panel.locator('h1', { hasText: 'mail' }).waitFor();
    await panel.getByRole('list', { name: 'Compared runs' }).getByText('long').waitFor();
    await panel.getByRole('button', { name: /Take long.* out of the comparison/ }).click();
    await panel.getByRole('list', { name: 'Compared runs' }).waitFor({ state: 'hidden' });
  });

  it('writes the recipe anew to run it again once its file is gone', async () => {
    const { workbench, folder } = opened;
    await rm(join(folder, 'mail.press.json'));
    await workbench.contextMenu(row('mail, done'), 'Run Again');
    await workbench.page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Write' }).click();
    await workbench.notification('mail is done').waitFor({ timeout: 60_000 });
    assert.equal((await runs('mail')).length, 2);
    await readFile(join(folder, 'mail.press.json'));
  });

  it('deletes a run, once that is confirmed', async () => {
    const { workbench } = opened;
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await workbench.contextMenu(row('long, cancelled'), 'Delete Run…');
    await dialog.locator('.monaco-button', { hasText: 'Cancel' }).click();
    assert.equal((await runs('long')).length, 1);
    await workbench.contextMenu(row('long, cancelled'), 'Delete Run…');
    assert.match(await dialog.innerText(), /Delete the run of long .*MB|kB/s);
    await dialog.locator('.monaco-button', { hasText: 'Delete' }).click();
    await row('long, cancelled').waitFor({ state: 'detached' });
    assert.deepEqual(await runs('long'), []);
  });
});
