import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selectSmallest } from '../../src/core/sweep/results.ts';
import type { Results } from '../../src/core/sweep/trial.ts';
import { cli, useWorkbench } from '../workbench/suite.ts';

const pictures = process.env.SCREENSHOTS === '1' ? 'docs/first-use' : 'out/test/first-use';

/** The whole way of somebody who has never seen the product; each test goes on where the one before has stopped. */
describe('the first use', function () {
  this.timeout(150_000);
  this.bail(true);
  const opened = useWorkbench(
    async (folder) => {
      await cp('sample/model', join(folder, 'spam-filter'), { recursive: true });
      await cp('sample/messages.tsv', join(folder, 'messages.tsv'));
    },
    { width: 1280, height: 860 },
  );
  const panel = () => opened.workbench.webviewFrame();
  const picture = (name: string) => opened.workbench.screenshot(`${pictures}/${name}.png`);
  const rows = () => panel().locator('tr.point[data-row]');
  const floorAnswer = () => panel().locator('.floor-answer');

  async function results(): Promise<Results> {
    const runs = join(opened.folder, '.embedding-press/runs/spam-filter');
    const [run] = await readdir(runs);
    return JSON.parse(await readFile(join(runs, run!, 'results.json'), 'utf8')) as Results;
  }

  it('begins with a right click on the model', async () => {
    const { workbench, page } = opened;
    await workbench.openView('Explorer');
    await workbench.treeRow('spam-filter').click();
    const model = workbench.treeRow('model.json');
    await model.click({ button: 'right' });
    await page.locator('.context-view .action-label', { hasText: 'Compress Model…' }).hover();
    await picture('1-right-click');
    await page.keyboard.press('Escape');
    await workbench.contextMenu(model, 'Compress Model…');
  });

  it('asks three questions, and shows the first points within two minutes', async () => {
    const { workbench, page } = opened;
    const started = Date.now();
    const list = page.locator('.quick-input-list .monaco-list-row');
    await list.filter({ hasText: 'messages.tsv' }).waitFor();
    await picture('2-training-data');
    await workbench.pick('messages.tsv');
    await list.filter({ hasText: '95 %' }).waitFor();
    await picture('3-reductions');
    await page.keyboard.press('Enter');
    await list.filter({ hasText: 'A Tenth of the Training Data' }).waitFor();
    await picture('4-test-data');
    await workbench.pick('A Tenth of the Training Data');
    await panel().locator('h1', { hasText: 'spam-filter' }).waitFor();
    await rows().first().waitFor({ timeout: 120_000 });
    const seconds = (Date.now() - started) / 1000;
    assert.ok(seconds < 120, `the first points came after ${seconds.toFixed(0)} s`);
    await picture('5-first-points');
  });

  it('names and selects the smallest model above a floor', async () => {
    await panel().locator('header', { hasText: 'Done' }).waitFor({ timeout: 120_000 });
    await opened.workbench.notification('spam-filter is done').waitFor();
    await opened.workbench.dismissNotifications();
    const { baseline, points } = await results();
    // The second best accuracy, so that some model is above the floor and some other may be below.
    const accuracies = [...new Set(points.map((point) => point.validationAccuracy))].sort((a, b) => b - a);
    const floor = Math.floor(1000 * (accuracies[1] ?? accuracies[0]!)) / 1000;
    const smallest = selectSmallest(points, floor)!;
    await panel().getByLabel('Accuracy floor').fill(String(floor));
    await panel().getByLabel('Accuracy floor').press('Enter');
    await floorAnswer()
      .filter({ hasText: `rank ${smallest.rank}:` })
      .waitFor();
    const text = await floorAnswer().innerText();
    assert.ok(text.includes(floor.toFixed(3)) && text.includes(smallest.validationAccuracy.toFixed(3)), text);
    assert.match(text, /times smaller/);
    assert.ok(smallest.storageBytes < baseline!.storageBytes / 2);
    await panel().locator(`tr.selected[data-row="task-k${smallest.rank}"]`).waitFor();
    await picture('6-smallest-above-the-floor');
  });

  it('shows which sentences have changed', async () => {
    const changed = panel().locator('section', {
      has: panel().getByRole('heading', { name: 'What changed' }),
    });
    await changed.scrollIntoViewIfNeeded();
    const summary = changed.locator('.summary');
    await summary.filter({ hasText: 'test sentences' }).waitFor();
    const text = await summary.innerText();
    const count = Number(/sentences (\d+) changed/.exec(text)?.[1] ?? 0);
    if (count > 0) assert.equal(await changed.locator('table.flips tbody tr').count(), count);
    assert.match(await changed.innerText(), /Confusion before[\s\S]*Confusion after/i);
    await picture('7-what-changed');
  });

  it('tries a sentence on both models', async () => {
    const box = panel().getByLabel('Sentence to classify');
    await box.scrollIntoViewIfNeeded();
    await box.fill('Congratulations, you have won a free holiday, click here to claim the money');
    await box.press('Enter');
    const answers = panel().locator('article.answer');
    await answers.nth(1).waitFor();
    assert.equal(await answers.locator('.figure', { hasText: /^(spam|ham)$/ }).count(), 2);
    assert.match(await answers.nth(1).innerText(), /\d ms/);
    await answers.nth(1).scrollIntoViewIfNeeded();
    await picture('8-try-a-sentence');
  });

  it('exports the model, ready to use', async () => {
    const { workbench, page, folder } = opened;
    const button = panel().locator('vscode-button', { hasText: 'Export…' });
    await button.scrollIntoViewIfNeeded();
    await button.click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'TensorFlow.js' }).waitFor();
    await page.keyboard.press('Enter');
    const fold = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Fold the second factor' });
    await fold.click();
    const storage = page.locator('.quick-input-list .monaco-list-row', { hasText: 'uint8' });
    await storage.waitFor();
    await picture('9-storage');
    await storage.click();
    const dialog = page.locator('.quick-input-widget', { hasText: 'Export Here' });
    await dialog.waitFor();
    await picture('10-export');
    await dialog.locator('.monaco-button', { hasText: 'Export Here' }).click();
    await workbench.notification('the model is in').waitFor();
    await workbench
      .notification(/Accuracy on \d+ test sentences: 0\.\d+, before the rounding 0\.\d+/)
      .waitFor();
    await picture('11-exported');
    const name = (await readdir(folder)).find((entry) => entry.startsWith('spam-filter-'));
    assert.ok(name);
    const manifest = await readFile(join(folder, name, 'model.json'), 'utf8');
    assert.match(manifest, /"quantization":\{"dtype":"uint8"/);
    const card = await readFile(join(folder, name, 'README.md'), 'utf8');
    assert.equal(card.split('\n')[0]!.replaceAll('\\', ''), `# ${name}`);
    assert.match(card, /rounding to uint8, on \d+ test sentences/);
    // Nothing half done lies beside it.
    assert.deepEqual(
      (await readdir(folder)).filter((entry) => entry.endsWith('.tmp')),
      [],
    );
    const predicted = spawnSync(process.execPath, [
      cli,
      'predict',
      join(folder, name),
      'free money',
      '--json',
    ]);
    assert.equal(predicted.status, 0, predicted.stderr.toString());
    const { label } = JSON.parse(predicted.stdout.toString()) as { label: string };
    assert.ok(['ham', 'spam'].includes(label), label);
  });
});
