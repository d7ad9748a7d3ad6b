import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatus } from '../../src/process/runStatus.ts';
import { eventually, useWorkbench } from '../workbench/suite.ts';
import type { Workbench } from '../workbench/workbench.ts';

describe('two windows on one folder', function () {
  this.timeout(180_000);
  const opened = useWorkbench(async (folder) => {
    await cp('sample', folder, { recursive: true });
    const recipe = JSON.parse(await readFile(join(folder, 'sample.press.json'), 'utf8')) as object;
    await rm(join(folder, 'sample.press.json'));
    const long = { ...recipe, compress: { reductions: [0.9] }, retrain: { epochs: 10_000, batchSize: 4 } };
    await writeFile(join(folder, 'long.press.json'), JSON.stringify(long));
  });
  let second: Workbench;

  before(async () => {
    second = await opened.workbench.openWindow(opened.folder);
    for (const window of [opened.workbench, second]) await window.openView('Embedding Press');
  });

  /** Oldest first. */
  async function statuses(): Promise<RunStatus[]> {
    const runs = join(opened.folder, '.embedding-press/runs/long');
    const names = (await readdir(runs)).sort();
    return Promise.all(
      names.map(
        async (name) => JSON.parse(await readFile(join(runs, name, 'status.json'), 'utf8')) as RunStatus,
      ),
    );
  }

  async function start(window: Workbench): Promise<void> {
    await window.runCommand('Embedding Press: Run Recipe');
    await window.pick('long.press.json');
    await window.webviewFrame().locator('header', { hasText: 'Running' }).waitFor();
    // Two panels of so fast runs take most of a small machine.
    await window.runCommand('View: Close All Editors');
  }

  it('both show a run that one of them has started', async () => {
    await start(opened.workbench);
    for (const window of [opened.workbench, second]) {
      await window.row('long, running, 1 of 3 models').waitFor();
      await window.statusBarItem('Embedding Press: long').waitFor();
    }
  });

  it('a start of the same recipe in the other is a run of its own', async () => {
    await start(second);
    await eventually('both go on', async () => {
      const [first, other, ...more] = await statuses();
      assert.deepEqual(more, []);
      assert.ok(first && other && first.pid !== other.pid);
      return first.state === 'running' && other.state === 'running' && other.trials.length > 0
        ? true
        : undefined;
    });
    for (const window of [opened.workbench, second]) {
      await window.statusBarItem('1 more').waitFor();
      const rows = window.page.locator('.pane-body .monaco-list-row[aria-label^="long, running"]');
      await eventually('both are listed', async () => ((await rows.count()) === 2 ? true : undefined));
      const label = (): Promise<string | null> => rows.first().getAttribute('aria-label');
      const before = await label();
      await eventually('its row is kept up to date', async () =>
        (await label()) === before ? undefined : true,
      );
    }
  });

  it('a run that is cancelled in one of them is seen to end in both', async () => {
    await second.row('long, running').hover();
    await second.row('long, running').locator('a.action-label[aria-label^="Cancel Run"]').click();
    // At the same time: a notification goes away by itself.
    await Promise.all(
      [opened.workbench, second].map(async (window) => {
        await window.notification('long was cancelled').waitFor();
        await window.row('long, cancelled').waitFor();
      }),
    );
    for (const window of [opened.workbench, second]) await window.dismissNotifications();
    assert.deepEqual((await statuses()).map(({ state }) => state).sort(), ['cancelled', 'running']);
  });

  it('a run that both resume at the same time goes on once', async () => {
    const windows = [opened.workbench, second];
    for (const window of windows) await window.runCommand('Embedding Press: Resume Run');
    await Promise.all(windows.map((window) => window.pick('long')));
    await eventually('both runs go on', async () =>
      (await statuses()).every(({ state }) => state === 'running') ? true : undefined,
    );
    for (const window of windows) await window.row('long, cancelled').waitFor({ state: 'detached' });
    // The slower one is told, and nothing is a failure of the program.
    const said = (await Promise.all(windows.map((window) => window.notifications()))).flat();
    assert.ok(
      said.every((message) => message.includes('The run is going on.')),
      said.join('\n'),
    );
  });
});
