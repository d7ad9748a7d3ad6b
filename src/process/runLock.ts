import { readFileSync } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';

/** A lock that nobody has touched for so long is free; its holder touches it each second, or when a busy disk lets it. */
const staleMs = 30_000;
const touchMs = 1000;
const ownerFile = /^lock-(\d+)$/;

export interface RunLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that may write in the run folder, until it releases the lock or dies.
 *
 * proper-lockfile's own rule, a time without a touch, would make a killed run wait; so the holder's process id lies
 * beside the lock, as a file's name, and a dead holder's lock is taken at once. Of several that want it, the one that
 * renames that file has it.
 *
 * @param onLost is called when another process took the lock, as after a long sleep of the machine
 * @throws UserError `run-locked`
 */
export async function lockRun(folder: string, onLost: () => void): Promise<RunLock> {
  for (const { pid, path } of await owners(folder)) {
    if (isAlive(pid)) continue;
    const mine = join(folder, `lock-${pid}.${process.pid}.tmp`);
    try {
      await rename(path, mine);
    } catch {
      throw locked(folder);
    }
    await rm(join(folder, 'lock'), { recursive: true, force: true });
    await rm(mine, { force: true });
  }
  // Loaded where a run is taken: who merely looks whether one is needs none of it.
  const {
    default: { lock },
  } = await import('proper-lockfile');
  let release: () => Promise<void>;
  try {
    release = await lock(folder, {
      lockfilePath: join(folder, 'lock'),
      stale: staleMs,
      update: touchMs,
      onCompromised: onLost,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED') throw locked(folder);
    throw error;
  }
  // Names of holders whose lock was stale, and whose ids are others' now.
  for (const { path } of await owners(folder)) await rm(path, { force: true });
  const owner = join(folder, `lock-${process.pid}`);
  await writeFile(owner, '');
  return {
    async release() {
      await rm(owner, { force: true });
      await release();
    },
  };
}

/** Whether a living process holds the run. */
export async function isRunLocked(folder: string): Promise<boolean> {
  const touched = await isTouched(folder);
  if (touched === undefined) return false;
  const pids = await owners(folder);
  // A lock without an owner is one that is being taken.
  if (pids.length === 0) return touched;
  if (!pids.some(({ pid }) => isAlive(pid))) return false;
  if (touched) return true;
  // The machine may have slept, its holder with it; or the process is another one with the holder's id.
  await delay(2 * touchMs);
  return (await isTouched(folder)) ?? false;
}

/** Whether the lock has been touched lately; undefined where there is none. */
async function isTouched(folder: string): Promise<boolean | undefined> {
  const found = await stat(join(folder, 'lock')).catch(() => undefined);
  return found && Date.now() - found.mtimeMs <= staleMs;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** In a container whose first process does not reap orphans, a dead one keeps its id. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // pid (name) state ...; the name may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

async function owners(folder: string): Promise<{ readonly pid: number; readonly path: string }[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => {
    const pid = ownerFile.exec(name)?.[1];
    return pid === undefined ? [] : [{ pid: Number(pid), path: join(folder, name) }];
  });
}

function locked(folder: string): UserError {
  return new UserError(
    'run-locked',
    'The run is going on in another process.',
    'Wait for its end, or cancel it.',
    { file: folder },
  );
}
