import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { violationsOf } from '../workbench/axe.ts';
import { drawModels } from '../workbench/modelPreview.ts';
import { drawPanels } from '../workbench/panelPreview.ts';
import { cli, useWorkbench } from '../workbench/suite.ts';
import type { ThemeName } from '../workbench/workbench.ts';

const themes: readonly ThemeName[] = [
  'Dark Modern',
  'Light Modern',
  'Dark High Contrast',
  'Light High Contrast',
];

describe('accessibility of the webviews', function () {
  this.timeout(120_000);
  const opened = useWorkbench(async (folder) => {
    await cp('sample', folder, { recursive: true });
    const run = spawnSync(process.execPath, [cli, 'run', join(folder, 'sample.press.json')]);
    assert.equal(run.status, 0, run.stderr.toString());
  });

  it('axe finds nothing in the panel, in any theme', async () => {
    const { workbench, row } = opened;
    await workbench.openView('Embedding Press');
    await row('sample, done').click();
    const panel = workbench.webviewFrame();
    await panel.locator('.summary', { hasText: 'test sentences' }).waitFor();
    await panel.getByLabel('Sentence to classify').fill('free money');
    await panel.getByLabel('Sentence to classify').press('Enter');
    await panel.locator('article.answer').nth(1).waitFor();
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await panel.locator(`body.${classOf(theme)}`).waitFor();
      assert.deepEqual(await violationsOf(await workbench.webviewDocument()), [], theme);
    }
  });

  it('axe finds nothing in a model’s page, in any theme', async () => {
    const { workbench, row } = opened;
    await row('model, 99 % embedding').click();
    const page = workbench.webviewFrame();
    await page.locator('.figure', { hasText: 'keep half of the table' }).waitFor();
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await page.locator(`body.${classOf(theme)}`).waitFor();
      assert.deepEqual(await violationsOf(await workbench.webviewDocument()), [], theme);
    }
  });
});

/** What a workbench does not easily show; the richest pages in each theme. */
const panels = [
  ...inEachTheme('running'),
  ...inEachTheme('classes-20'),
  'compared-light-900',
  'texts-light-400',
  'failed-high-contrast-400',
];
const models = [
  ...inEachTheme('large'),
  ...inEachTheme('deep'),
  'broken-light-900',
  'untrusted-high-contrast-400',
];

function inEachTheme(sample: string): string[] {
  return ['dark-400', 'light-900', 'high-contrast-1600'].map((look) => `${sample}-${look}`);
}

describe('accessibility of the pages in other states', function () {
  this.timeout(240_000);

  it('the panel is drawn without a fault', async () => {
    await checkDrawn(
      drawPanels(({ name }) => panels.includes(name)),
      panels,
    );
  });

  it('the model’s page is drawn without a fault', async () => {
    await checkDrawn(
      drawModels(({ name }) => models.includes(name)),
      models,
    );
  });
});

async function checkDrawn(
  drawn: AsyncIterable<readonly [name: string, problems: readonly string[]]>,
  expected: readonly string[],
): Promise<void> {
  const names: string[] = [];
  for await (const [name, problems] of drawn) {
    assert.deepEqual(problems, [], name);
    names.push(name);
  }
  assert.deepEqual(names.sort(), [...expected].sort());
}

function classOf(theme: ThemeName): string {
  switch (theme) {
    case 'Dark Modern':
      return 'vscode-dark';
    case 'Light Modern':
      return 'vscode-light';
    case 'Dark High Contrast':
      return 'vscode-high-contrast:not(.vscode-high-contrast-light)';
    case 'Light High Contrast':
      return 'vscode-high-contrast-light';
  }
}
