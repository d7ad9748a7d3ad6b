import { Chart } from 'chart.js';
import { ChartBox, STILL } from './chartBase.ts';
import { decimate, type XY } from './decimate.ts';
import { element, setText } from './element.ts';
import { Legend } from './legend.ts';
import { modelName } from './modelRows.ts';
import type { RunModel, Trace } from './runModel.ts';
import type { Section, View } from './section.ts';
import type { Theme } from './theme.ts';
import { formatRate, traceColours, traceOptions } from './traceOptions.ts';

/** More points than this a wide panel cannot show. */
const MAX_POINTS = 1000;
/** The value of the choice that follows the run. */
const FOLLOW = '';

/** The learning rate and the loss over the steps of one trial. */
export class TraceChart implements Section {
  readonly element: HTMLElement;
  readonly #box = new ChartBox('trace');
  readonly #legend = new Legend();
  readonly #select = element('select', { id: 'trace-trial' });
  readonly #followed = element('option', { value: FOLLOW });
  readonly #chart: Chart<'line', XY[]>;
  #view: View | undefined;
  #options = '';
  #drawn: { trial: string | undefined; length: number; theme: Theme } | undefined;
  /** The chosen model that was followed last: a new choice changes the training shown, an old one does not. */
  #chosen: string | undefined;

  constructor() {
    this.#select.addEventListener('change', () => {
      if (this.#view) this.#draw(this.#view);
    });
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'trace-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'trace-title' }, 'Learning rate and loss'),
        element(
          'div',
          { class: 'toggles' },
          element('label', { for: 'trace-trial', class: 'visually-hidden' }, 'Training shown'),
          this.#select,
        ),
      ),
      this.#legend.element,
      this.#box.element,
    );
    this.#chart = new Chart<'line', XY[]>(this.#box.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: STILL,
    });
  }

  update(view: View): void {
    this.#view = view;
    this.#offer(view.model);
    if (view.chosen?.id !== this.#chosen) {
      this.#chosen = view.chosen?.id;
      this.#choose(view.chosen?.trials[0] ?? FOLLOW);
    }
    this.#draw(view);
  }

  #offer(model: RunModel): void {
    const withSteps = [...model.trials.values()].filter((trial) => trial.trace.steps.length > 0);
    const key = withSteps.map((trial) => trial.id).join();
    if (key === this.#options) return;
    this.#options = key;
    const chosen = this.#select.value;
    this.#select.replaceChildren(
      this.#followed,
      ...withSteps.map(({ id }) => element('option', { value: id }, trialName(model, id))),
    );
    this.#choose(chosen);
  }

  /** A trial without steps cannot be chosen; the run is followed then. */
  #choose(trial: string): void {
    this.#select.value = trial;
    if (this.#select.selectedIndex < 0) this.#select.value = FOLLOW;
  }

  #draw({ model, theme }: View): void {
    const last = lastTrained(model);
    const trial = this.#select.value === FOLLOW ? last : this.#select.value;
    const follow = model.ended ? 'Last trained' : 'Now training';
    setText(this.#followed, last === undefined ? follow : `${follow}: ${trialName(model, last)}`);
    const trace = trial === undefined ? undefined : model.trials.get(trial)?.trace;
    const length = trace?.steps.length ?? 0;
    const drawn = this.#drawn;
    if (drawn?.trial === trial && drawn?.length === length && drawn.theme === theme) return;
    this.#drawn = { trial, length, theme };

    this.#box.describe(
      describeTrace(trace),
      length > 0
        ? undefined
        : model.ended
          ? 'No steps were recorded.'
          : 'Steps appear here as soon as a model trains.',
    );
    this.#legend.update([
      { mark: 'line', colour: 'series-loss', text: 'Loss' },
      { mark: 'line', colour: 'series-rate', text: 'Learning rate' },
    ]);
    const { loss, rate } = traceColours(theme);
    const line = { pointRadius: 0, pointHoverRadius: 3, pointStyle: 'line' } as const;
    this.#chart.data = {
      datasets: [
        {
          ...line,
          label: 'Learning rate',
          yAxisID: 'rate',
          data: trace ? decimate(trace.steps, trace.rates, MAX_POINTS) : [],
          borderColor: rate,
          borderWidth: 1.5,
        },
        {
          ...line,
          label: 'Loss',
          yAxisID: 'loss',
          data: trace ? decimate(trace.steps, trace.losses, MAX_POINTS) : [],
          borderColor: loss,
          borderWidth: 1,
        },
      ],
    };
    this.#chart.options = traceOptions(theme, trace?.steps.at(-1) ?? 1);
    this.#chart.update('none');
  }
}

function trialName({ planned }: RunModel, id: string): string {
  const trial = planned.get(id);
  if (trial === undefined) return id;
  const oneSeed = [...planned.values()].every((other) => other.seed === trial.seed);
  return oneSeed ? modelName(trial) : `${modelName(trial)}, seed ${trial.seed}`;
}

/** The trial that told something last, if it has steps, else the last one that has. */
function lastTrained(model: RunModel): string | undefined {
  const latest = model.latest === undefined ? undefined : model.trials.get(model.latest);
  if (latest && latest.trace.steps.length > 0) return latest.id;
  return [...model.trials.values()].filter((trial) => trial.trace.steps.length > 0).at(-1)?.id;
}

function describeTrace(trace: Trace | undefined): string {
  const first = trace?.losses[0];
  const last = trace?.losses.at(-1);
  if (trace === undefined || first === undefined || last === undefined)
    return 'Learning rate and loss over steps. No steps yet.';
  const highest = trace.rates.reduce((a, b) => Math.max(a, b), 0);
  return (
    `Learning rate and loss over ${trace.steps.at(-1) ?? 0} steps. Loss from ${first.toFixed(3)} to ` +
    `${last.toFixed(3)}, learning rate at most ${formatRate(highest)}.`
  );
}
