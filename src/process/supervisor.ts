import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledError } from '../core/errors.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { RunEvent, TrialEvent } from '../core/sweep/trial.ts';
import { EventLog } from './eventLog.ts';
import { modelsFolder } from './finishedModels.ts';
import { PastEvents } from './pastEvents.ts';
import { RunProgress } from './progress.ts';
import { parseFrozenRecipe, readFrozenRecipe, removeUnfinishedFiles, runPaths } from './runFolder.ts';
import { lockRun } from './runLock.ts';
import { describeError } from './runError.ts';
import { readWrittenStatus, type RunError, type RunStatus } from './runStatus.ts';
import { RunWork } from './runWork.ts';
import { StatusWriter } from './statusWriter.ts';
import { WorkClock } from './workClock.ts';
import { WorkerPool } from './workerPool.ts';

export interface SupervisorOptions {
  readonly runFolder: string;
  readonly workerScript: string;
  /** Workers at once. */
  readonly jobs: number;
  /** Of each worker. */
  readonly threads?: number;
  /** Node's options for the workers. */
  readonly execArgv?: readonly string[];
  /** Cancels the run, as the file `cancel` in its folder does. */
  readonly signal: AbortSignal;
}

type EndState = 'done' | 'failed' | 'cancelled';

const requestPollMs = 200;
/** What is being written when a run is cancelled gets so long to come to its end. */
const settleMs = 200;

/**
 * Owns a run from its lock to its end: has its work done, writes events and status, and hears who asks to pause or to
 * cancel it. A run that was there before goes on from what it had finished.
 *
 * @returns how it ended; the reason of a failure is in its status
 * @throws UserError `run-locked`, `no-run`
 */
