import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatus } from '../../src/process/runStatus.ts';
import { cli, eventually, useWorkbench } from '../workbench/suite.ts';

const roots = ['letters', 'reviews'];

describe('a workspace of two folders', function () {
  this.timeout(180_000);
  /** Each with a model and a recipe of the same name; `reviews` with a run that has ended. */
  const opened = useWorkbench(
    async (folder) => {
      const sample = JSON.parse(await readFile('sample/sample.press.json', 'utf8')) as object;
      const recipe = JSON.stringify({ ...sample, compress: { reductions: [0.9] }, retrain: { epochs: 1 } });
      for (const root of roots) {
        await mkdir(join(folder, root));
        await cp('sample', join(folder, root), {
          recursive: true,
          filter: (path) => !path.endsWith('.press.json'),
        });
        await writeFile(join(folder, root, 'mail.press.json'), recipe);
      }
      const workspace = { folders: roots.map((path) => ({ path })) };
      await writeFile(join(folder, 'both.code-workspace'), JSON.stringify(workspace));
      const run = spawnSync(process.execPath, [cli, 'run', join(folder, 'reviews/mail.press.json')]);
      assert.equal(run.status, 0, run.stderr.toString());
    },
    { opens: 'both.code-workspace' },
  );

  async function runs(root: string): Promise<string[]> {
    return readdir(join(opened.folder, root, '.embedding-press/runs/mail')).catch(() => []);
  }

  /** The runs of both folders, once one more has ended. */
  async function ended(root: string, count: number): Promise<void> {
    await eventually(
      `${count} runs in ${root} are done`,
      async () => {
        const names = await runs(root);
        assert.equal(names.length, count);
        for (const name of names) {
          const path = join(opened.folder, root, '.embedding-press/runs/mail', name, 'status.json');
          assert.equal((JSON.parse(await readFile(path, 'utf8')) as RunStatus).state, 'done');
        }
        return true;
      },
      60_000,
    );
  }

  it('lists the models of each folder', async () => {
    const { workbench, row, page } = opened;
    await workbench.openView('Embedding Press');
    for (const root of roots) await row(`${root}, folder`).waitFor();
    const models = page.locator('.pane-body .monaco-list-row[aria-label*="99 % embedding"]');
    await eventually('both are listed', async () => ((await models.count()) === 2 ? true : undefined));
  });

  it('lists the runs with their folders, and runs a recipe in its own', async () => {
    const { workbench, page } = opened;
    const run = (root: string) =>
      page.locator(`.pane-body .monaco-list-row[aria-label^="mail, done"][aria-label$=", ${root}"]`).first();
    await run('reviews').waitFor();
    await workbench.runCommand('Embedding Press: Run Recipe');
    await workbench.pick('mail.press.json, letters');
    await run('letters').waitFor({ timeout: 60_000 });
    await ended('letters', 1);
    assert.equal((await runs('reviews')).length, 1);
  });

  it('provides the tasks of both folders, each of which runs in its own', async () => {
    const { workbench, page } = opened;
    await workbench.runCommand('Tasks: Run Task');
    const all = page.locator('.quick-input-list .monaco-list-row[aria-label^="Show All Tasks"]');
    const task = page.locator('.quick-input-list .monaco-list-row[aria-label*="run mail"]');
    await all.or(task).first().waitFor();
    if ((await task.count()) === 0) await all.click();
    await eventually('both are offered', async () => ((await task.count()) === 2 ? true : undefined));
    await task.filter({ hasText: 'reviews' }).click();
    await workbench.terminalShows('uncompressed', 60_000);
    await ended('reviews', 2);
    assert.equal((await runs('letters')).length, 1);
  });
});
