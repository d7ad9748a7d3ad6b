import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Results } from '../../src/core/sweep/trial.ts';
import type { RunStatus } from '../../src/process/runStatus.ts';
import { cli, eventually, useWorkbench } from '../workbench/suite.ts';

describe('tasks in the workbench', function () {
  this.timeout(120_000);
  const opened = useWorkbench(async (folder) => {
    await cp('sample/model', join(folder, 'model'), { recursive: true });
    const messages = await readFile('sample/messages.tsv', 'utf8');
    await writeFile(join(folder, 'messages.tsv'), messages);
    const rows = messages.split('\n');
    rows[41] = `${rows[41]}\ta third column`;
    await writeFile(join(folder, 'planted.tsv'), rows.join('\n'));
    await writeRecipe(folder, 'planted', { train: 'planted.tsv', epochs: 1 });
    await writeRecipe(folder, 'stopped', { train: 'messages.tsv', epochs: 40 });
    await runAndCancel(folder);
    const [run] = await runs(folder);
    const task = {
      label: 'go on',
      type: 'embedding-press',
      resume: join('.embedding-press/runs/stopped', run!),
    };
    await mkdir(join(folder, '.vscode'));
    await writeFile(join(folder, '.vscode/tasks.json'), JSON.stringify({ version: '2.0.0', tasks: [task] }));
  });

  it('go on with a run, written by hand in tasks.json', async () => {
    const { workbench, folder } = opened;
    await workbench.runTask('go on');
    const [run, ...others] = await runs(folder);
    assert.deepEqual(others, []);
    const read = async <T>(file: string): Promise<T> =>
      JSON.parse(await readFile(join(folder, '.embedding-press/runs/stopped', run!, file), 'utf8')) as T;
    await eventually('the run is done', async () =>
      (await read<RunStatus>('status.json')).state === 'done' ? true : undefined,
    );
    const { points } = await read<Results>('results.json');
    assert.equal(points.length, 1);
  });

  it('put an error in the data among the problems, at its file and line', async () => {
    const { workbench, page } = opened;
    await workbench.runTask('run planted');
    await workbench.terminalShows('exit code: 2', 60_000);
    await workbench.runCommand('Problems: Focus on Problems View');
    const file = page.locator('.markers-panel .monaco-list-row', { hasText: 'planted.tsv' });
    await file.first().waitFor();
    const problem = page.locator('.markers-panel .monaco-list-row', { hasText: '3 columns' });
    await problem.first().waitFor();
    assert.match(await problem.first().innerText(), /Embedding Press[\s\S]*\[Ln 42, Col \d+\]/);
    await problem.first().dblclick();
    await page.locator('.tab.active[data-resource-name="planted.tsv"]').waitFor();
    await workbench.statusBarItem('Ln 42,').waitFor();
  });
});

async function runs(folder: string): Promise<string[]> {
  return readdir(join(folder, '.embedding-press/runs/stopped'));
}

/** Cancels the run of `stopped` after its first epoch. */
async function runAndCancel(folder: string): Promise<void> {
  const running = spawn(
    process.execPath,
    [cli, 'run', join(folder, 'stopped.press.json'), '--engine', 'wasm'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(running, 'close');
  for await (const text of running.stdout.setEncoding('utf8')) if (String(text).includes('epoch')) break;
  const [run] = await runs(folder);
  const cancelling = [cli, 'cancel', join(folder, '.embedding-press/runs/stopped', run!)];
  const { status, stderr } = spawnSync(process.execPath, cancelling);
  assert.equal(status, 0, stderr.toString());
  await ended;
}

async function writeRecipe(
  folder: string,
  name: string,
  { train, epochs }: { readonly train: string; readonly epochs: number },
): Promise<void> {
  const recipe = {
    model: 'model',
    data: { train: { path: train, format: 'tsv' } },
    compress: { reductions: [0.9] },
    retrain: { epochs },
  };
  await writeFile(join(folder, `${name}.press.json`), JSON.stringify(recipe, null, 2));
}
