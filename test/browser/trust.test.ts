import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cli, useWorkbench } from '../workbench/suite.ts';

describe('in Restricted Mode', function () {
  this.timeout(120_000);
  const opened = useWorkbench(
    async (folder) => {
      await mkdir(join(folder, 'empty'));
      await cp('sample/model', join(folder, 'model'), { recursive: true });
      await cp('sample/messages.tsv', join(folder, 'messages.tsv'));
      const recipe = {
        model: 'model',
        data: { train: { path: 'messages.tsv', format: 'tsv' } },
        compress: { reductions: [0.9] },
        retrain: { epochs: 1 },
      };
      await writeFile(join(folder, 'mail.press.json'), JSON.stringify(recipe));
      const run = spawnSync(process.execPath, [cli, 'run', join(folder, 'mail.press.json')]);
      assert.equal(run.status, 0, run.stderr.toString());
      await stopAfterTheFact(folder);
    },
    { trusted: false, settings: { 'security.workspace.trust.startupPrompt': 'never' } },
  );

  it('the models and the runs of the workspace are listed', async () => {
    const { workbench, row } = opened;
    await workbench.openView('Embedding Press');
    await row('model, 99 % embedding').waitFor();
    await row('mail, cancelled, 3 models').waitFor();
  });

  it('a model is shown, and why it is not compressed', async () => {
    const { workbench, row } = opened;
    await row('model, 99 % embedding').click();
    const page = workbench.webviewFrame();
    await page.getByText('Trust this workspace to compress the model.').waitFor();
    await page.getByText('Trust this workspace to have the spectrum computed').waitFor();
    const compress = page.locator('vscode-button', { hasText: 'Compress…' });
    assert.notEqual(await compress.getAttribute('disabled'), null);
  });

  it('a run is shown, and is not resumed', async () => {
    const { workbench, row } = opened;
    await row('mail, cancelled').click();
    const page = workbench.webviewFrame();
    await page.locator('tr[data-row="baseline"]').waitFor();
    await page.locator('vscode-button', { hasText: 'Resume' }).click();
    await workbench.notification('No run is started in a workspace that is not trusted.').waitFor();
    await row('mail, cancelled').waitFor();
  });

  it('no command that starts something is offered', async () => {
    const { workbench } = opened;
    for (const command of ['Run Recipe', 'Compress Model…', 'New Recipe…', 'Resume Run', 'Run Again'])
      assert.equal(await workbench.offers(`Embedding Press: ${command}`), false, command);
    for (const command of ['Open Panel', 'Show Model', 'Show Log'])
      assert.equal(await workbench.offers(`Embedding Press: ${command}`), true, command);
  });

  it('empty views say why nothing can be started', async () => {
    const { workbench, page, folder } = opened;
    await workbench.openFolder(join(folder, 'empty'));
    await workbench.openView('Embedding Press');
    const welcome = page.locator('.welcome-view-content');
    await welcome.filter({ hasText: 'To start a run, trust this workspace' }).waitFor();
    await welcome.filter({ hasText: 'No run is started in Restricted Mode' }).waitFor();
    await welcome.locator('.monaco-button', { hasText: 'Manage Workspace Trust' }).last().click();
    await page.getByText('You are in Restricted Mode').waitFor();
  });
});

/** Has the run say that it was cancelled, so that it could be resumed. */
async function stopAfterTheFact(folder: string): Promise<void> {
  const runs = join(folder, '.embedding-press/runs/mail');
  const [run] = await readdir(runs);
  const path = join(runs, run!, 'status.json');
  const status = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...status, state: 'cancelled' }));
}
