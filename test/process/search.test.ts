import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Results } from '../../src/core/sweep/trial.ts';
import { followRun } from '../../src/process/followRun.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/process/launcher.ts';
import { runPaths } from '../../src/process/runFolder.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';
import {
  figures,
  readEvents,
  readResults,
  resumeFake,
  startFake,
  unfinishedFiles,
  waitFor,
  type FakeRun,
  type RecipeChange,
} from './runs.ts';

const searchFor =
  (target: Record<string, number>): RecipeChange =>
  (json) => {
    json.compress = { method: 'auto', minutes: 10, among: { ranks: [1, 2, 3, 4, 5, 6, 7, 8] }, ...target };
    json.retrain = { epochs: 3 };
  };
const byAccuracy = searchFor({ loseAtMost: 0.04 });

describe('a search for a model', () => {
  let scripts: string;
  let undisturbed: Results;

  const startSearch = (folder: string, epochMs: number, change = byAccuracy): Promise<FakeRun> =>
    startFake(scripts, folder, { epochMs }, change);

  before(async () => {
    scripts = await bundleScripts('fake');
    undisturbed = await withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 4);
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      return readResults(runFolder);
    });
  });

  after(async () => {
    await rm(scripts, { recursive: true, force: true });
  });

  it('ends with the smallest model that keeps the accuracy, which alone is tested and written', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 4);
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'done');
      const { search, points, baseline, control } = await readResults(runFolder);
      const floor = Math.max(baseline!.validationAccuracy, control!.validationAccuracy) - 0.04;
      const kept = points.filter(({ validationAccuracy }) => validationAccuracy >= floor);
      const smallest = kept.sort((a, b) => a.storageBytes - b.storageBytes)[0];
      assert.ok(smallest !== undefined && kept.length < points.length, 'the target decides something');
      assert.equal(search!.chosen, smallest.trial);
      assert.equal(search!.end, 'complete');
      assert.deepEqual(
        search!.rounds.slice(0, 2).map(({ epochs }) => epochs),
        [0, 1],
      );
      const tested = points.filter(({ testAccuracy }) => testAccuracy !== undefined);
      assert.deepEqual(
        tested.map(({ trial }) => trial),
        [smallest.trial],
      );
      assert.equal(smallest.epochs, 3);
      assert.deepEqual((await readdir(status.models!)).sort(), [smallest.setting, 'uncompressed']);
      const { checkpoints } = runPaths(runFolder);
      for (const trial of await readdir(checkpoints)) {
        assert.deepEqual(await readdir(join(checkpoints, trial)), ['best']);
      }
      assert.deepEqual(await unfinishedFiles(folder), []);
    }));

  it('ends with the most accurate model of a size', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 4, searchFor({ bytesAtMost: 3000 }));
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      const { search, points } = await readResults(runFolder);
      const chosen = points.find(({ trial }) => trial === search!.chosen);
      assert.ok(chosen !== undefined && points.length > 1 && points.length < 8);
      assert.equal(
        chosen.validationAccuracy,
        Math.max(...points.map(({ validationAccuracy }) => validationAccuracy)),
      );
    }));

  it('tries nothing, and says so, where nothing is as small', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 4, searchFor({ bytesAtMost: 10 }));
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'done');
      assert.deepEqual(await readdir(status.models!), ['uncompressed']);
      const notes = (await readEvents(runFolder)).flatMap((event) =>
        event.type === 'message' ? event.text : [],
      );
      assert.ok(notes.some((text) => text.includes('None of the models that can be tried has 10 bytes')));
    }));

  it('stops when its time is over, with the best so far and each model at its last finished epoch', () =>
    withTemporaryFolder(async (folder) => {
      // The uncompressed model and its control take 1.8 s of 3, an epoch 0.3.
      const { runFolder } = await startSearch(folder, 300, searchFor({ loseAtMost: 0.04, minutes: 0.05 }));
      await waitFor(runFolder, ({ epochsTotal }) => epochsTotal > 0);
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'done');
      const events = await readEvents(runFolder);
      const choice = events.find((event) => event.type === 'choice');
      assert.equal(choice!.end, 'time');
      assert.ok(choice!.time - events[0]!.time < 5000, `${choice!.time - events[0]!.time} ms`);
      const { search, points } = await readResults(runFolder);
      assert.equal(search!.chosen, choice!.trial);
      for (const { trial, epochs, validationAccuracy } of points) {
        const finished = events.filter((event) => event.type === 'epoch' && event.trial === trial);
        assert.equal(epochs, finished.length, trial);
        const seen = events.flatMap((event) =>
          (event.type === 'epoch' || event.type === 'evaluation') && event.trial === trial
            ? event.validationAccuracy
            : [],
        );
        assert.equal(validationAccuracy, Math.max(...seen));
      }
      assert.ok(events.every((event) => event.type !== 'step' || event.time <= choice!.time));
    }));

  it('does not count the time in which it is paused', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 20, searchFor({ loseAtMost: 0.04, minutes: 0.05 }));
      await pauseRun(runFolder);
      await waitFor(runFolder, ({ state }) => state === 'paused');
      await delay(3200);
      await resumeRun(runFolder, { jobs: 2, scripts });
      await followRun(runFolder, () => undefined);
      assert.equal((await readResults(runFolder)).search!.end, 'complete');
    }));

  it('keeps its best model when it is cancelled, and goes on to what an undisturbed one finds', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 60);
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 8);
      await cancelRun(runFolder);
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'cancelled');
      const { search, points } = await readResults(runFolder);
      assert.equal(search!.end, 'cancelled');
      const chosen = points.find(({ trial }) => trial === search!.chosen);
      assert.deepEqual((await readdir(status.models!)).sort(), [chosen!.setting, 'uncompressed']);
      assert.equal((await resumeFake(scripts, runFolder, { epochMs: 4 })).state, 'done');
      await assertUndisturbed(runFolder);
    }));

  it('goes on where it was when its supervisor is killed, to the same end', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder, pid } = await startSearch(folder, 60);
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 9);
      process.kill(pid, 'SIGKILL');
      await waitFor(runFolder, ({ state }) => state === 'interrupted');
      assert.equal((await resumeFake(scripts, runFolder, { epochMs: 4 })).state, 'done');
      await assertUndisturbed(runFolder);
    }));

  async function assertUndisturbed(runFolder: string): Promise<void> {
    const results = await readResults(runFolder);
    const rounds = ({ search }: Results): unknown =>
      search!.rounds.map(({ tried, ...round }) => ({
        ...round,
        tried: [...tried].sort((a, b) => (a.trial < b.trial ? -1 : 1)),
      }));
    assert.deepEqual(rounds(results), rounds(undisturbed));
    assert.equal(results.search!.chosen, undisturbed.search!.chosen);
    const timeless = (of: Results): unknown => of.points.map((point) => ({ ...point, seconds: 0 }));
    assert.deepEqual(timeless(results), timeless(undisturbed));
    assert.equal(Object.keys(await figures(runFolder)).length, undisturbed.points.length + 2);
  }
});
