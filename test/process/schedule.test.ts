import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Trial, TrialResult } from '../../src/core/sweep/trial.ts';
import { checkDisk, checkpointBytes } from '../../src/process/diskNeed.ts';
import { EventLog, EventTail } from '../../src/process/eventLog.ts';
import { checkOutput, chooseModels } from '../../src/process/finishedModels.ts';
import { RunProgress } from '../../src/process/progress.ts';
import { runInOrder } from '../../src/process/schedule.ts';
import { withTemporaryFolder } from './bundles.ts';

const trials: readonly Trial[] = [
  { id: 'a', kind: 'baseline', seed: 1 },
  { id: 'b', kind: 'baseline', seed: 2 },
  { id: 'a1', kind: 'control', seed: 1, from: 'a' },
  { id: 'b1', kind: 'point', seed: 2, from: 'b', setting: 'task-k3', rank: 3 },
];

describe('the order of trials', () => {
  it('keeps parents before children and at most so many at once', async () => {
    for (const jobs of [1, 2, 3, 9]) {
      const done = new Set<string>();
      let running = 0;
      await runInOrder(trials, new Set(), jobs, async ({ id, from }) => {
        assert.ok(from === undefined || done.has(from));
        assert.ok(++running <= jobs);
        await turn();
        running--;
        done.add(id);
      });
      assert.equal(done.size, 4);
    }
  });

  it('leaves out what is finished', async () => {
    const ran: string[] = [];
    await runInOrder(trials, new Set(['a', 'a1']), 1, ({ id }) => {
      ran.push(id);
      return Promise.resolve();
    });
    assert.deepEqual(ran, ['b', 'b1']);
  });

  it('ends with the first failure', async () => {
    const fault = new Error('no');
    await assert.rejects(
      runInOrder(trials, new Set(), 2, ({ id }) => (id === 'b' ? Promise.reject(fault) : Promise.resolve())),
      fault,
    );
  });
});

describe('the progress of a run', () => {
  it('expects the rest to take as long as what is done, shared between the workers', () => {
    const progress = new RunProgress();
    assert.equal(progress.remainingSeconds(1), undefined);
    progress.plan(trials, () => 2);
    progress.record({
      type: 'epoch',
      trial: 'a',
      epoch: 1,
      epochs: 2,
      loss: 1,
      validationAccuracy: 0.5,
      seconds: 10,
    });
    assert.deepEqual([progress.epochsDone, progress.epochsTotal], [1, 8]);
    assert.equal(progress.remainingSeconds(1), 70);
    assert.equal(progress.remainingSeconds(2), 35);
    assert.equal(progress.remainingSeconds(100), 17.5);
  });
});

describe('the events of a run', () => {
  it('are read whole lines at a time, and go on after a torn one is cut', () =>
    withTemporaryFolder(async (folder) => {
      const path = join(folder, 'events.jsonl');
      const tail = new EventTail(path);
      assert.deepEqual(await tail.read(), []);
      const first = { type: 'trial', time: 1, trial: 'Größe' } as const;
      await writeFile(path, `${JSON.stringify(first)}\n{"type":"tri`);
      assert.deepEqual(await tail.read(), [first]);
      const { log, past } = await EventLog.open(path);
      assert.deepEqual(past, [first]);
      const second = { type: 'trial', time: 2, trial: 'b' } as const;
      log.append(second);
      log.close();
      assert.deepEqual(await tail.read(), [second]);
      assert.deepEqual((await EventLog.open(path)).past, [first, second]);
    }));
});

describe('what a run writes', () => {
  const bytes = { modelBytes: 100, trialBytes: [100, 10, 10], jobs: 2 };

  it('is states for what is under way and the best weights of each trial', () => {
    assert.equal(checkpointBytes({ ...bytes, trialBytes: [] }), 0);
    assert.ok(checkpointBytes(bytes) >= 2 * 3 * 100 + 120);
    assert.ok(checkpointBytes({ ...bytes, jobs: 1 }) < checkpointBytes(bytes));
    assert.equal(checkpointBytes({ ...bytes, jobs: 3 }), checkpointBytes({ ...bytes, jobs: 30 }));
  });

  it('is refused where the disk is too small, for all folders of a disk together', () =>
    withTemporaryFolder(async (folder) => {
      await checkDisk([{ folder: join(folder, 'not', 'there'), bytes: 1 }]);
      await assert.rejects(checkDisk([{ folder, bytes: 1e18 }]), { code: 'disk-full' });
      assert.deepEqual(await readdir(folder), []);
    }));

  it('is the best seed of each model, the first on ties, and no control', () => {
    const result = (trial: string, kind: Trial['kind'], seed: number, accuracy: number): TrialResult => ({
      trial,
      kind,
      seed,
      ...(kind === 'point' && { setting: 'task-k9' }),
      parameters: 1,
      storageBytes: 4,
      embeddingBytes: 3,
      layers: [],
      flopsPerSentence: 1,
      validationAccuracy: accuracy,
      bestEpoch: 0,
      seconds: 1,
    });
    const chosen = chooseModels([
      result('baseline-s1', 'baseline', 1, 0.8),
      result('baseline-s2', 'baseline', 2, 0.8),
      result('control-s1', 'control', 1, 0.9),
      result('task-k9-s1', 'point', 1, 0.7),
      result('task-k9-s2', 'point', 2, 0.75),
    ]);
    assert.deepEqual(
      [...chosen].map(([name, { trial }]) => [name, trial]),
      [
        ['uncompressed', 'baseline-s1'],
        ['task-k9', 'task-k9-s2'],
      ],
    );
  });

  it('replaces no folder of others', () =>
    withTemporaryFolder(async (folder) => {
      await checkOutput(folder, trials);
      await mkdir(join(folder, 'task-k3'));
      await writeFile(join(folder, 'task-k3', 'notes.txt'), 'mine');
      await assert.rejects(checkOutput(folder, trials), { code: 'output-exists' });
      await writeFile(join(folder, 'task-k3', 'press.json'), '{}');
      await assert.rejects(checkOutput(folder, trials), { code: 'output-exists' });
      await rm(join(folder, 'task-k3', 'notes.txt'));
      await checkOutput(folder, trials);
    }));
});
