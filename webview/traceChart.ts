import * as l10n from '@vscode/l10n';
import type { PlannedRates } from '../src/core/training/plannedRates.ts';
import { Chart, type ChartDataset } from 'chart.js';
import zoom from 'chartjs-plugin-zoom';
import { ChartBox, STILL } from './chartBase.ts';
import { saveButtons } from './chartExport.ts';
import { decimate, type XY } from '../src/core/report/decimate.ts';
import { button, element, setText } from './element.ts';
import './insight.css';
import { Legend } from './legend.ts';
import { modelName } from './modelRows.ts';
import type { RunModel, Trace } from './runModel.ts';
import type { Actions, Section, View } from './section.ts';
import type { Theme } from './theme.ts';
import { PLANNED, traceColours, traceOptions } from './traceOptions.ts';
import { endOf, movedRange, visibleSteps, zoomedRange, type StepRange } from './traceRange.ts';
import { describeTrace } from './traceText.ts';

/** More points than this a wide panel cannot show. */
const MAX_POINTS = 1000;
/** Evaluations in sight that are marked each; more of them would be a band. */
const MOST_MARKED = 100;
/** The value of the choice that follows the run. */
const FOLLOW = '';
/** Of a key press or a turn of the wheel. */
const ZOOM_STEP = 0.75;
const MOVE_STEP = 0.2;

/** The learning rate, the loss and the validation accuracy over the steps of one trial. */
export class TraceChart implements Section {
  readonly element: HTMLElement;
  readonly #box = new ChartBox('trace');
  readonly #legend = new Legend();
  readonly #select = element('select', { id: 'trace-trial' });
  readonly #followed = element('option', { value: FOLLOW });
  readonly #reset = button(l10n.t('Reset Zoom'), () => {
    this.#box.canvas.focus();
    this.#zoom(undefined);
  });
  readonly #help = element(
    'p',
    { class: 'muted small', id: 'trace-help' },
    l10n.t('Drag to zoom in, Shift and drag to move, double-click to see all. Keys: +, −, ←, →, 0.'),
  );
  readonly #chart: Chart<'line', XY[]>;
  #view: View | undefined;
  #options: string | undefined;
  #range: StepRange | undefined;
  #drawn:
    | {
        trial: string | undefined;
        planned: PlannedRates | undefined;
        trace: string;
        theme: Theme;
        range: StepRange | undefined;
      }
    | undefined;
  /** The chosen model that was followed last: a new choice changes the training shown, an old one does not. */
  #chosen: string | undefined;

  constructor(actions: Actions) {
    this.#select.addEventListener('change', () => {
      if (this.#view) this.#draw(this.#view);
    });
    this.#reset.hidden = true;
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'trace-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'trace-title' }, l10n.t('Training')),
        element(
          'div',
          { class: 'toggles' },
          this.#reset,
          element('label', { for: 'trace-trial', class: 'visually-hidden' }, l10n.t('Training shown')),
          this.#select,
          saveButtons('training', () => this.#chart, actions),
        ),
      ),
      this.#legend.element,
      this.#box.element,
      this.#help,
    );
    this.#chart = new Chart<'line', XY[]>(this.#box.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: STILL,
      plugins: [zoom],
    });
    this.#listen(this.#box.canvas);
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

  /** Not the wheel alone: it scrolls the page. */
  #listen(canvas: HTMLCanvasElement): void {
    canvas.tabIndex = 0;
    canvas.setAttribute('aria-describedby', 'trace-help');
    canvas.addEventListener('keydown', (event) => {
      const last = this.#lastStep();
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys: Readonly<Record<string, () => StepRange | undefined>> = {
        '+': () => zoomedRange(this.#range, last, ZOOM_STEP),
        '=': () => zoomedRange(this.#range, last, ZOOM_STEP),
        '-': () => zoomedRange(this.#range, last, 1 / ZOOM_STEP),
        '0': () => undefined,
        ArrowLeft: () => movedRange(this.#range, last, -MOVE_STEP),
        ArrowRight: () => movedRange(this.#range, last, MOVE_STEP),
      };
      const move = keys[event.key];
      if (move === undefined) return;
      event.preventDefault();
      this.#zoom(move());
    });
    canvas.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const { left, right } = this.#chart.chartArea;
        const at = Math.min(1, Math.max(0, (event.offsetX - left) / Math.max(1, right - left)));
        const factor = event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
        this.#zoom(zoomedRange(this.#range, this.#lastStep(), factor, at));
      },
      { passive: false },
    );
    canvas.addEventListener('dblclick', () => {
      this.#zoom(undefined);
    });
  }

  #lastStep(): number {
    const { trial, planned } = this.#drawn ?? {};
    return endOf(trial === undefined ? undefined : this.#view?.model.trials.get(trial)?.trace, planned);
  }

  #zoom(range: StepRange | undefined): void {
    this.#range = range;
    if (this.#view) this.#draw(this.#view);
  }

  /** What the mouse has made of the axis. */
  #takeRange(): void {
    const { min, max } = this.#chart.scales.x ?? { min: 0, max: 0 };
    this.#zoom(zoomedRange({ min, max }, this.#lastStep(), 1));
  }

  #draw({ model, theme }: View): void {
    const last = lastTrained(model);
    const next = last ?? firstTrained(model);
    const trial = this.#select.value === FOLLOW ? next : this.#select.value;
    const follow = model.ended
      ? l10n.t('Last trained')
      : last === undefined
        ? l10n.t('Planned')
        : l10n.t('Now training');
    setText(this.#followed, next === undefined ? follow : `${follow}: ${trialName(model, next)}`);
    const trace = trial === undefined ? undefined : model.trials.get(trial)?.trace;
    const planned = trial === undefined ? undefined : model.ratesOf(trial);
    const empty = planned === undefined && (trace === undefined || trace.steps.length === 0);
    if (trial !== this.#drawn?.trial) this.#range = undefined;
    const range = this.#range;
    const key = `${trace?.steps.length ?? 0} ${trace?.steps.at(-1) ?? 0} ${trace?.evaluations.length ?? 0}`;
    const drawn = this.#drawn;
    if (
      drawn?.trial === trial &&
      drawn?.planned === planned &&
      drawn?.trace === key &&
      drawn.theme === theme &&
      drawn.range === range
    )
      return;
    this.#drawn = { trial, planned, trace: key, theme, range };

    this.#reset.hidden = range === undefined;
    this.#help.hidden = empty;
    this.#box.canvas.tabIndex = empty ? -1 : 0;
    this.#box.describe(
      describeTrace(trace, planned),
      !empty
        ? undefined
        : model.ended
          ? l10n.t('No steps were recorded.')
          : l10n.t('Steps appear here as soon as a model trains.'),
    );
    this.#legend.update([
      { mark: 'solid', colour: 'series-accuracy', text: l10n.t('Validation accuracy') },
      { mark: 'line', colour: 'series-loss', text: l10n.t('Loss') },
      { mark: 'line', colour: 'series-rate', text: l10n.t('Learning rate') },
      ...(planned
        ? [{ mark: 'dashed' as const, colour: 'series-rate', text: l10n.t('Learning rate, planned') }]
        : []),
    ]);
    this.#chart.data = { datasets: traceDatasets(trace, planned, range, theme) };
    const options = traceOptions(theme, trace, planned, endOf(trace, planned), range);
    const done = (): void => {
      this.#takeRange();
    };
    const plugin = options.plugins?.zoom;
    if (plugin?.zoom) plugin.zoom.onZoomComplete = done;
    if (plugin?.pan) plugin.pan.onPanComplete = done;
    this.#chart.options = options;
    this.#chart.update('none');
  }
}