export async function supervise(options: SupervisorOptions): Promise<EndState> {
  const { runFolder } = options;
  const frozen = await readFrozenRecipe(runFolder);
  // Another process writes from then on. The workers go when their supervisor does.
  const lock = await lockRun(runFolder, () => process.exit(1));
  try {
    const recipe = await parseFrozenRecipe(frozen);
    const before = await readWrittenStatus(runFolder);
    await removeUnfinishedFiles(runFolder, modelsFolder(runFolder, recipe));
    const { log, past } = await EventLog.open(runPaths(runFolder).events);
    // The engine that it began with: another one gives other numbers.
    const engine = before?.engine === undefined || before.engine === '' ? frozen.engine : before.engine;
    const supervisor = new Supervisor(options, recipe, engine, log, new PastEvents(past), before);
    try {
      return await supervisor.run();
    } finally {
      log.close();
    }
  } finally {
    await lock.release();
  }
}

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #recipe: Recipe;
  readonly #log: EventLog;
  readonly #past: PastEvents;
  readonly #resumed: boolean;
  readonly #pool: WorkerPool;
  readonly #progress = new RunProgress();
  readonly #status: StatusWriter;
  readonly #startedAt: number;
  readonly #clock: WorkClock;
  readonly #work: RunWork;
  /** The one that it began with; empty where it has not. */
  readonly #engine: string;
  #state: 'running' | EndState = 'running';
  /** What workers still say is of no more interest. */
  #stopped = false;
  #error: RunError | undefined;
  #paused = false;

  constructor(
    options: SupervisorOptions,
    recipe: Recipe,
    engine: string,
    log: EventLog,
    past: PastEvents,
    before: RunStatus | undefined,
  ) {
    const { runFolder, workerScript, jobs, threads = 1, execArgv = [] } = options;
    this.#options = options;
    this.#recipe = recipe;
    this.#log = log;
    this.#past = past;
    this.#resumed = before !== undefined;
    this.#engine = before?.engine ?? '';
    this.#startedAt = before?.startedAt ?? Date.now();
    this.#clock = new WorkClock(before?.workSeconds ?? 0);
    this.#pool = new WorkerPool({ script: workerScript, runFolder, engine, threads, execArgv });
    this.#status = new StatusWriter(runFolder, () => this.#currentStatus());
    this.#work = new RunWork({
      runFolder,
      recipe,
      jobs,
      past,
      pool: this.#pool,
      progress: this.#progress,
      clock: this.#clock,
      emit: (...events) => {
        this.#emit(...events);
      },
      onPlanned: () => this.#status.flush(),
    });
  }

  async run(): Promise<EndState> {
    const { runFolder } = this.#options;
    // The status comes last, here and at the end: who sees it finds the events, too.
    this.#emit({ type: 'run', phase: this.#resumed ? 'resumed' : 'started', run: basename(runFolder) });
    await this.#status.flush();
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, stop.signal]);
    const watch = this.#watchForRequests(stop);
    let end: EndState = 'done';
    const work = this.#work.run(signal);
    try {
      await Promise.race([work, rejectOnAbort(signal)]);
    } catch (error) {
      end = signal.aborted ? 'cancelled' : 'failed';
      if (end === 'failed') this.#error = describeError(error, runPaths(runFolder).log);
    }
    clearInterval(watch);
    if (end !== 'done') this.#work.stopSearches();
    this.#stopped = true;
    await this.#pool.close();
    await Promise.race([work.catch(() => undefined), delay(settleMs)]);
    await this.#end(end);
    return end;
  }

  /** Leaves the folder as a reader should find it. */
  async #end(end: EndState): Promise<void> {
    const { runFolder } = this.#options;
    await removeUnfinishedFiles(runFolder, modelsFolder(runFolder, this.#recipe));
    if (end === 'done') await rm(runPaths(runFolder).data, { recursive: true, force: true });
    else await this.#work.keep();
    await rm(runPaths(runFolder).cancel, { force: true });
    await rm(runPaths(runFolder).pause, { force: true });
    this.#progress.stop();
    this.#log.append({ type: 'end', time: Date.now(), state: end });
    // Not before all is there that is read of a run that has ended.
    this.#state = end;
    await this.#status.flush();
  }

  /** Events that come after the end are those of workers that are being killed. */
  #emit(...events: readonly TrialEvent[]): void {
    if (this.#stopped) return;
    const anew = events.filter((event) => this.#past.add(event));
    const time = Date.now();
    this.#log.append(...anew.map(({ type, ...rest }) => ({ type, time, ...rest }) as RunEvent));
    for (const event of anew) this.#progress.record(event);
    this.#status.changed();
  }

  /** Looks for the files by which others ask to cancel and to pause. */
  #watchForRequests(stop: AbortController): NodeJS.Timeout {
    const { cancel, pause } = runPaths(this.#options.runFolder);
    return setInterval(() => {
      void exists(cancel).then((asked) => {
        if (asked) stop.abort();
      });
      void exists(pause).then((asked) => {
        if (asked === this.#paused) return;
        this.#paused = asked;
        this.#pool.hold(asked);
        this.#clock.hold(asked);
        this.#status.changed();
      });
    }, requestPollMs);
  }

  #currentStatus(): RunStatus {
    const { runFolder, jobs } = this.#options;
    const remaining = this.#recipe.search ? this.#work.secondsLeft : this.#progress.remainingSeconds(jobs);
    const remainingSeconds = this.#state === 'running' ? remaining : undefined;
    return {
      run: basename(runFolder),
      recipe: this.#recipe.name,
      recipePath: this.#recipe.path,
      state: this.#state === 'running' && this.#paused ? 'paused' : this.#state,
      pid: process.pid,
      engine: this.#work.engine ?? this.#engine,
      startedAt: this.#startedAt,
      updatedAt: Date.now(),
      workSeconds: this.#clock.seconds,
      epochsDone: this.#progress.epochsDone,
      epochsTotal: this.#progress.epochsTotal,
      ...(remainingSeconds !== undefined && { remainingSeconds }),
      trials: this.#progress.trials,
      ...(this.#work.modelsWritten && { models: modelsFolder(runFolder, this.#recipe) }),
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(new CancelledError('The run was cancelled.'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
