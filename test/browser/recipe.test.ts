import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { eventually, useWorkbench } from '../workbench/suite.ts';

const typed = `{
  "model": "model",
  "data": { "train": { "path": "messages.tsv", "format": "tsv" } },
  "compress": {
    "reductoins": [0.9]
  },
  "retrain": { "epochs": 1 }
}
`;

/** The editor adds nothing to what is typed. */
const asTyped = {
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoIndent': 'none',
};

describe('a recipe in the editor', function () {
  this.timeout(90_000);
  const opened = useWorkbench(
    async (folder) => {
      await cp('sample/model', join(folder, 'model'), { recursive: true });
      await cp('sample/messages.tsv', join(folder, 'messages.tsv'));
      await writeFile(join(folder, 'mail.press.json'), '');
    },
    { settings: asTyped },
  );
  const line = (text: string) => opened.page.locator('.monaco-editor .view-line', { hasText: text }).first();
  const word = (text: string) => line(text).locator('span', { hasText: text }).last();
  /** One that was there before a change may still be, out of sight. */
  const lens = (text: string | RegExp) =>
    opened.page.locator('.codelens-decoration a:visible', { hasText: text }).first();
  const saved = () => readFile(join(opened.folder, 'mail.press.json'), 'utf8');

  it('has its misspelt field marked as it is typed', async () => {
    const { workbench, page } = opened;
    await workbench.openFile('mail.press.json');
    await page.locator('.monaco-editor .view-lines').click();
    await page.locator('.monaco-editor.focused').waitFor();
    await page.keyboard.insertText(typed);
    await line('reductoins').waitFor();
    await workbench.runCommand('Problems: Focus on Problems View');
    await page.locator('.markers-panel .monaco-list-row', { hasText: 'reductoins' }).first().waitFor();
  });

  it('is mended by a quick fix', async () => {
    const { page } = opened;
    const fix = page.locator('.action-widget .monaco-list-row', { hasText: 'Change to "reductions"' });
    // A list that opens before the fix is known does not get it.
    await eventually('the fix is offered', async () => {
      await word('reductoins').click({ timeout: 3000 });
      await page.keyboard.press('Control+.');
      await fix.click({ timeout: 3000 });
      return true;
    });
    await line('"reductions"').waitFor();
    await page.keyboard.press('Control+s');
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor({ state: 'detached' });
    const mended = typed.replace('reductoins', 'reductions');
    await eventually('it is saved', async () => ((await saved()) === mended ? true : undefined));
  });

  it('has its fields completed', async () => {
    const { page } = opened;
    await line('"reductions"').click();
    await page.keyboard.press('Home');
    await page.keyboard.press('Control+Space');
    const suggestions = page.locator('.suggest-widget.visible .monaco-list-row');
    // The first of the list, which is longer than what is drawn.
    await suggestions.filter({ hasText: 'bits' }).first().waitFor();
    await suggestions.filter({ hasText: 'method' }).first().waitFor();
    await page.keyboard.press('Escape');
  });

  it('tells of a reduction what it does', async () => {
    const { page } = opened;
    const hover = page.locator('.monaco-hover:visible', { hasText: 'Rank 3 removes' }).first();
    await eventually('the hover is there', async () => {
      await page.mouse.move(0, 0);
      await word('0.9').hover({ timeout: 3000 });
      await hover.waitFor({ timeout: 3000 });
      // The FLOPs are there once the data's length has been measured, which the first hover may not await.
      assert.match(await hover.innerText(), /Embedding[\s\S]*kB[\s\S]*FLOPs a sentence/);
      return true;
    });
    await page.mouse.move(0, 0);
  });

  it('is estimated, and run, from its lenses', async () => {
    const { workbench, page } = opened;
    // They come above the first line, which stays where it is on the screen: they may be out of sight.
    await eventually('the lens is clicked', async () => {
      await line('"reductions"').click({ timeout: 3000 });
      await page.mouse.wheel(0, -1000);
      await lens('Estimate').click({ timeout: 3000 });
      return true;
    });
    await lens(/\d+ models/).waitFor({ timeout: 60_000 });
    await lens('Run').click();
    await workbench.webviewFrame().locator('h1', { hasText: 'mail' }).waitFor();
    await workbench.notification('mail is done').waitFor({ timeout: 60_000 });
    await workbench.dismissNotifications();
  });

  it('is written by “New Recipe…” from the answers', async () => {
    const { workbench, page, folder } = opened;
    await workbench.runCommand('Embedding Press: New Recipe…');
    await workbench.pick('Compress a Model');
    await workbench.pick('model');
    await workbench.pick('messages.tsv');
    await workbench.pick('Compare Methods');
    const list = page.locator('.quick-input-list .monaco-list-row');
    await list.filter({ hasText: 'Product quantization' }).waitFor();
    await page.keyboard.press('Enter');
    await list.filter({ hasText: '95 %' }).waitFor();
    await page.keyboard.press('Enter');
    await workbench.pick('No Test Data');
    const box = page.locator('.quick-input-widget');
    await box.filter({ hasText: 'The name of the recipe' }).waitFor();
    await workbench.quickInput().fill('mail');
    await box.filter({ hasText: 'mail.press.json is there already.' }).waitFor();
    await workbench.answer('small');
    await page.locator('.tab.active[data-resource-name="small.press.json"]').waitFor();
    const path = join(folder, 'small.press.json');
    const recipe = parseRecipe(await readFile(path, 'utf8'), path);
    const [compress] = recipe.compress;
    assert.ok(compress?.method === 'low-rank');
    assert.deepEqual(compress.reductions, [0.5, 0.7, 0.9, 0.95]);
    assert.equal(recipe.model, join(folder, 'model'));
  });

  it('is written by “New Recipe…” for a search', async () => {
    const { workbench, page, folder } = opened;
    await workbench.runCommand('Embedding Press: New Recipe…');
    await workbench.pick('Compress a Model');
    await workbench.pick('model');
    await workbench.pick('messages.tsv');
    await workbench.pick('Search for the Smallest Model');
    const box = page.locator('.quick-input-widget');
    await box.filter({ hasText: 'How much validation accuracy may be lost?' }).waitFor();
    await workbench.quickInput().fill('much');
    await box.filter({ hasText: 'A number from 0 to below 1' }).waitFor();
    await workbench.answer('1 %');
    await box.filter({ hasText: 'How many minutes' }).waitFor();
    await workbench.answer('2');
    await workbench.pick('No Test Data');
    await box.filter({ hasText: 'The name of the recipe' }).waitFor();
    await workbench.answer('searched');
    await page.locator('.tab.active[data-resource-name="searched.press.json"]').waitFor();
    const path = join(folder, 'searched.press.json');
    const recipe = parseRecipe(await readFile(path, 'utf8'), path);
    assert.deepEqual(recipe.search, { minutes: 2, loseAtMost: 0.01 });
  });
});