function traceDatasets(
  trace: Trace | undefined,
  planned: PlannedRates | undefined,
  range: StepRange | undefined,
  theme: Theme,
): ChartDataset<'line', XY[]>[] {
  return [...tracedCurves(trace, range, theme), ...plannedCurve(planned, theme)];
}

/** Under the rates that were measured, and on where these have not come yet. */
function plannedCurve(planned: PlannedRates | undefined, theme: Theme): ChartDataset<'line', XY[]>[] {
  if (planned === undefined) return [];
  const { rate } = traceColours(theme);
  return [
    {
      label: PLANNED,
      yAxisID: 'rate',
      data: [...planned.rates],
      borderColor: rate,
      borderWidth: 1.25,
      borderDash: [4, 3],
      pointRadius: 0,
      pointHoverRadius: 3,
      order: 1,
    },
  ];
}

function tracedCurves(
  trace: Trace | undefined,
  range: StepRange | undefined,
  theme: Theme,
): ChartDataset<'line', XY[]>[] {
  if (trace === undefined) return [];
  const [from, to] = visibleSteps(trace.steps, range);
  const steps = trace.steps.slice(from, to);
  const colours = traceColours(theme);
  const line = { pointRadius: 0, pointHoverRadius: 3 };
  const { min, max } = range ?? { min: 0, max: Infinity };
  const evaluated = trace.evaluations.filter(({ step }) => step >= min && step <= max).length;
  return [
    {
      label: 'accuracy',
      yAxisID: 'accuracy',
      data: trace.evaluations.map(({ step, accuracy }) => ({ x: step, y: accuracy })),
      borderColor: colours.accuracy,
      backgroundColor: colours.accuracy,
      borderWidth: 1.5,
      pointRadius: evaluated > MOST_MARKED ? 0 : 3,
      pointHoverRadius: 4,
    },
    {
      ...line,
      label: 'loss',
      yAxisID: 'loss',
      data: decimate(steps, trace.losses.slice(from, to), MAX_POINTS),
      borderColor: colours.loss,
      borderWidth: 1,
    },
    {
      ...line,
      label: 'rate',
      yAxisID: 'rate',
      data: decimate(steps, trace.rates.slice(from, to), MAX_POINTS),
      borderColor: colours.rate,
      borderWidth: 1.5,
    },
  ];
}

function trialName({ planned }: RunModel, id: string): string {
  const trial = planned.get(id);
  if (trial === undefined) return id;
  const oneSeed = [...planned.values()].every((other) => other.seed === trial.seed);
  return oneSeed ? modelName(trial) : l10n.t('{0}, seed {1}', modelName(trial), String(trial.seed));
}

/** The first trial that is to be trained. */
function firstTrained(model: RunModel): string | undefined {
  return [...model.planned.keys()].find((trial) => model.ratesOf(trial) !== undefined);
}

/** The trial that told something last, if it has steps, else the last one that has. */
function lastTrained(model: RunModel): string | undefined {
  const latest = model.latest === undefined ? undefined : model.trials.get(model.latest);
  if (latest && latest.trace.steps.length > 0) return latest.id;
  return [...model.trials.values()].filter((trial) => trial.trace.steps.length > 0).at(-1)?.id;
}
