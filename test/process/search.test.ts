import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bestOf, type Standing } from '../../src/core/search/halving.ts';
import type { Results, TriedModel } from '../../src/core/sweep/trial.ts';
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

const asStanding = ({ trial, storageBytes, ...model }: TriedModel): Standing => ({
  ...model,
  id: trial,
  bytes: storageBytes,
});

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
      const { searches, points, baseline, control } = await readResults(runFolder);
      const floor = Math.max(baseline!.validationAccuracy, control!.validationAccuracy) - 0.04;
      const kept = points.filter(({ validationAccuracy }) => validationAccuracy >= floor);
      const smallest = kept.sort((a, b) => a.storageBytes - b.storageBytes)[0];
      assert.ok(smallest !== undefined && kept.length < points.length, 'the target decides something');
      assert.equal(searches!.models!.chosen, smallest.trial);
      assert.equal(searches!.models!.end, 'complete');
      assert.deepEqual(
        searches!.models!.rounds.slice(0, 2).map(({ epochs }) => epochs),
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
      const { searches, points } = await readResults(runFolder);
      const chosen = points.find(({ trial }) => trial === searches!.models!.chosen);
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
      // Of 3.6 s the uncompressed model and its control take 2.7; whatever is chosen would take 1.35 more.
      const { runFolder } = await startSearch(folder, 450, searchFor({ loseAtMost: 0.04, minutes: 0.06 }));
      await waitFor(runFolder, ({ epochsTotal }) => epochsTotal > 0);
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'done');
      const events = await readEvents(runFolder);
      const choice = events.find((event) => event.type === 'choice');
      assert.equal(choice!.end, 'time');
      assert.ok(choice!.time - events[0]!.time < 5600, `${choice!.time - events[0]!.time} ms`);
      const { searches, points } = await readResults(runFolder);
      assert.equal(searches!.models!.chosen, choice!.trial);
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
      assert.equal((await readResults(runFolder)).searches!.models!.end, 'complete');
    }));

  it('keeps its best model when it is cancelled, and goes on to what an undisturbed one finds', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startSearch(folder, 300);
      // One reaches the floor in the round of one epoch.
      const reached = undisturbed.searches!.models!.rounds[1]!.tried;
      assert.ok(bestOf(reached.map(asStanding), undisturbed.searches!.models!.target));
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 3 + 3 + reached.length);
      await cancelRun(runFolder);
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'cancelled');
      const { searches, points } = await readResults(runFolder);
      assert.equal(searches!.models!.end, 'cancelled');
      const chosen = points.find(({ trial }) => trial === searches!.models!.chosen);
      assert.deepEqual((await readdir(status.models!)).sort(), [chosen!.setting, 'uncompressed']);
      assert.equal((await resumeFake(scripts, runFolder, { epochMs: 4 })).state, 'done');
      await assertUndisturbed(runFolder);
    }));

  it('goes on where it was when its supervisor is killed, to the same end', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder, pid } = await startSearch(folder, 200);
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 9);
      process.kill(pid, 'SIGKILL');
      await waitFor(runFolder, ({ state }) => state === 'interrupted');
      assert.equal((await resumeFake(scripts, runFolder, { epochMs: 4 })).state, 'done');
      await assertUndisturbed(runFolder);
    }));

  it('of settings trains with the best that were tried, and goes on after a kill', () =>
    withTemporaryFolder(async (folder) => {
      const change: RecipeChange = (json) => {
        json.train = { ...(json.train as object), randomSearch: { trials: 5 } };
        json.retrain = { epochs: 3, randomSearch: { trials: 4 } };
      };
      const whole = await startSearch(folder, 4, change);
      assert.equal((await followRun(whole.runFolder, () => undefined)).state, 'done');
      const results = await readResults(whole.runFolder);
      const { train, retrain } = results.searches!;
      assert.deepEqual(
        train!.rounds.map(({ epochs }) => epochs),
        [1, 2, 3],
      );
      assert.ok(train!.rounds.every(({ trials }) => trials.includes('train-settings-1')));
      const last = (trace: typeof train) => trace!.rounds.flatMap(({ tried }) => tried);
      for (const trace of [train, retrain]) {
        const best = Math.max(...last(trace).map(({ validationAccuracy }) => validationAccuracy));
        const chosen = last(trace).findLast(({ trial }) => trial === trace!.chosen)!;
        assert.equal(chosen.validationAccuracy, best);
        assert.equal(trace!.end, 'complete');
      }
      const settings = (trace: typeof train) =>
        last(trace).find(({ trial }) => trial === trace!.chosen)!.training;
      assert.deepEqual(results.baseline!.seeds[0]!.training, settings(train));
      for (const { training } of [...results.control!.seeds, ...results.points]) {
        assert.deepEqual(training, settings(retrain));
      }
      assert.equal(results.points.length, 2);
      const accuracy = results.baseline!.validationAccuracy;
      assert.equal(accuracy, Math.max(...last(train).map(({ validationAccuracy }) => validationAccuracy)));

      const { runFolder, pid } = await startSearch(folder, 60, change);
      await waitFor(runFolder, (status) => status.epochsDone >= 14);
      process.kill(pid, 'SIGKILL');
      await waitFor(runFolder, ({ state }) => state === 'interrupted');
      assert.equal((await resumeFake(scripts, runFolder, { epochMs: 4 })).state, 'done');
      assert.deepEqual(await figures(runFolder), await figures(whole.runFolder));
    }));

  async function assertUndisturbed(runFolder: string): Promise<void> {
    const results = await readResults(runFolder);
    const rounds = ({ searches }: Results): unknown =>
      searches!.models!.rounds.map(({ tried, ...round }) => ({
        ...round,
        tried: [...tried].sort((a, b) => (a.trial < b.trial ? -1 : 1)),
      }));
    assert.deepEqual(rounds(results), rounds(undisturbed));
    assert.equal(results.searches!.models!.chosen, undisturbed.searches!.models!.chosen);
    const timeless = (of: Results): unknown => of.points.map((point) => ({ ...point, seconds: 0 }));
    assert.deepEqual(timeless(results), timeless(undisturbed));
    assert.equal(Object.keys(await figures(runFolder)).length, undisturbed.points.length + 2);
  }
});
