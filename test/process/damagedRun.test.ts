import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { finishedTrials } from '../../src/process/finishedTrials.ts';
import { followRun } from '../../src/process/followRun.ts';
import { cancelRun } from '../../src/process/launcher.ts';
import { readFrozenRecipe, runPaths, runsOf } from '../../src/process/runFolder.ts';
import { listRuns, readStatus } from '../../src/process/runStatus.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';
import { resumeFake, startFake, waitFor } from './runs.ts';

describe('a run whose files are damaged', () => {
  let scripts: string;
  before(async () => {
    scripts = await bundleScripts('fake');
  });
  after(() => rm(scripts, { recursive: true, force: true }));

  it('is refused by the file and the line at fault, and goes on once it is mended', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { epochMs: 100 });
      await waitFor(runFolder, ({ epochsDone }) => epochsDone > 1);
      await cancelRun(runFolder);
      assert.equal((await followRun(runFolder, () => undefined)).state, 'cancelled');

      const { events, status, recipe, results } = runPaths(runFolder);
      const lines = (await readFile(events, 'utf8')).split('\n');
      await writeFile(events, lines.with(2, lines[2]!.slice(0, -5)).join('\n'));
      await assert.rejects(
        resumeFake(scripts, runFolder, {}),
        (error) =>
          error instanceof UserError && error.format().startsWith(`${events}:3: The line is no JSON`),
      );
      await writeFile(events, lines.join('\n'));
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');

      const readers = [
        [status, () => readStatus(runFolder)],
        [results, () => finishedTrials(runFolder)],
        [recipe, () => readFrozenRecipe(runFolder)],
      ] as const;
      for (const [file, read] of readers) {
        const text = await readFile(file, 'utf8');
        for (const damaged of [text.slice(0, -9), '', '7', '['.repeat(5000)]) {
          await writeFile(file, damaged);
          await assert.rejects(read(), { code: 'damaged-run', place: { file } });
        }
        await writeFile(file, text);
      }
      await writeFile(status, '{');
      const [listed] = await listRuns(runsOf(runFolder));
      assert.equal(listed?.folder, runFolder);
      assert.equal(listed.status.state, 'failed');
      assert.equal(listed.status.recipe, basename(dirname(runFolder)));
      assert.equal(listed.status.error?.code, 'damaged-run');
      assert.deepEqual(listed.status.error.place, { file: status });
    }));
});
