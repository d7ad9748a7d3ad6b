import type { PanelRun, PanelState, PanelStatus } from '../src/editor/panelProtocol.ts';
import { trialPhase } from '../src/core/sweep/trialPhase.ts';
import { SearchTracer } from '../src/core/search/searchTracer.ts';
import type { PlannedRates } from '../src/core/training/plannedRates.ts';
import type {
  Results,
  RunEvent,
  SearchName,
  SearchTrace,
  Trial,
  TrialResult,
} from '../src/core/sweep/trial.ts';

/** A paused run has not ended: it goes on where it is. */
const GOING: ReadonlySet<PanelState> = new Set(['queued', 'running', 'paused']);

/** The steps of a trial as columns, so that a long trace stays cheap. */
export interface Trace {
  readonly steps: number[];
  readonly rates: number[];
  readonly losses: number[];
  /** Validation accuracy after so many steps: 0 before the first, then at the end of each epoch. */
  readonly evaluations: { readonly step: number; readonly accuracy: number }[];
}

/** What the page knows of one trial. */
export interface TrialProgress {
  readonly id: string;
  readonly trace: Trace;
  /** Epochs finished, and how many the trial has. */
  epoch?: { readonly done: number; readonly of: number };
  result?: TrialResult;
}

/** A run as its events tell it. Events may repeat after a resume: what comes later replaces what it repeats. */
export class RunModel {
  readonly trials = new Map<string, TrialProgress>();
  readonly planned = new Map<string, Trial>();
  readonly warnings: string[] = [];
  results: Results | undefined;
  readonly #tracer = new SearchTracer();
  #final: ReadonlyMap<string, TrialResult> = new Map();
  /** Of the models, where they take several texts. */
  inputs: readonly string[] | undefined;
  #rates: (RunEvent & { type: 'plan' })['rates'] = {};
  /** Counts the results that have come, so that what depends on them alone is made anew only then. */
  revision = 0;
  /** The trial that told something last. */
  latest: string | undefined;

  constructor(
    readonly run: PanelRun,
    public status: PanelStatus,
  ) {}

  /** Whether nothing more will come, unless the run is resumed. */
  get ended(): boolean {
    return !GOING.has(this.status.state);
  }

  /** Results of all finished trials, in the order in which they came. */
  finished(): TrialResult[] {
    return [...this.trials.values()].flatMap((trial) => (trial.result === undefined ? [] : [trial.result]));
  }

  /** The search for a model, or for a training's settings: none where the run has none, and before its first round. */
  searchOf(name: SearchName): SearchTrace | undefined {
    return this.#tracer.trace(name);
  }

  /** The learning rates that a trial is to have; none where it is not trained. */
  ratesOf(trial: string): PlannedRates | undefined {
    const planned = this.planned.get(trial);
    const phase = planned && trialPhase(planned);
    return phase && this.#rates?.[phase];
  }

  applyAll(events: readonly RunEvent[]): void {
    for (const event of events) this.apply(event);
  }

  /** Takes the final figures, which alone hold those of the test set: events that come later do not replace them. */
  setResults(results: Results): void {
    this.results = results;
    const all = [...(results.baseline?.seeds ?? []), ...(results.control?.seeds ?? []), ...results.points];
    this.#final = new Map(all.map((result) => [result.trial, result]));
    for (const result of all) this.trial(result.trial).result = result;
    this.revision++;
  }

  private apply(event: RunEvent): void {
    this.#tracer.add(event);
    switch (event.type) {
      case 'plan':
        for (const trial of event.trials) this.planned.set(trial.id, trial);
        this.#rates = event.rates ?? {};
        this.inputs = event.inputs;
        break;
      case 'trial':
        this.latest = this.trial(event.trial).id;
        break;
      case 'step':
        this.latest = event.trial;
        append(this.trial(event.trial).trace, event.step, event.rate, event.loss);
        break;
      case 'evaluation':
        evaluated(this.trial(event.trial).trace, 0, event.validationAccuracy);
        break;
      case 'epoch': {
        const trial = this.trial(event.trial);
        trial.epoch = { done: event.epoch, of: event.epochs };
        evaluated(trial.trace, (trial.trace.steps.at(-1) ?? -1) + 1, event.validationAccuracy);
        break;
      }
      case 'result':
        this.trial(event.result.trial).result = this.#final.get(event.result.trial) ?? event.result;
        this.revision++;
        break;
      case 'message':
        if (event.level === 'warning' && !this.warnings.includes(event.text)) this.warnings.push(event.text);
        break;
    }
  }

  private trial(id: string): TrialProgress {
    let trial = this.trials.get(id);
    if (trial === undefined) {
      trial = { id, trace: { steps: [], rates: [], losses: [], evaluations: [] } };
      this.trials.set(id, trial);
    }
    return trial;
  }
}

/** A resumed trial repeats the steps of its unfinished epoch: they take the place of the lost ones. */
function append(trace: Trace, step: number, rate: number, loss: number): void {
  while ((trace.steps.at(-1) ?? -1) >= step) {
    trace.steps.pop();
    trace.rates.pop();
    trace.losses.pop();
  }
  while ((trace.evaluations.at(-1)?.step ?? 0) > step) trace.evaluations.pop();
  trace.steps.push(step);
  trace.rates.push(rate);
  trace.losses.push(loss);
}

function evaluated({ evaluations }: Trace, step: number, accuracy: number): void {
  while ((evaluations.at(-1)?.step ?? -1) >= step) evaluations.pop();
  evaluations.push({ step, accuracy });
}
