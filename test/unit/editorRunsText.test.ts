import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAtFreeName } from '../../src/editor/makeAtFreeName.ts';
import { finishedTrials } from '../../src/process/finishedTrials.ts';
import { folderBytes } from '../../src/editor/folderBytes.ts';
import { markdownTable, tabSeparated } from '../../src/editor/tableText.ts';

describe('what is taken out of a run', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-run-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('appears whole under a free name, without what was left beside it', async () => {
    const into = join(folder, 'into');
    await mkdir(join(into, 'rank9'), { recursive: true });
    await writeFile(join(into, 'rank9-2'), 'a file of the user');
    const made = await makeAtFreeName(into, 'rank9', async (path) => {
      await mkdir(path);
      await writeFile(join(path, 'model.json'), '{}');
      await writeFile(`${path}.tmp`, 'half of it');
      assert.ok(!(await readdir(into)).includes('rank9-3'));
    });
    assert.equal(made, join(into, 'rank9-3'));
    assert.deepEqual(await readdir(made), ['model.json']);
    assert.deepEqual((await readdir(into)).sort(), ['rank9', 'rank9-2', 'rank9-3']);
    assert.equal(await readFile(join(into, 'rank9-2'), 'utf8'), 'a file of the user');
  });

  it('leaves nothing behind where it fails', async () => {
    const into = join(folder, 'into');
    await mkdir(into);
    const fails = makeAtFreeName(into, 'rank9', async (path) => {
      await writeFile(`${path}.tmp`, 'half of it');
      throw new Error('The disk is full.');
    });
    await assert.rejects(fails, /disk is full/);
    assert.deepEqual(await readdir(into), []);
  });

  it('does not count what a link leads to', async () => {
    const run = join(folder, 'run');
    await mkdir(join(run, 'deep'), { recursive: true });
    await writeFile(join(run, 'deep/a'), Buffer.alloc(1000));
    await writeFile(join(folder, 'large'), Buffer.alloc(100_000));
    await symlink(join(folder, 'large'), join(run, 'link'));
    await symlink(folder, join(run, 'loop'));
    const bytes = await folderBytes(run);
    assert.ok(bytes >= 1000 && bytes < 3000, `${bytes} bytes`);
  });

  it('is what has ended, from the events where there are no results yet', async () => {
    assert.deepEqual(await finishedTrials(folder), []);
    const result = (trial: string, validationAccuracy: number): string =>
      JSON.stringify({ type: 'result', time: 0, result: { trial, kind: 'point', validationAccuracy } });
    const step = JSON.stringify({ type: 'step', time: 0, trial: 'a', step: 1, epoch: 0, rate: 1, loss: 1 });
    // A run that is going on has torn its last line; one that was resumed tells a result twice.
    const lines = [
      step,
      result('a', 0.5),
      step,
      result('b', 0.6),
      result('a', 0.5),
      result('c', 1).slice(0, 40),
    ];
    await writeFile(join(folder, 'events.jsonl'), lines.join('\n'));
    assert.deepEqual(
      (await finishedTrials(folder)).map(({ trial }) => trial),
      ['a', 'b'],
    );
    const seeds = [{ trial: 'baseline-s1' }];
    await writeFile(
      join(folder, 'results.json'),
      JSON.stringify({ baseline: { seeds }, points: [{ trial: 'x' }] }),
    );
    assert.deepEqual(
      (await finishedTrials(folder)).map(({ trial }) => trial),
      ['baseline-s1', 'x'],
    );
  });

  it('is a table for a spreadsheet, or in markdown', () => {
    const cells = [
      ['model', 'rank'],
      ['a|b', '9'],
    ];
    assert.equal(tabSeparated(cells), 'model\trank\na|b\t9\n');
    assert.equal(markdownTable(cells), '| model | rank |\n| --- | --: |\n| a\\|b | 9 |\n');
  });
});
