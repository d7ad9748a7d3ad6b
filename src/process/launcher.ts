import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { cannotBegin } from './runError.ts';
import { createRunFolder, readFrozenRecipe, runPaths, type FrozenRecipe } from './runFolder.ts';
import { isRunLocked } from './runLock.ts';
import { isGoing, readStatus, readWrittenStatus } from './runStatus.ts';

export interface StartedRun {
  readonly runFolder: string;
  /** The supervisor's. */
  readonly pid: number;
}

export interface ResumeOptions {
  /** Trials at once. */
  readonly jobs: number;
  /** Of each trial's process. */
  readonly threads?: number;
  /** The folder of supervisor.cjs and worker.cjs. */
  readonly scripts: string;
}

export interface StartOptions extends ResumeOptions {
  readonly engine: FrozenRecipe['engine'];
  /** Where the run is kept; `.embedding-press/runs` beside the recipe where it is absent. */
  readonly runs?: string;
}

const pollMs = 20;
const startMs = 20_000;

/**
 * Starts a recipe in a process of its own, which outlives this one.
 * @throws UserError the recipe's first error, before anything is written
 */
export async function startRun(
  recipePath: string,
  { engine, runs, ...options }: StartOptions,
): Promise<StartedRun> {
  const recipe = await readRecipe(recipePath);
  const text = await readFile(recipePath, 'utf8');
  return launch(await createRunFolder(recipe, { path: recipe.path, text, engine }, runs), options);
}

/**
 * Goes on with a run that was paused, cancelled, failed or interrupted, with the engine that it had.
 * @throws UserError `no-run`, `run-locked`, `run-done`
 */
export async function resumeRun(runFolder: string, options: ResumeOptions): Promise<StartedRun> {
  await readFrozenRecipe(runFolder);
  const { state, pid } = await readStatus(runFolder);
  if (state === 'done') {
    throw new UserError(
      'run-done',
      'The run has ended: there is nothing to resume.',
      'Start its recipe anew.',
      {
        file: runFolder,
      },
    );
  }
  if (state === 'paused') {
    await continueRun(runFolder);
    return { runFolder, pid };
  }
  if (state === 'running') throw goingOn(runFolder);
  await rm(runPaths(runFolder).cancel, { force: true });
  await rm(runPaths(runFolder).pause, { force: true });
  return launch(runFolder, options);
}

/**
 * Asks a run to stop, which it does within a second.
 * @throws UserError `no-run`, `not-running`
 */
export async function cancelRun(runFolder: string): Promise<void> {
  await checkGoing(runFolder, 'There is nothing to cancel.');
  await writeFile(runPaths(runFolder).cancel, '');
}

/**
 * Asks a run to hold its work, which it does within a second; its processes stay.
 * @throws UserError `no-run`, `not-running`
 */
export async function pauseRun(runFolder: string): Promise<void> {
  await checkGoing(runFolder, 'There is nothing to pause.');
  await writeFile(runPaths(runFolder).pause, '');
}

/** Lets a paused run go on. */
export async function continueRun(runFolder: string): Promise<void> {
  await rm(runPaths(runFolder).pause, { force: true });
}

async function checkGoing(runFolder: string, hint: string): Promise<void> {
  const { state } = await readStatus(runFolder);
  if (isGoing(state)) return;
  throw new UserError('not-running', `The run is not running: it is ${state}.`, hint, { file: runFolder });
}

function goingOn(runFolder: string): UserError {
  return new UserError('run-locked', 'The run is going on.', 'Wait for its end, or cancel it.', {
    file: runFolder,
  });
}

/** Spawns the supervisor and waits until it has the run. @throws UserError `run-not-started` */
async function launch(runFolder: string, { jobs, threads = 1, scripts }: ResumeOptions): Promise<StartedRun> {
  const { log } = runPaths(runFolder);
  const script = join(scripts, 'supervisor.cjs');
  await stat(script);
  const output = openSync(log, 'a');
  const logStart = (await stat(log)).size;
  const child = spawn(process.execPath, [script, runFolder, String(jobs), String(threads)], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    windowsHide: true,
  });
  closeSync(output);
  let ended: string | undefined;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, signal) => {
    ended ??= signal ?? `exit code ${String(code)}`;
  });
  const { pid = 0 } = child;
  const latest = Date.now() + startMs;
  while (Date.now() < latest) {
    await delay(pollMs);
    // Asked before the look, so that a status written just before the end is seen.
    const reason = ended;
    if ((await readWrittenStatus(runFolder))?.pid === pid) {
      child.unref();
      return { runFolder, pid };
    }
    if (reason === undefined) continue;
    // Another window, or a terminal, was faster.
    if (await isRunLocked(runFolder)) throw goingOn(runFolder);
    const said = (await readFile(log)).subarray(logStart).toString('utf8').trim();
    // It says where and what to do by itself.
    if (child.exitCode === cannotBegin) throw new UserError('run-not-started', said, '');
    throw new Error(`The run's process ended at once (${reason}). ${said}`);
  }
  child.kill();
  throw new Error(`The run's process did not start within ${startMs / 1000} s; see ${log}.`);
}
