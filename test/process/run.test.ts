import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { UserError } from '../../src/core/errors.ts';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { RunEvent } from '../../src/core/sweep/trial.ts';
import { followRun } from '../../src/process/followRun.ts';
import { cancelRun, pauseRun, resumeRun } from '../../src/process/launcher.ts';
import { cannotBegin } from '../../src/process/runError.ts';
import { runPaths, runsBeside } from '../../src/process/runFolder.ts';
import { isAlive } from '../../src/process/runLock.ts';
import { listRuns, readStatus } from '../../src/process/runStatus.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';
import { figures, readEvents, readResults, resumeFake, startFake, unfinishedFiles, waitFor } from './runs.ts';

describe('a run in the background', () => {
  let scripts: string;
  /** The figures of an undisturbed run. */
  let undisturbed: Awaited<ReturnType<typeof figures>>;

  before(async () => {
    scripts = await bundleScripts('fake');
    undisturbed = await withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, {});
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      return figures(runFolder);
    });
  });

  after(async () => {
    await rm(scripts, { recursive: true, force: true });
  });

  it('ends with results, models and every event, and drops the moments', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, {});
      const told: string[] = [];
      const status = await followRun(runFolder, (events) => told.push(...events.map(({ type }) => type)));
      assert.equal(status.state, 'done');
      assert.equal(status.engine, 'fake');
      assert.deepEqual([status.epochsDone, status.epochsTotal], [24, 24]);
      assert.ok(status.trials.every(({ state }) => state === 'done'));

      const events = await readEvents(runFolder);
      assert.equal(told.length, events.length);
      assert.equal(events[0]!.type, 'run');
      assert.equal(events.at(-1)!.type, 'end');
      assert.equal(events.filter(({ type }) => type === 'step').length, 8 * 3 * 4);
      assert.equal(events.filter(({ type }) => type === 'result').length, 8);

      const results = await readResults(runFolder);
      assert.equal(results.points.length, 4);
      assert.ok(results.points.every(({ testAccuracy }) => testAccuracy !== undefined));
      const { models, checkpoints } = runPaths(runFolder);
      assert.deepEqual((await readdir(models)).sort(), ['task-k1', 'task-k4', 'uncompressed']);
      const best = Math.max(...results.baseline!.seeds.map((seed) => seed.validationAccuracy));
      const { weights } = await readCheckpoint(join(models, 'uncompressed'));
      assert.equal(weights.get('head/bias')!.data[0], best);
      assert.deepEqual(await readdir(join(checkpoints, 'control-s1')), ['best']);
      assert.deepEqual(await unfinishedFiles(folder), []);
      await assert.rejects(resumeRun(runFolder, { jobs: 1, scripts }), { code: 'run-done' });
    }));

  it('puts the models into the output folder, over older ones of ours', () =>
    withTemporaryFolder(async (folder) => {
      for (let i = 0; i < 2; i++) {
        const { runFolder } = await startFake(scripts, folder, {}, (json) => (json.output = 'out'));
        const { state, models } = await followRun(runFolder, () => undefined);
        assert.equal(state, 'done');
        assert.equal(models, join(folder, 'out'));
      }
      assert.deepEqual((await readdir(join(folder, 'out'))).sort(), ['task-k1', 'task-k4', 'uncompressed']);
      assert.equal((await listRuns(runsBeside(folder))).length, 2);
    }));

  it('does nothing while it is paused, and then ends as an undisturbed one does', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder, pid } = await startFake(scripts, folder, { epochMs: 60 });
      await waitFor(runFolder, ({ epochsDone }) => epochsDone > 2);
      await pauseRun(runFolder);
      await waitFor(runFolder, ({ state }) => state === 'paused', 1000);
      await delay(100);
      const events = (await readEvents(runFolder)).length;
      await delay(500);
      assert.equal((await readEvents(runFolder)).length, events);
      assert.deepEqual(await resumeRun(runFolder, { jobs: 2, scripts }), { runFolder, pid });
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
      await assert.rejects(pauseRun(runFolder), { code: 'not-running' });
    }));

  it('can be cancelled while it is paused, and goes on when it is resumed', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { epochMs: 60 });
      await pauseRun(runFolder);
      await waitFor(runFolder, ({ state }) => state === 'paused', 1000);
      await cancelRun(runFolder);
      await waitFor(runFolder, ({ state }) => state === 'cancelled', 1500);
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
    }));

  it('stops within a second when it is cancelled, keeps what is done, and goes on from there', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { epochMs: 150 });
      await waitFor(runFolder, ({ trials }) => trials.some(({ state }) => state === 'done'));
      const start = Date.now();
      await cancelRun(runFolder);
      const status = await followRun(runFolder, () => undefined);
      const took = Date.now() - start;
      assert.ok(took < 1000, `${took} ms`);
      assert.equal(status.state, 'cancelled');
      assert.ok(status.trials.every(({ state }) => state !== 'running'));
      assert.deepEqual(await unfinishedFiles(folder), []);
      const kept = await figures(runFolder);
      assert.ok(Object.keys(kept).length >= 1 && Object.keys(kept).length < 8);
      await assert.rejects(cancelRun(runFolder), { code: 'not-running' });

      const before = (await readEvents(runFolder)).filter(({ type }) => type === 'result').length;
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
      const events = await readEvents(runFolder);
      assert.equal(events.filter(({ type }) => type === 'result').length, 8);
      assert.ok(before >= 1);
      assertToldOnce(events);
      assert.equal(events.filter(({ type }) => type === 'plan').length, 1);
    }));

  it('replaces a worker that is killed, with the same figures', () =>
    withTemporaryFolder(async (folder) => {
      const die = { trial: 'task-k4-s1', epoch: 2, times: 1 };
      const { runFolder } = await startFake(scripts, folder, { die });
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
      const events = await readEvents(runFolder);
      assert.ok(events.some((event) => event.type === 'message' && event.text.includes('SIGKILL')));
      assertToldOnce(events);
    }));

  it('fails when a worker is killed twice on one trial, keeps what is done, and can be resumed', () =>
    withTemporaryFolder(async (folder) => {
      const die = { trial: 'task-k4-s1', epoch: 1, times: 2 };
      const { runFolder } = await startFake(scripts, folder, { die });
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'failed');
      assert.equal(status.error!.code, 'worker-died');
      assert.equal(status.error!.badInput, false);
      assert.ok('baseline-s1' in (await figures(runFolder)));
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
    }));

  it('is interrupted by kill -9 of its supervisor, whose workers go with it, and resumes at once', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder, pid } = await startFake(scripts, folder, { epochMs: 100 });
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 4);
      const workers = childrenOf(pid);
      process.kill(pid, 'SIGKILL');
      const status = await followRun(runFolder, () => undefined);
      assert.equal(status.state, 'interrupted');
      assert.equal((await listRuns(runsBeside(folder)))[0]!.status.state, 'interrupted');
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
      assert.deepEqual(await unfinishedFiles(folder), []);
      assertToldOnce(await readEvents(runFolder));
      assert.ok(process.platform === 'win32' || workers.length > 0);
      assert.ok(!workers.some(isAlive));
    }));

  it('lets no worker save what a supervisor that is about to die has not heard', async function () {
    if (process.platform === 'win32') this.skip();
    await withTemporaryFolder(async (folder) => {
      const { runFolder, pid } = await startFake(scripts, folder, { epochMs: 100 });
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 4);
      process.kill(pid, 'SIGSTOP');
      await delay(500);
      process.kill(pid, 'SIGKILL');
      await waitFor(runFolder, ({ state }) => state === 'interrupted');
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
      assertToldOnce(await readEvents(runFolder));
    });
  });

  it('cuts an event that a killed supervisor left torn', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder, pid } = await startFake(scripts, folder, { epochMs: 100 });
      await waitFor(runFolder, ({ epochsDone }) => epochsDone >= 2);
      process.kill(pid, 'SIGKILL');
      await waitFor(runFolder, ({ state }) => state === 'interrupted');
      await appendFile(runPaths(runFolder).events, '{"type":"epoch","trial":"basel');
      assert.equal((await resumeFake(scripts, runFolder, {})).state, 'done');
      assert.equal((await readEvents(runFolder)).at(-1)!.type, 'end');
      assert.deepEqual(await figures(runFolder), undisturbed);
    }));

  it('refuses a second supervisor', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { epochMs: 100 });
      await assert.rejects(resumeRun(runFolder, { jobs: 1, scripts }), { code: 'run-locked' });
      const second = spawn(process.execPath, [join(scripts, 'supervisor.cjs'), runFolder, '1'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      second.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      assert.deepEqual(await once(second, 'close'), [cannotBegin, null]);
      assert.match(said, /going on in another process/);
      assert.equal((await readStatus(runFolder)).state, 'running');
      await cancelRun(runFolder);
      await followRun(runFolder, () => undefined);
    }));

  it('goes on once where two resume it at the same time', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { epochMs: 100 });
      await cancelRun(runFolder);
      await followRun(runFolder, () => undefined);
      const resumed = await Promise.allSettled([1, 2].map(() => resumeRun(runFolder, { jobs: 1, scripts })));
      const refused = resumed.filter((outcome) => outcome.status === 'rejected');
      assert.deepEqual(
        refused.map(({ reason }) => (reason as UserError).code),
        ['run-locked'],
      );
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      assert.deepEqual(await figures(runFolder), undisturbed);
    }));

  it('leaves alone what another run is writing to the same output', () =>
    withTemporaryFolder(async (folder) => {
      const output = join(folder, 'models');
      const [fresh, old] = ['task-k1.0123abcd.tmp', 'task-k4.0123abcd.tmp'].map((name) => join(output, name));
      for (const path of [fresh!, old!]) await mkdir(path, { recursive: true });
      await utimes(old!, 0, 0);
      const { runFolder } = await startFake(scripts, folder, {}, (json) => (json.output = 'models'));
      assert.equal((await followRun(runFolder, () => undefined)).state, 'done');
      assert.deepEqual((await readdir(output)).sort(), [
        'task-k1',
        basename(fresh!),
        'task-k4',
        'uncompressed',
      ]);
    }));

  it('tells what is wrong with the input, as the worker found it', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { fault: 'user' });
      const { state, error } = await followRun(runFolder, () => undefined);
      assert.equal(state, 'failed');
      assert.deepEqual(error, {
        code: 'column-count',
        message: 'The row has 3 columns, expected 2.',
        hint: 'Mend the row.',
        place: { file: '/data/train.tsv', line: 7 },
        badInput: true,
      });
      await assert.rejects(stat(runPaths(runFolder).results));
      await assert.rejects(stat(runPaths(runFolder).models));
    }));

  it('calls a bug a bug and logs its stack', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { fault: 'bug' });
      const { error } = await followRun(runFolder, () => undefined);
      assert.equal(error!.code, 'internal-error');
      assert.equal(error!.badInput, false);
      assert.match(error!.message, /undefined is not a table/);
    }));

  it('does not start what the disk cannot hold', () =>
    withTemporaryFolder(async (folder) => {
      const { runFolder } = await startFake(scripts, folder, { bytes: 1e15 });
      const { error } = await followRun(runFolder, () => undefined);
      assert.equal(error!.code, 'disk-full');
      assert.match(error!.message, /writes up to [\d,]+ MB, and [\d,]+ MB of disk are free/);
    }));
});

function childrenOf(pid: number): number[] {
  if (process.platform === 'win32') return [];
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

/** Each step and each epoch of the 8 trials, in its order. */
function assertToldOnce(events: readonly RunEvent[]): void {
  const trials = new Map<string, { steps: number[]; epochs: number[] }>();
  for (const event of events) {
    if (event.type !== 'step' && event.type !== 'epoch') continue;
    const told = trials.get(event.trial) ?? { steps: [], epochs: [] };
    trials.set(event.trial, told);
    if (event.type === 'step') told.steps.push(event.step);
    else told.epochs.push(event.epoch);
  }
  const once = { steps: Array.from({ length: 12 }, (_, step) => step), epochs: [1, 2, 3] };
  assert.equal(trials.size, 8);
  for (const [trial, told] of trials) assert.deepEqual(told, once, trial);
}
