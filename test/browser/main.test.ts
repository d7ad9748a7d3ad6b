import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Results } from '../../src/core/sweep/trial.ts';
import { eventually, pictureOfFailure } from '../workbench/suite.ts';
import { openWorkbench, type Workbench } from '../workbench/workbench.ts';

const vsix = 'out/embedding-press.vsix';
const shared = resolve('../shared/datasets');
const vectors = resolve('.cache/data/glove.6B.100d.bin');
const hasSentences = existsSync(shared) && existsSync(vectors);

/** The folder that a user opens: a model, SST-2's sentences, and a recipe of another model. */
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sentiment-'));
  await cp('sample', join(folder, 'mail'), { recursive: true });
  if (!hasSentences) return folder;
  for (const [from, to] of [
    ['train', 'train.txt'],
    ['dev', 'dev.txt'],
    ['test', 'test.txt'],
  ] as const) {
    await cp(join(shared, `stsa.binary.${from}`), join(folder, to));
  }
  const part = (path: string): object => ({ path, format: 'label-text' });
  const recipe = {
    train: { architecture: 'dan', embedding: { vectors } },
    text: { tokenizer: 'whitespace' },
    data: { train: part('train.txt'), validation: part('dev.txt'), test: part('test.txt') },
    output: 'models',
  };
  await writeFile(join(folder, 'train.press.json'), JSON.stringify(recipe));
  const run = spawnSync(process.execPath, ['dist/cli.cjs', 'run', join(folder, 'train.press.json')]);
  assert.equal(run.status, 0, run.stderr.toString());
  await rm(join(folder, 'train.press.json'));
  await rm(join(folder, '.embedding-press'), { recursive: true });
  return folder;
}

async function resultsOf(folder: string, recipe: string): Promise<Results> {
  const runs = join(folder, '.embedding-press/runs', recipe);
  const [newest] = (await readdir(runs)).sort().reverse();
  return JSON.parse(await readFile(join(runs, newest!, 'results.json'), 'utf8')) as Results;
}

describe('the workbench', function () {
  this.timeout(180_000);
  let folder = '';
  let workbench: Workbench;

  before(async () => {
    folder = await makeFolder();
    workbench = await openWorkbench({ folder, vsix });
  });

  afterEach(async function () {
    await pictureOfFailure(workbench, this.currentTest);
  });

  after(async () => {
    await workbench.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** The panel's table once the run is done, row by row. */
  async function table(): Promise<Map<string, string[]>> {
    const frame = workbench.webviewFrame();
    await frame.locator('header', { hasText: 'Done' }).waitFor({ timeout: 120_000 });
    const rows = new Map<string, string[]>();
    for (const row of await frame.locator('tr[data-row]').all()) {
      rows.set((await row.getAttribute('data-row'))!, await row.locator('td, th').allTextContents());
    }
    return rows;
  }

  it('compresses a model from the explorer’s menu and shows every point in the panel', async function () {
    if (!hasSentences) this.skip();
    await workbench.openView('Explorer');
    await workbench.treeRow('models').click();
    const model = workbench.treeRow('model.json');
    await model.waitFor();
    await workbench.contextMenu(model, 'Compress Model…');
    await workbench.pick('train.txt');
    // The reductions, some of them chosen already.
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: '98 %' }).waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.pick('test.txt');

    const rows = await table();
    // The recipe lies beside the model's folder, and is named after it.
    const results = await resultsOf(join(folder, 'models'), 'uncompressed');
    assert.deepEqual(
      [...rows.keys()].sort(),
      ['baseline', 'control', ...results.points.map(({ setting }) => setting!)].sort(),
    );
    assert.ok(results.points.length >= 5 && results.baseline!.testAccuracy! > 0.78);
    for (const { rank, testAccuracy } of results.points) {
      assert.ok(testAccuracy! > results.baseline!.testAccuracy! - 0.03, `rank ${rank}: ${testAccuracy}`);
    }
    // The rows are drawn some time after the heading.
    await eventually('every row has the figures of the results', async () => {
      const shown = await table();
      for (const { setting, validationAccuracy, testAccuracy } of results.points) {
        const cells = shown.get(setting!)!.join(' ');
        assert.ok(cells.includes(validationAccuracy.toFixed(3)), `${cells} lacks ${validationAccuracy}`);
        assert.ok(cells.includes(testAccuracy!.toFixed(3)), `${cells} lacks ${testAccuracy}`);
      }
      return true;
    });
    await workbench.notification('is done').waitFor();
  });

  it('has the panel and the run again after the window is reloaded', async function () {
    if (!hasSentences) this.skip();
    await workbench.reload();
    assert.ok((await table()).size >= 7);
    await workbench.openView('Embedding Press');
    await workbench.treeRow('done').waitFor();
  });

  it('runs a recipe as a task, whose progress the terminal shows', async () => {
    await workbench.runTask('sample');
    const text = await workbench.terminalShows(/spectrum-k1 +1 .*\n/, 60_000);
    assert.match(text, /uncompressed/);
    const results = await resultsOf(join(folder, 'mail'), 'sample');
    assert.equal(results.points.length, 10);
  });

  it('opens the sample from the palette', async () => {
    await workbench.runCommand('Embedding Press: Try the Sample');
    await workbench.pick("In the Extension's Own Storage");
    await workbench.webviewFrame().locator('h1', { hasText: 'sample' }).waitFor();
    const rows = await table();
    assert.deepEqual([rows.size, rows.has('task-k1')], [12, true]);
  });
});
