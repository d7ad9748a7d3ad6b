import { wholeTables } from '../core/checkpoint/graph/tables.ts';
import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import writeFileAtomic from 'write-file-atomic';
import { inputNames } from '../core/checkpoint/graph/inputLength.ts';
import { CancelledError } from '../core/errors.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { Target } from '../core/search/halving.ts';
import { bestSoFar } from '../core/search/searchTracer.ts';
import { targetOf } from '../core/search/target.ts';
import { plannedRates, type PlannedRates } from '../core/training/plannedRates.ts';
import { planSearches, planTrials, totalEpochs, trialEpochs } from '../core/sweep/plan.ts';
import { assembleResults, referenceAccuracy } from '../core/sweep/results.ts';
import type { Results, RunEvent, SearchName, Trial, TrialEvent, TrialResult } from '../core/sweep/trial.ts';
import { trialPhase } from '../core/sweep/trialPhase.ts';
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
import { searchTrials, type TrialSearch } from './searchTrials.ts';
import { StatusWriter } from './statusWriter.ts';
import { dropState } from './trialStorage.ts';
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
  readonly #clock: WorkClock;
  #engine: string;
  #state: 'running' | EndState = 'running';
  /** What workers still say is of no more interest. */
  #stopped = false;
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
    this.#clock = new WorkClock(before?.workSeconds ?? 0);
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
    if (end !== 'done') this.#stopSearch();
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
    else await this.#keep();
    await rm(runPaths(runFolder).cancel, { force: true });
    await rm(runPaths(runFolder).pause, { force: true });
    this.#progress.stop();
    this.#log.append({ type: 'end', time: Date.now(), state: end });
    // Not before all is there that is read of a run that has ended.
    this.#state = end;
    await this.#status.flush();
  }

  /** What there is of a run that did not come to its end: its figures, and the best model that a search has found. */
  async #keep(): Promise<void> {
    const results = [...this.#past.results.values()];
    await this.#writeResults(results);
    if (this.#past.searches.trace('models') === undefined) return;
    // The run has stopped, whether its best model can be written or not.
    await this.#writeModels(results).catch(console.error);
  }

  /** The choice of a search that has not come to its end; it goes on where the run is resumed. */
  #stopSearch(): void {
    for (const [search, trace] of Object.entries(this.#past.searches.traces())) {
      if (trace.end !== undefined) continue;
      const best = bestSoFar(trace);
      this.#emit({
        type: 'choice',
        search: search as SearchName,
        ...(best !== undefined && { trial: best }),
        end: 'cancelled',
      });
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { runFolder, jobs } = this.#options;
    this.#pool.start(jobs);
    const planned = await this.#prepare();
    const { trials } = planned;
    const finished = new Set(this.#past.results.keys());
    const models = modelsFolder(runFolder, this.#recipe);
    const isWritten = writtenBy(this.#recipe);
    await checkOutput(models, trials.filter(isWritten));
    const searches = new Map(planSearches(this.#recipe, trials).map((search) => [search.name, search]));
    const searched = [...searches.values()];
    await checkRoom({ runFolder, models, trials, finished, ...planned.prepared.preparation, jobs, searched });
    const among = new Set(searched.flatMap((search) => search.trials));
    const others = trials.filter((trial) => !among.has(trial));
    for (const name of ['train', 'retrain'] as const) {
      const search = searches.get(name);
      if (search === undefined) continue;
      // What is retrained starts from a model that is there.
      if (name === 'retrain') await this.#runAll(others.filter(({ from }) => from === undefined));
      await this.#search(planned, { ...search, target: { kind: 'any' } });
    }
    await this.#runAll(others);
    const search = searches.get('models');
    if (search) await this.#search(planned, { ...search, target: this.#target(planned) });
    const chosen = this.#past.searches.trace('models')?.chosen;
    // Of a search's points only the one that it has chosen is tested.
    const reported = trials.filter((trial) => !among.has(trial) || trial.id === chosen);
    const results = new Map(this.#past.results);
    await runInOrder(reported, new Set(), jobs, async (trial) => {
      const result = results.get(trial.id);
      if (result === undefined) throw new Error(`${trial.id} has no result.`);
      results.set(trial.id, { ...result, ...(await this.#ask({ type: 'report', trial })) });
    });
    signal.throwIfAborted();
    const ordered = trials.flatMap(({ id }) => results.get(id) ?? []);
    await this.#writeModels(ordered, signal);
    await this.#writeResults(ordered);
  }

  /** Trains what has no result yet, each trial to its end. */
  async #runAll(trials: readonly Trial[]): Promise<void> {
    const { runFolder, jobs } = this.#options;
    await runInOrder(trials, new Set(this.#past.results.keys()), jobs, async (trial) => {
      const result = await this.#train(trial);
      if (result === undefined) throw new Error(`${trial.id} was stopped.`);
      await dropState(runFolder, trial.id);
    });
  }

  async #train(trial: Trial, until?: number): Promise<TrialResult | undefined> {
    this.#emit({ type: 'trial', trial: trial.id });
    const request = { type: 'run', trial: this.#withSettings(trial) } as const;
    const result = await this.#ask(until === undefined ? request : { ...request, until });
    if (result !== undefined) this.#emit({ type: 'result', result });
    return result;
  }

  /** The trial with the settings that a random search has chosen for its training. */
  #withSettings(trial: Trial): Trial {
    const phase = trialPhase(trial);
    if (trial.kind === 'try' || phase === undefined) return trial;
    const chosen = this.#past.searches.trace(phase)?.chosen;
    const training = this.#planned?.trials.find(({ id }) => id === chosen)?.training;
    return training === undefined ? trial : { ...trial, training };
  }

  async #search({ prepared: { preparation } }: Planned, search: TrialSearch): Promise<void> {
    const { runFolder, jobs } = this.#options;
    const trace = this.#past.searches.trace(search.name);
    // It was over before the run was resumed.
    if (trace?.end !== undefined) return;
    // Settings are worth half of the time that models are searched in.
    const reserved = search.name === 'models' ? 0 : this.#secondsLeft() / 2;
    await searchTrials(search, {
      ...preparation,
      trace,
      jobs,
      ...(this.#recipe.search && { secondsLeft: () => this.#secondsLeft() - reserved }),
      epochsOf: (trial) => trialEpochs(this.#recipe, trial),
      train: (trial, epochs) => this.#train(trial, epochs),
      stop: () => {
        this.#pool.stop();
      },
      emit: (event) => {
        this.#emit(event);
      },
    });
    for (const { id } of search.trials) await dropState(runFolder, id);
  }

  /** What the models are searched for; the uncompressed model and its control are there. */
  #target({ trials, prepared }: Planned): Target {
    const { search } = this.#recipe;
    const results = [...this.#past.results.values()];
    const references = assembleResults(prepared, prepared.preparation, trials, results);
    const reference = referenceAccuracy(references, 'validationAccuracy');
    if (search === undefined || reference === undefined) throw new Error('There is nothing to search for.');
    return targetOf(search, reference);
  }

  #secondsLeft(): number {
    return Math.max(0, 60 * (this.#recipe.search?.minutes ?? Infinity) - this.#clock.seconds);
  }

  /** Writes the finished models: each setting's, or of a search's the one that it has chosen. */
  async #writeModels(results: readonly TrialResult[], signal?: AbortSignal): Promise<void> {
    const { runFolder } = this.#options;
    const { search, output } = this.#recipe;
    const models = modelsFolder(runFolder, this.#recipe);
    const chosen = this.#past.searches.trace('models')?.chosen;
    const isWritten = writtenBy(this.#recipe);
    const written = results.filter(
      (result) =>
        isWritten(result) && (search === undefined || result.kind !== 'point' || result.trial === chosen),
    );
    // Another model may have been the best when the run was stopped before.
    if (search !== undefined && output === undefined) await rm(models, { recursive: true, force: true });
    const notes = await writeFinishedModels(runFolder, models, written, this.#recipe, signal);
    for (const text of notes) this.#emit({ type: 'message', level: 'info', text });
    this.#modelsWritten = true;
  }

  async #prepare(): Promise<Planned> {
    const prepared = await this.#ask({ type: 'prepare' });
    this.#engine = prepared.engine;
    const { spec, warnings } = prepared.preparation;
    const { trials, warnings: more } = planTrials(
      this.#recipe,
      spec.embedding.rows,
      spec.embedding.dimension,
      wholeTables(spec.body),
    );
    const searched = new Set(planSearches(this.#recipe, trials).flatMap((search) => search.trials));
    this.#progress.plan(trials, (trial) => trialEpochs(this.#recipe, trial), searched);
    this.#past.replay((event) => {
      this.#progress.record(event);
    });
    this.#progress.stop();
    if (!this.#past.planned) {
      for (const text of [...warnings, ...more]) this.#emit({ type: 'message', level: 'warning', text });
      const rates = ratesOf(this.#recipe, prepared.preparation.train);
      const inputs = inputNames(spec);
      this.#emit({
        type: 'plan',
        trials,
        epochs: totalEpochs(this.#recipe, trials),
        rates,
        ...(inputs && { inputs }),
      });
    }
    this.#planned = { trials, prepared };
    await this.#status.flush();
    return this.#planned;
  }

  #ask<R extends WorkerRequest>(request: R): Promise<Answers[R['type']]> {
    const what = 'trial' in request ? request.trial.id : 'the data';
    return this.#pool.request(request, {
      onEvents: (events) => {
        this.#emit(...events);
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
  #emit(...events: readonly TrialEvent[]): void {
    if (this.#stopped) return;
    const anew = events.filter((event) => this.#past.add(event));
    const time = Date.now();
    this.#log.append(...anew.map(({ type, ...rest }) => ({ type, time, ...rest }) as RunEvent));
    for (const event of anew) this.#progress.record(event);
    this.#status.changed();
  }

  async #writeResults(results: readonly TrialResult[]): Promise<void> {
    if (this.#planned === undefined || results.length === 0) return;
    const { trials, prepared } = this.#planned;
    const searches = this.#past.searches.traces();
    const assembled: Results = {
      ...assembleResults(prepared, prepared.preparation, trials, results),
      ...(Object.keys(searches).length > 0 && { searches }),
    };
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
        this.#clock.hold(asked);
        this.#status.changed();
      });
    }, requestPollMs);
  }

  #currentStatus(): RunStatus {
    const { runFolder, jobs } = this.#options;
    const remaining = this.#recipe.search ? this.#secondsLeft() : this.#progress.remainingSeconds(jobs);
    const remainingSeconds = this.#state === 'running' ? remaining : undefined;
    return {
      run: basename(runFolder),
      recipe: this.#recipe.name,
      recipePath: this.#recipe.path,
      state: this.#state === 'running' && this.#paused ? 'paused' : this.#state,
      pid: process.pid,
      engine: this.#engine,
      startedAt: this.#startedAt,
      updatedAt: Date.now(),
      workSeconds: this.#clock.seconds,
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
  // What a random search chooses is not known yet.
  const training = train && !train.randomSearch ? plannedRates(train, sentences) : undefined;
  const retraining =
    compress.length > 0 && !retrain.randomSearch ? plannedRates(retrain, sentences) : undefined;
  return { ...(training && { train: training }), ...(retraining && { retrain: retraining }) };
}
