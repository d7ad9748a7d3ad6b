/**
 * Draws the pictures of the documentation and of the walkthrough from the real product: `npm run screenshots`, after
 * `npm run package`. The steps of the first use are drawn by their test.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { cli, vsix } from './suite.ts';
import { stopRuns } from './stopRuns.ts';
import { openWorkbench, type ThemeName, type Workbench } from './workbench.ts';

const pictures = 'docs/images';
const walkthrough = 'media/walkthrough';
const themes: readonly [string, ThemeName][] = [
  ['dark', 'Dark Modern'],
  ['light', 'Light Modern'],
  ['high-contrast', 'Dark High Contrast'],
];

/** A model with a run that has ended, one that was cancelled, and one that goes on. */
async function fill(folder: string): Promise<void> {
  await cp('sample/model', join(folder, 'spam-filter'), { recursive: true });
  await cp('sample/messages.tsv', join(folder, 'messages.tsv'));
  const recipe = async (name: string, compress: object, retrain: object): Promise<void> => {
    const fifth = { fraction: 0.2 };
    const data = { train: { path: 'messages.tsv', format: 'tsv' }, validation: fifth, test: fifth };
    const content = { model: 'spam-filter', data, compress, retrain };
    await writeFile(join(folder, `${name}.press.json`), `${JSON.stringify(content, null, 2)}\n`);
  };
  await recipe('spam-filter', { metric: ['task', 'spectrum'], ranks: [16, 8, 4, 2, 1] }, { epochs: 4 });
  await recipe('first-try', { reductions: [0.9] }, { epochs: 1 });
  await recipe('thorough', { reductions: [0.5, 0.7, 0.8, 0.9, 0.95] }, { epochs: 600, batchSize: 1 });
  for (const name of ['first-try', 'spam-filter']) {
    const args = [cli, 'run', join(folder, `${name}.press.json`), '--engine', 'wasm'];
    const run = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (run.status !== 0) throw new Error(`The run of ${name} ended with ${run.status}.`);
  }
  const runs = join(folder, '.embedding-press/runs/first-try');
  const [first] = await readdir(runs);
  const path = join(runs, first!, 'status.json');
  const status = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...status, state: 'cancelled' }));
}

async function inThemes(workbench: Workbench, view: string, ready?: () => Promise<void>): Promise<void> {
  for (const [name, theme] of themes) {
    await workbench.setTheme(theme);
    await ready?.();
    // No hover.
    await workbench.page.mouse.move(0, 0);
    // The charts draw in the frame after the colours are there.
    await workbench.page.waitForTimeout(500);
    await workbench.screenshot(join(pictures, `${view}-${name}.png`));
  }
}

const section = (panel: FrameLocator, title: string): Locator =>
  panel.locator('section', { has: panel.getByRole('heading', { name: title, exact: true }) });

async function drawViews(workbench: Workbench, folder: string): Promise<void> {
  const { page } = workbench;
  const row = (label: string): Locator => workbench.treeRow(label);
  await workbench.openView('Embedding Press');
  await row('spam-filter, done').click();
  const panel = workbench.webviewFrame();
  await panel.locator('.summary', { hasText: 'test sentences' }).waitFor();
  await inThemes(workbench, 'panel');
  await panel.getByLabel('Sentence to classify').fill('You have won a free holiday, click here');
  await panel.getByLabel('Sentence to classify').press('Enter');
  const answers = panel.locator('article.answer');
  await answers.nth(1).waitFor();
  await inThemes(workbench, 'panel-bottom', () => answers.nth(1).scrollIntoViewIfNeeded());

  await row('spam-filter, 99 %').click();
  await workbench.webviewFrame().locator('.figure', { hasText: 'keep half of the table' }).waitFor();
  await inThemes(workbench, 'model');

  await workbench.openFile('spam-filter.press.json');
  const lens = page.locator('.codelens-decoration a');
  await lens.filter({ hasText: 'Estimate' }).click();
  await lens.filter({ hasText: /models.*epochs/ }).waitFor();
  await inThemes(workbench, 'recipe');

  await workbench.openFile('thorough.press.json');
  await lens.filter({ hasText: 'Run' }).click();
  await workbench.webviewFrame().locator('tr.point').nth(1).waitFor({ timeout: 120_000 });
  await inThemes(workbench, 'running');
  await stopRuns(folder);
  await workbench.notification(/thorough (is done|was cancelled)/).waitFor();
  await workbench.dismissNotifications();

  await workbench.runCommand('View: Close All Editors');
  await inThemes(workbench, 'walkthrough', async () => {
    await workbench.runCommand('Welcome: Open Walkthrough...');
    await workbench.pick('Make a Text Classifier Ten Times Smaller');
    await page.locator('.getting-started-step.expanded').waitFor();
  });
  await page.keyboard.press('Escape');
  await workbench.runCommand('View: Close All Editors');
}

/** About as wide as VS Code shows them. */
async function drawWalkthrough(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  const picture = async (name: string, shown: Locator): Promise<void> => {
    await page.mouse.move(0, 0);
    await page.waitForTimeout(500);
    await shown.screenshot({ path: join(walkthrough, `${name}.png`), animations: 'disabled' });
  };
  await mkdir(walkthrough, { recursive: true });
  await workbench.setTheme('Light Modern');
  await workbench.openView('Embedding Press');
  await workbench.treeRow('spam-filter, 99 %').click();
  const editor = page.locator('.editor-group-container').first();
  const frame = workbench.webviewFrame();
  await frame.locator('.figure', { hasText: 'keep half of the table' }).waitFor();
  await workbench.runCommand('View: Toggle Primary Side Bar Visibility');
  await page.setViewportSize({ width: 760, height: 640 });
  await picture('model', editor);

  await frame.locator('vscode-button', { hasText: 'Compress…' }).click();
  await workbench.pick('messages.tsv');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: '95 %' }).waitFor();
  await picture('compress', page.locator('.quick-input-widget'));
  await page.keyboard.press('Escape');

  await workbench.runCommand('Embedding Press: Open Panel');
  await workbench.pick('spam-filter');
  await frame.locator('.summary', { hasText: 'test sentences' }).waitFor();
  await page.setViewportSize({ width: 760, height: 1000 });
  await picture('pick', section(frame, 'Accuracy against rank'));
  await picture('check', section(frame, 'What changed'));
  await page.setViewportSize({ width: 980, height: 1000 });
  await picture('export', section(frame, 'Models'));
}

const own = await mkdtemp(join(tmpdir(), 'screenshots-'));
try {
  const folder = join(own, 'mail');
  await mkdir(folder);
  await fill(folder);
  const workbench = await openWorkbench({ folder, vsix, width: 1440, height: 1000 });
  try {
    await drawViews(workbench, folder);
    await drawWalkthrough(workbench);
  } catch (error) {
    await workbench.screenshot('out/test/screenshots.png');
    throw error;
  } finally {
    await workbench.dispose();
    await stopRuns(folder);
  }
} finally {
  await rm(own, { recursive: true, force: true });
}
const mocha = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', 'test/browser/firstUse.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, SCREENSHOTS: '1' },
});
const [code] = (await once(mocha, 'close')) as [number | null];
process.exitCode = code ?? 1;
