import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { CancelledError } from '../core/errors.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import { plannedRates, type PlannedRates } from '../core/training/plannedRates.ts';
import { planTrials, totalEpochs, trialEpochs } from '../core/sweep/plan.ts';
import { assembleResults } from '../core/sweep/results.ts';
import type { Trial, TrialEvent, TrialResult } from '../core/sweep/trial.ts';
import { checkRoom } from './checkRoom.ts';
import { EventLog } from './eventLog.ts';
import { checkOutput, writeFinishedModels, writtenBy } from './finishedModels.ts';
import { PastEvents } from './pastEvents.ts';
import { RunProgress } from './progress.ts';
import type { Answers, WorkerRequest } from './protocol.ts';
import { parseFrozenRecipe, readFrozenRecipe, removeUnfinishedFiles, runPaths } from './runFolder.ts';
import { lockRun } from './runLock.ts';
import { describeError } from './runError.ts';
import { readWrittenStatus, type RunError, type RunStatus } from './runStatus.ts';
import { runInOrder } from './schedule.ts';
import { StatusWriter } from './statusWriter.ts';
import { dropState } from './trialStorage.ts';
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
 * Owns a run from its lock to its end: has a worker prepare it, plans the trials, runs them, writes events, status,
 * results and models. A run that was there before goes on from what it had finished.
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

export function modelsFolder(runFolder: string, recipe: Recipe): string {
  return recipe.output ?? runPaths(runFolder).models;
}

interface Planned {
  readonly trials: readonly Trial[];
  readonly prepared: Answers['prepare'];
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
  #engine: string;
  #state: 'running' | EndState = 'running';
  #error: RunError | undefined;
  #planned: Planned | undefined;
  #modelsWritten = false;
  #paused = false;

