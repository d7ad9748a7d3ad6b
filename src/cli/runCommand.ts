import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import { resultsTable } from '../core/sweep/resultsTable.ts';
import type { Results } from '../core/sweep/trial.ts';
import { followRun } from '../process/followRun.ts';
import { cancelRun, resumeRun, startRun, type StartedRun, type StartOptions } from '../process/launcher.ts';
import { discardRun, runPaths } from '../process/runFolder.ts';
import { readStatus, type RunStatus } from '../process/runStatus.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { Output, shortPath } from './output.ts';
import { jsonReport, TextReport } from './runReport.ts';

/** A cancelled run has so long to say that it has stopped. */
const cancelMs = 1000;

export interface RunCommandOptions {
  readonly json: boolean;
  readonly jobs?: number;
}

/** `run RECIPE` */
export async function runRecipe(
  recipe: string,
  { engine, ...options }: RunCommandOptions & Pick<StartOptions, 'engine'>,
  scripts: string,
): Promise<ExitCode> {
  const jobs = options.jobs ?? availableParallelism();
  return follow(() => startRun(resolve(recipe), { engine, jobs, scripts }), options.json, true);
}

/** `resume RUN` */
export async function resume(run: string, options: RunCommandOptions, scripts: string): Promise<ExitCode> {
  const jobs = options.jobs ?? availableParallelism();
  return follow(() => resumeRun(resolve(run), { jobs, scripts }), options.json, false);
}

/** `cancel RUN` */
export async function cancel(run: string): Promise<ExitCode> {
  const folder = resolve(run);
  await cancelRun(folder);
  const { state } = await ended(folder);
  if (state === 'running') {
    process.stderr.write('The run was asked to stop and has not stopped yet.\n');
    return exitCodes.failed;
  }
  process.stdout.write(state === 'cancelled' ? 'Cancelled.\n' : `The run had ended before: it is ${state}.\n`);
  return exitCodes.done;
}

/** Launches a run and tells of it until it ends. Ctrl-C cancels the run; a second one only leaves. */
async function follow(
  launch: () => Promise<StartedRun>,
  json: boolean,
  isNew: boolean,
): Promise<ExitCode> {
  const output = new Output();
  const stopFollowing = new AbortController();
  const stop = catchInterrupts();
  const { runFolder, pid } = await launch();
  if (json) output.printJson({ type: 'process', runFolder, pid });
  else output.print(`Run: ${shortPath(runFolder)}`);
  void stop.then(async () => {
    output.show('');
    if (!json) output.warn('Cancelling.');
    // It may have ended by itself.
    await cancelRun(runFolder).catch(() => undefined);
    await delay(cancelMs, undefined, { ref: false });
    stopFollowing.abort();
  });
  const report = json ? jsonReport(output) : new TextReport(output);
  const status = await followRun(
    runFolder,
    (event) => {
      report.event(event);
    },
    stopFollowing.signal,
    {
      sinceResume: !isNew,
      onStatus: (status) => {
        report.status(status);
      },
    },
  );
  output.show('');
  return conclude(output, runFolder, status, json, isNew);
}

async function conclude(
  output: Output,
  runFolder: string,
  status: RunStatus,
  json: boolean,
  isNew: boolean,
): Promise<ExitCode> {
  const { state, models, error } = status;
  if (error?.badInput === true && isNew && status.epochsTotal === 0) {
    // Nothing was begun: nothing stays.
    await discardRun(runFolder);
  } else {
    const results = await readResults(runFolder);
    if (json) {
      output.printJson({ type: 'results', runFolder, state, ...(models && { models }), results: results ?? null });
    } else {
      if (results !== undefined) output.print(`\n${resultsTable(results)}\n`);
      if (models !== undefined) output.print(`Models: ${shortPath(models)}`);
      if (results !== undefined) output.print(`Results: ${shortPath(runPaths(runFolder).results)}`);
    }
  }
  if (error !== undefined && state === 'failed') {
    output.warn(new UserError(error.code, error.message, error.hint, error.place).format());
    return error.badInput ? exitCodes.badInput : exitCodes.failed;
  }
  const goOn = `What is done is kept; go on with: embedding-press resume ${shortPath(runFolder)}`;
  switch (state) {
    case 'done':
      return exitCodes.done;
    case 'cancelled':
      if (!json) output.warn(`Cancelled. ${goOn}`);
      return exitCodes.cancelled;
    case 'running':
      output.warn('The run was asked to stop and has not stopped yet.');
      return exitCodes.cancelled;
    default:
      output.warn(`The run's process has gone. ${goOn}`);
      return exitCodes.failed;
  }
}

/** Resolves at the first Ctrl-C (or SIGTERM); the second one ends this process and leaves the run alone. */
function catchInterrupts(): Promise<void> {
  return new Promise((resolve) => {
    let interrupted = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (interrupted) process.exit(exitCodes.cancelled);
        interrupted = true;
        resolve();
      });
    }
  });
}

/** The status of a run that was asked to stop, as soon as it has. */
async function ended(runFolder: string): Promise<RunStatus> {
  const latest = Date.now() + 5 * cancelMs;
  for (;;) {
    const status = await readStatus(runFolder);
    if (status.state !== 'running' || Date.now() > latest) return status;
    await delay(50);
  }
}

async function readResults(runFolder: string): Promise<Results | undefined> {
  const text = await readFile(runPaths(runFolder).results, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Results);
}
