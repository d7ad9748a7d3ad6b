import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { followRun } from '../../src/process/followRun.ts';
import { resumeRun, startRun } from '../../src/process/launcher.ts';
import { runPaths } from '../../src/process/runFolder.ts';
import { readWrittenStatus } from '../../src/process/runStatus.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';
import { figures, waitFor, writeRecipe, type RecipeChange } from './runs.ts';

/** Enough epochs to be killed in the middle of. */
const longer: RecipeChange = (json) => {
  json.retrain = { epochs: 12, seeds: [1], batchSize: 8 };
};

describe('a run that trains', function () {
  this.timeout(60_000);
  let scripts: string;

  before(async () => {
    scripts = await bundleScripts('real');
  });

  after(async () => {
    await rm(scripts, { recursive: true, force: true });
  });

  it('ends with the same numbers after kill -9 of its supervisor as undisturbed', () =>
    withTemporaryFolder(async (folder) => {
      const options = { engine: 'wasm', jobs: 1, scripts } as const;
      const recipe = await writeRecipe(folder, longer);
      const whole = await startRun(recipe, options);
      assert.equal((await followRun(whole.runFolder, () => undefined)).state, 'done');

      const killed = await startRun(recipe, options);
      let epochs = 0;
      const reader = new AbortController();
      await followRun(
        killed.runFolder,
        (events) => {
          // The first epochs of a point: its baseline is done, it is not.
          epochs += events.filter((event) => event.type === 'epoch' && event.trial.startsWith('task')).length;
          if (epochs < 2 || reader.signal.aborted) return;
          process.kill(killed.pid, 'SIGKILL');
          reader.abort();
        },
        reader.signal,
      );
      const left = await waitFor(killed.runFolder, ({ state }) => state !== 'running');
      assert.equal(left.state, 'interrupted');
      await resumeRun(killed.runFolder, options);
      const { state, engine } = await followRun(killed.runFolder, () => undefined);
      assert.deepEqual([state, engine], ['done', 'wasm']);
      assert.deepEqual(await figures(killed.runFolder), await figures(whole.runFolder));
      assert.ok(!existsSync(runPaths(killed.runFolder).data));

      for (const model of ['uncompressed', 'task-k1', 'task-k4']) {
        const [one, other] = await Promise.all(
          [killed, whole].map(async ({ runFolder }) => {
            const models = (await readWrittenStatus(runFolder))!.models!;
            return readCheckpoint(join(models, model));
          }),
        );
        assert.deepEqual(one!.weights, other!.weights);
      }
    }));

  it('leaves the model that it compresses as it was, also where its output is beside it', () =>
    withTemporaryFolder(async (folder) => {
      const options = { engine: 'wasm', jobs: 1, scripts } as const;
      const training = await writeRecipe(folder, (json) => {
        delete json.compress;
        json.output = 'models';
      });
      const trained = await startRun(training, options);
      assert.equal((await followRun(trained.runFolder, () => undefined)).state, 'done');
      const model = join(folder, 'models/uncompressed/model.json');
      const before = await stat(model);

      const compressing = await writeRecipe(folder, (json) => {
        delete json.train;
        json.model = 'models/uncompressed';
        json.output = 'models';
      });
      const run = await startRun(compressing, options);
      assert.equal((await followRun(run.runFolder, () => undefined)).state, 'done');
      assert.deepEqual((await readdir(join(folder, 'models'))).sort(), [
        'task-k1',
        'task-k4',
        'uncompressed',
      ]);
      const after = await stat(model);
      assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
    }));
});