  constructor(
    options: SupervisorOptions,
    recipe: Recipe,
    engine: string,
    log: EventLog,
    past: PastEvents,
    before: RunStatus | undefined,
  ) {
    const { runFolder, workerScript, threads = 1, execArgv = [] } = options;
    this.#options = options;
    this.#recipe = recipe;
    this.#log = log;
    this.#past = past;
    this.#resumed = before !== undefined;
    this.#engine = before?.engine ?? '';
    this.#startedAt = before?.startedAt ?? Date.now();
    this.#pool = new WorkerPool({ script: workerScript, runFolder, engine, threads, execArgv });
    this.#status = new StatusWriter(runFolder, () => this.#currentStatus());
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
    const work = this.#work(signal);
    try {
      await Promise.race([work, rejectOnAbort(signal)]);
    } catch (error) {
      end = signal.aborted ? 'cancelled' : 'failed';
      if (end === 'failed') this.#error = describeError(error, runPaths(runFolder).log);
    }
    clearInterval(watch);
    this.#state = end;
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
    else await this.#writeResults([...this.#past.results.values()]);
    await rm(runPaths(runFolder).cancel, { force: true });
    await rm(runPaths(runFolder).pause, { force: true });
    this.#progress.stop();
    this.#log.append({ type: 'end', time: Date.now(), state: end });
    await this.#status.flush();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { runFolder, jobs } = this.#options;
    const planned = await this.#prepare();
    const { trials } = planned;
    const finished = new Set(this.#past.results.keys());
    const models = modelsFolder(runFolder, this.#recipe);
    const isWritten = writtenBy(this.#recipe);
    await checkOutput(models, trials.filter(isWritten));
    await checkRoom({ runFolder, models, trials, finished, ...planned.prepared.preparation, jobs });
    await runInOrder(trials, finished, jobs, async (trial) => {
      this.#emit({ type: 'trial', trial: trial.id });
      const result = await this.#ask({ type: 'run', trial });
      this.#emit({ type: 'result', result });
      await dropState(runFolder, trial.id);
    });

    const reported = new Map<string, TrialResult>();
    await runInOrder(trials, new Set(), jobs, async (trial) => {
      const result = this.#past.results.get(trial.id);
      if (result === undefined) throw new Error(`${trial.id} has no result.`);
      reported.set(trial.id, { ...result, ...(await this.#ask({ type: 'report', trial })) });
    });
    signal.throwIfAborted();
    const results = trials.flatMap(({ id }) => reported.get(id) ?? []);
    const notes = await writeFinishedModels(
      runFolder,
      models,
      results.filter(isWritten),
      this.#recipe,
      signal,
    );
    for (const text of notes) this.#emit({ type: 'message', level: 'info', text });
    this.#modelsWritten = true;
    await this.#writeResults(results);
  }

  async #prepare(): Promise<Planned> {
    const prepared = await this.#ask({ type: 'prepare' });
    this.#engine = prepared.engine;
    const { spec, warnings } = prepared.preparation;
    const { trials, warnings: more } = planTrials(
      this.#recipe,
      spec.embedding.rows,
      spec.embedding.dimension,
    );
    this.#progress.plan(trials, (trial) => trialEpochs(this.#recipe, trial));
    this.#past.replay((event) => {
      this.#progress.record(event);
    });
    this.#progress.stop();
    if (!this.#past.planned) {
      for (const text of [...warnings, ...more]) this.#emit({ type: 'message', level: 'warning', text });
      const rates = ratesOf(this.#recipe, prepared.preparation.train);
      this.#emit({ type: 'plan', trials, epochs: totalEpochs(this.#recipe, trials), rates });
    }
    this.#planned = { trials, prepared };
    await this.#status.flush();
    return this.#planned;
  }

  #ask<R extends WorkerRequest>(request: R): Promise<Answers[R['type']]> {
    const what = 'trial' in request ? request.trial.id : 'the data';
    return this.#pool.request(request, {
      onEvent: (event) => {
        this.#emit(event);
      },
      onRetry: (reason) => {
        this.#emit({
          type: 'message',
          level: 'warning',
          text: `The worker on ${what} died (${reason}). Another one goes on from the last finished epoch.`,
        });
      },
    });
  }

  /** Events that come after the end are those of workers that are being killed. */
  #emit(event: TrialEvent): void {
    if (this.#state !== 'running' || !this.#past.add(event)) return;
    const { type, ...rest } = event;
    this.#log.append({ type, time: Date.now(), ...rest } as Parameters<EventLog['append']>[0]);
    this.#progress.record(event);
    this.#status.changed();
  }

  async #writeResults(results: readonly TrialResult[]): Promise<void> {
    if (this.#planned === undefined || results.length === 0) return;
    const { trials, prepared } = this.#planned;
    const assembled = assembleResults(prepared, prepared.preparation, trials, results);
    await writeFileAtomic(
      runPaths(this.#options.runFolder).results,
      JSON.stringify(assembled, undefined, 2) + '\n',
    );
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
        this.#status.changed();
      });
    }, requestPollMs);
  }

  #currentStatus(): RunStatus {
    const { runFolder, jobs } = this.#options;
    const remainingSeconds = this.#state === 'running' ? this.#progress.remainingSeconds(jobs) : undefined;
    return {
      run: basename(runFolder),
      recipe: this.#recipe.name,
      recipePath: this.#recipe.path,
      state: this.#state === 'running' && this.#paused ? 'paused' : this.#state,
      pid: process.pid,
      engine: this.#engine,
      startedAt: this.#startedAt,
      updatedAt: Date.now(),
      epochsDone: this.#progress.epochsDone,
      epochsTotal: this.#progress.epochsTotal,
      ...(remainingSeconds !== undefined && { remainingSeconds }),
      trials: this.#progress.trials,
      ...(this.#modelsWritten && { models: modelsFolder(runFolder, this.#recipe) }),
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

function ratesOf(
  { train, retrain, compress }: Recipe,
  sentences: number,
): { readonly train?: PlannedRates; readonly retrain?: PlannedRates } {
  const training = train && plannedRates(train, sentences);
  const retraining = compress.length > 0 ? plannedRates(retrain, sentences) : undefined;
  return { ...(training && { train: training }), ...(retraining && { retrain: retraining }) };
}
