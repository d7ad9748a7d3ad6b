import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { useWorkbench } from '../workbench/suite.ts';

describe('a model’s page', function () {
  this.timeout(90_000);
  const opened = useWorkbench(async (folder) => {
    await cp('sample/model', join(folder, 'spam-filter'), { recursive: true });
    await cp('sample/messages.tsv', join(folder, 'messages.tsv'));
  });

  it('opens from the explorer’s menu, with its layers', async () => {
    const { workbench } = opened;
    await workbench.openView('Explorer');
    await workbench.treeRow('spam-filter').click();
    await workbench.contextMenu(workbench.treeRow('model.json'), 'Show Model');
    const page = workbench.webviewFrame();
    await page.locator('h1', { hasText: 'spam-filter' }).waitFor();
    const layers = page.locator('tr', { hasText: 'embedding/table' });
    assert.match(await layers.first().innerText(), /3,?\d{3} × 32/);
  });

  it('draws what each rank keeps', async () => {
    const page = opened.workbench.webviewFrame();
    const spectrum = page.locator('section', { has: page.getByText('Spectrum of the embedding') });
    await spectrum.locator('.figure', { hasText: /Of 32 ranks, \d+ keep half of the table/ }).waitFor();
    await spectrum.scrollIntoViewIfNeeded();
    const document = await opened.workbench.webviewDocument();
    const drawn = await document.evaluate<boolean>(`(() => {
      const canvas = document.querySelector('[aria-labelledby="spectrum-title"] canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    })()`);
    assert.ok(drawn);
  });

  it('starts the questions', async () => {
    const { workbench, page } = opened;
    const button = workbench.webviewFrame().locator('vscode-button', { hasText: 'Compress…' });
    await button.scrollIntoViewIfNeeded();
    await button.click();
    await workbench.quickTitle().filter({ hasText: 'Compress spam-filter' }).waitFor();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'messages.tsv' }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('opens by “Open With…” too, and goes back to the text', async () => {
    const { workbench, page } = opened;
    await workbench.webviewFrame().locator('vscode-button', { hasText: 'Open as Text' }).click();
    await page.locator('.monaco-editor .view-line', { hasText: 'modelTopology' }).first().waitFor();
    await workbench.runCommand('View: Reopen Editor With...');
    await workbench.pick('Embedding Press');
    await workbench.webviewFrame().locator('h1', { hasText: 'spam-filter' }).waitFor();
  });
});
