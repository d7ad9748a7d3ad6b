import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunLocked, lockRun } from '../../src/process/runLock.ts';
import { withTemporaryFolder } from './bundles.ts';

const fail = (): never => {
  throw new Error('The lock was lost.');
};

/** A process id that was a process's, and is nobody's now. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** What a killed holder leaves. */
async function leaveLock(folder: string, pid: number): Promise<void> {
  await mkdir(join(folder, 'lock'));
  await writeFile(join(folder, `lock-${pid}`), '');
}

/** As a lock is found after a sleep of the machine, before its holder touches it. */
async function sleep(folder: string): Promise<void> {
  const past = new Date(Date.now() - 60_000);
  await utimes(join(folder, 'lock'), past, past);
}

describe('the lock of a run', () => {
  it('is held by one, and leaves nothing', () =>
    withTemporaryFolder(async (folder) => {
      assert.equal(await isRunLocked(folder), false);
      const lock = await lockRun(folder, fail);
      assert.equal(await isRunLocked(folder), true);
      await assert.rejects(lockRun(folder, fail), { code: 'run-locked' });
      await lock.release();
      assert.equal(await isRunLocked(folder), false);
      assert.deepEqual(await readdir(folder), []);
    }));

  it('of a dead process is free at once', () =>
    withTemporaryFolder(async (folder) => {
      await leaveLock(folder, deadPid());
      assert.equal(await isRunLocked(folder), false);
      const lock = await lockRun(folder, fail);
      assert.equal(await isRunLocked(folder), true);
      await lock.release();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('of a dead process goes to one of several', () =>
    withTemporaryFolder(async (folder) => {
      await leaveLock(folder, deadPid());
      const tries = await Promise.allSettled([1, 2, 3, 4].map(() => lockRun(folder, fail)));
      const taken = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(taken.length, 1);
      await taken[0]!.release();
    }));

  it('of a living process is held', () =>
    withTemporaryFolder(async (folder) => {
      await leaveLock(folder, process.ppid);
      assert.equal(await isRunLocked(folder), true);
      await assert.rejects(lockRun(folder, fail), { code: 'run-locked' });
    }));

  it('that nobody touches is stale, whoever has the id now', () =>
    withTemporaryFolder(async (folder) => {
      await leaveLock(folder, process.ppid);
      await sleep(folder);
      assert.equal(await isRunLocked(folder), false);
      const lock = await lockRun(folder, fail);
      assert.equal(await isRunLocked(folder), true);
      await lock.release();
      assert.deepEqual(await readdir(folder), []);
    }));

  it('is still held after a sleep of the machine', () =>
    withTemporaryFolder(async (folder) => {
      await leaveLock(folder, process.ppid);
      await sleep(folder);
      const found = isRunLocked(folder);
      await delay(200);
      const now = new Date();
      await utimes(join(folder, 'lock'), now, now);
      assert.equal(await found, true);
    }));
});
