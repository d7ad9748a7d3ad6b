import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { openWorkbench, type Workbench } from '../workbench/workbench.ts';

const vsix = 'out/embedding-press.vsix';
const cli = 'dist/cli.cjs';

describe('the sidebar', function () {
  this.timeout(180_000);
  let folder = '';
  let workbench: Workbench;

  /** A model, and the recipe `mail` with a run that has ended. */
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mail-'));
    await cp('sample', folder, { recursive: true });
    const sample = JSON.parse(await readFile(join(folder, 'sample.press.json'), 'utf8')) as object;
    await rm(join(folder, 'sample.press.json'));
    const short = { ...sample, compress: { reductions: [0.9] }, retrain: { epochs: 1 } };
    await writeFile(join(folder, 'mail.press.json'), JSON.stringify(short));
    await writeFile(join(folder, 'long.press.json'), JSON.stringify({ ...short, retrain: { epochs: 5000 } }));
    const run = spawnSync(process.execPath, [cli, 'run', join(folder, 'mail.press.json')]);
    assert.equal(run.status, 0, run.stderr.toString());
    workbench = await openWorkbench({ folder, vsix });
    await workbench.openView('Embedding Press');
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await workbench.screenshot(`out/test/${this.currentTest.title.replaceAll(/\W+/g, '-')}.png`);
  });

  after(async () => {
    await workbench.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** A row by the first words that a screen reader says of it. */
  function row(label: string): Locator {
    return workbench.page.locator(`.pane-body .monaco-list-row[aria-label^="${label}"]`).first();
  }

  async function runs(recipe: string): Promise<string[]> {
    return readdir(join(folder, '.embedding-press/runs', recipe)).catch(() => []);
  }

  it('lists the model with its share, and the run', async () => {
    await row('model, 99 % embedding').waitFor();
    await row('mail, done, 3 models').waitFor();
  });

  it('exports a model from the run’s menu, and lists the copy', async () => {
    await workbench.contextMenu(row('mail, done'), 'Export Model…');
    // The smallest, into the folder that is open.
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Rank' }).first().waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.quick-input-title', { hasText: 'Export' }).waitFor();
    await workbench.page.locator('.quick-input-widget .monaco-button', { hasText: 'Export Here' }).click();
    await workbench.notification('the model is in mail-').waitFor();
    await row('mail-').waitFor();
    const exported = (await readdir(folder)).find((name) => name.startsWith('mail-'));
    assert.ok(exported);
    const inspection = spawnSync(process.execPath, [cli, 'inspect', join(folder, exported)]);
    assert.equal(inspection.status, 0, inspection.stderr.toString());
  });

  it('shows a run going on with a badge, pauses, resumes and cancels it', async () => {
    const badge = workbench.page.locator('.activitybar .action-item', {
      has: workbench.page.locator('a.action-label[aria-label^="Embedding Press"]'),
    });
    await workbench.openFile('long.press.json');
    await workbench.runCommand('Embedding Press: Run Recipe');
    await workbench.pick('long.press.json');
    await row('long, running, 1 of 3 models').waitFor();
    await badge.locator('.badge-content', { hasText: '1' }).waitFor();
    await workbench.page.locator('.statusbar-item', { hasText: 'Embedding Press: long' }).waitFor();
    await workbench.contextMenu(row('long, running'), 'Pause Run');
    await row('long, paused').waitFor();
    await workbench.page.locator('.statusbar-item', { hasText: 'long is paused' }).click();
    await workbench.pick('Resume Run');
    await row('long, running').waitFor();
    // The row's own button.
    await row('long, running').hover();
    await row('long, running').locator('a.action-label[aria-label^="Cancel Run"]').click();
    await row('long, cancelled').waitFor();
    await workbench.notification('long was cancelled').waitFor();
    assert.equal(await badge.locator('.badge-content:visible').count(), 0);
  });

  it('writes the recipe anew to run it again once its file is gone', async () => {
    await rm(join(folder, 'mail.press.json'));
    await workbench.contextMenu(row('mail, done'), 'Run Again');
    await workbench.page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Write' }).click();
    await workbench.notification('mail is done').waitFor({ timeout: 60_000 });
    assert.equal((await runs('mail')).length, 2);
    await readFile(join(folder, 'mail.press.json'));
  });

  it('deletes a run, once that is confirmed', async () => {
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
