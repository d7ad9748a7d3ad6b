import { rm } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { inputNames } from '../core/checkpoint/graph/inputLength.ts';
import { wholeTables } from '../core/checkpoint/graph/tables.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { Target } from '../core/search/halving.ts';
import { bestSoFar } from '../core/search/searchTracer.ts';
import { targetOf } from '../core/search/target.ts';
import { planSearches, planTrials, totalEpochs, trialEpochs } from '../core/sweep/plan.ts';
import { assembleResults, referenceAccuracy } from '../core/sweep/results.ts';
import type { Results, SearchName, Trial, TrialEvent, TrialResult } from '../core/sweep/trial.ts';
import { trialPhase } from '../core/sweep/trialPhase.ts';
import { plannedRates, type PlannedRates } from '../core/training/plannedRates.ts';
import { checkRoom } from './checkRoom.ts';
import { checkOutput, modelsFolder, writeFinishedModels, writtenBy } from './finishedModels.ts';
import type { PastEvents } from './pastEvents.ts';
import type { RunProgress } from './progress.ts';
import type { Answers, WorkerRequest } from './protocol.ts';
import { runPaths } from './runFolder.ts';
import { runInOrder } from './schedule.ts';
import { searchTrials, type TrialSearch } from './searchTrials.ts';
import { dropState } from './trialStorage.ts';
import type { WorkClock } from './workClock.ts';
import type { WorkerPool } from './workerPool.ts';

export interface RunWorkParts {
  readonly runFolder: string;
  readonly recipe: Recipe;
  /** Trials at once. */
  readonly jobs: number;
  readonly pool: WorkerPool;
  /** What it goes on from; what is emitted comes to it. */
  readonly past: PastEvents;
  readonly progress: RunProgress;
  readonly clock: WorkClock;
  readonly emit: (...events: readonly TrialEvent[]) => void;
  /** The data have been read, and `progress` knows the trials. */
  readonly onPlanned: () => Promise<void>;
}

interface Planned {
  readonly trials: readonly Trial[];
  readonly prepared: Answers['prepare'];
}

/** What a run does from its data to its models: plans the trials, trains and searches, tests, and writes. */
export class RunWork {
  readonly #parts: RunWorkParts;
  readonly #recipe: Recipe;
  readonly #past: PastEvents;
  #planned: Planned | undefined;
  #modelsWritten = false;

  constructor(parts: RunWorkParts) {
    this.#parts = parts;
    this.#recipe = parts.recipe;
    this.#past = parts.past;
  }

  /** The one that computes; undefined until it has started. */
  get engine(): string | undefined {
    return this.#planned?.prepared.engine;
  }

  get modelsWritten(): boolean {
    return this.#modelsWritten;
  }

  /** Of the time that the recipe gives a search; infinite where there is none. */
  get secondsLeft(): number {
    return Math.max(0, 60 * (this.#recipe.search?.minutes ?? Infinity) - this.#parts.clock.seconds);
  }

  /** Comes to the end of the run, or to the error that ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { runFolder, jobs } = this.#parts;
    this.#parts.pool.start(jobs);
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

  /** The choice of a search that has not come to its end; it goes on where the run is resumed. */
  stopSearches(): void {
    for (const [search, trace] of Object.entries(this.#past.searches.traces())) {
      if (trace.end !== undefined) continue;
      const best = bestSoFar(trace);
      this.#parts.emit({
        type: 'choice',
        search: search as SearchName,
        ...(best !== undefined && { trial: best }),
        end: 'cancelled',
      });
    }
  }

  /** What there is of a run that did not come to its end: its figures, and the best model that a search has found. */
  async keep(): Promise<void> {
    const results = [...this.#past.results.values()];
    await this.#writeResults(results);
    if (this.#past.searches.trace('models') === undefined) return;
    // The run has stopped, whether its best model can be written or not.
    await this.#writeModels(results).catch(console.error);
  }

  async #prepare(): Promise<Planned> {
    const prepared = await this.#ask({ type: 'prepare' });
    const { spec, warnings } = prepared.preparation;
    const { trials, warnings: more } = planTrials(
      this.#recipe,
      spec.embedding.rows,
      spec.embedding.dimension,
      wholeTables(spec.body),
    );
    const searched = new Set(planSearches(this.#recipe, trials).flatMap((search) => search.trials));
    this.#parts.progress.plan(trials, (trial) => trialEpochs(this.#recipe, trial), searched);
    this.#past.replay((event) => {
      this.#parts.progress.record(event);
    });
    this.#parts.progress.stop();
    if (!this.#past.planned) {
      for (const text of [...warnings, ...more])
        this.#parts.emit({ type: 'message', level: 'warning', text });
      const rates = ratesOf(this.#recipe, prepared.preparation.train);
      const inputs = inputNames(spec);
      this.#parts.emit({
        type: 'plan',
        trials,
        epochs: totalEpochs(this.#recipe, trials),
        rates,
        ...(inputs && { inputs }),
      });
    }
    this.#planned = { trials, prepared };
    await this.#parts.onPlanned();
    return this.#planned;
  }

  /** Trains what has no result yet, each trial to its end. */
  async #runAll(trials: readonly Trial[]): Promise<void> {
    const { runFolder, jobs } = this.#parts;
    await runInOrder(trials, new Set(this.#past.results.keys()), jobs, async (trial) => {
      const result = await this.#train(trial);
      if (result === undefined) throw new Error(`${trial.id} was stopped.`);
      await dropState(runFolder, trial.id);
    });
  }

  async #train(trial: Trial, until?: number): Promise<TrialResult | undefined> {
    this.#parts.emit({ type: 'trial', trial: trial.id });
    const request = { type: 'run', trial: this.#withSettings(trial) } as const;
    const result = await this.#ask(until === undefined ? request : { ...request, until });
    if (result !== undefined) this.#parts.emit({ type: 'result', result });
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
    const { runFolder, jobs } = this.#parts;
    const trace = this.#past.searches.trace(search.name);
    // It was over before the run was resumed.
    if (trace?.end !== undefined) return;
    // Settings are worth half of the time that models are searched in.
    const reserved = search.name === 'models' ? 0 : this.secondsLeft / 2;
    await searchTrials(search, {
      ...preparation,
      trace,
      jobs,
      ...(this.#recipe.search && { secondsLeft: () => this.secondsLeft - reserved }),
      epochsOf: (trial) => trialEpochs(this.#recipe, trial),
      train: (trial, epochs) => this.#train(trial, epochs),
      stop: () => {
        this.#parts.pool.stop();
      },
      emit: (event) => {
        this.#parts.emit(event);
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

  #ask<R extends WorkerRequest>(request: R): Promise<Answers[R['type']]> {
    const what = 'trial' in request ? request.trial.id : 'the data';
    return this.#parts.pool.request(request, {
      onEvents: (events) => {
        this.#parts.emit(...events);
      },
      onRetry: (reason) => {
        this.#parts.emit({
          type: 'message',
          level: 'warning',
          text: `The worker on ${what} died (${reason}). Another one goes on from the last finished epoch.`,
        });
      },
    });
  }

  /** Writes the finished models: each setting's, or of a search's the one that it has chosen. */
  async #writeModels(results: readonly TrialResult[], signal?: AbortSignal): Promise<void> {
    const { runFolder } = this.#parts;
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
    for (const text of notes) this.#parts.emit({ type: 'message', level: 'info', text });
    this.#modelsWritten = true;
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
      runPaths(this.#parts.runFolder).results,
      JSON.stringify(assembled, undefined, 2) + '\n',
    );
  }
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
