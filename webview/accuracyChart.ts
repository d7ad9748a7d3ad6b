import { Chart, type ActiveElement } from 'chart.js';
import { accuracyDataset, accuracyOptions, selectionRing } from './accuracyOptions.ts';
import {
  accuracyRange,
  accuracySeries,
  describeAccuracy,
  metricsOf,
  referenceLines,
  type AccuracyPoint,
  type AccuracySeries,
  type Line,
  type Variant,
} from './accuracySeries.ts';
import { ChartBox, STILL } from './chartBase.ts';
import { element } from './element.ts';
import { Legend, type LegendEntry } from './legend.ts';
import { metricName } from './modelRows.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';

/** In px: from here on the lines are labelled where they are. */
const LABELLED_WIDTH = 480;

/** Accuracy against rank. */
export class AccuracyChart implements Section {
  readonly element: HTMLElement;
  readonly #box = new ChartBox('accuracy');
  readonly #legend = new Legend();
  readonly #before: HTMLInputElement;
  readonly #test: HTMLInputElement;
  readonly #beforeLabel: HTMLLabelElement;
  readonly #testLabel: HTMLLabelElement;
  readonly #chart: Chart<'line', AccuracyPoint[]>;
  #view: View | undefined;

  constructor(private readonly actions: Actions) {
    const redraw = (): void => {
      if (this.#view) this.#draw(this.#view);
    };
    const [before, beforeLabel] = checkbox('Before retraining', redraw);
    const [test, testLabel] = checkbox('Test (report)', redraw);
    this.#before = before;
    this.#test = test;
    this.#beforeLabel = beforeLabel;
    this.#testLabel = testLabel;
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'accuracy-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'accuracy-title' }, 'Accuracy against rank'),
        element('div', { class: 'toggles' }, beforeLabel, testLabel),
      ),
      this.#legend.element,
      this.#box.element,
    );
    this.#chart = new Chart<'line', AccuracyPoint[]>(this.#box.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: STILL,
    });
  }

  update(view: View): void {
    const unchanged = sameFigures(this.#view, view);
    this.#view = view;
    // A chart that is not drawn anew keeps its tooltip.
    if (!unchanged) this.#draw(view);
  }

  #draw(view: View): void {
    const { rows, selected, theme } = view;
    this.#beforeLabel.hidden = rows.points.length === 0;
    this.#testLabel.hidden = !rows.points.some((row) => row.test);
    const variants = new Set<Variant>(['after']);
    if (this.#before.checked) variants.add('before');
    if (this.#test.checked) variants.add('test');
    const series = accuracySeries(rows.points, variants);
    this.#box.describe(describeAccuracy(rows), rows.points.length === 0 ? emptyText(view) : undefined);

    const values = series.flatMap((curve) => curve.points.map((point) => point.y));
    for (const row of [rows.baseline, rows.control]) if (row) values.push(row.after.mean);
    const range = accuracyRange(values);
    const lines = referenceLines(rows);
    const width = this.#box.canvas.clientWidth;
    // Where a gutter would leave the curves too little, the legend has the labels.
    const labelled = width >= LABELLED_WIDTH;
    this.#legend.update(legendEntries(series, view, labelled ? [] : lines));

    const ranks = rows.points.flatMap((row) => (row.rank === undefined ? [] : [row.rank]));
    const small = ranks.length > 40;
    this.#chart.data = {
      datasets: [
        ...selectionRing(selected, theme),
        ...series.map((curve) => accuracyDataset(curve, theme, small)),
      ],
    };
    this.#chart.options = {
      ...accuracyOptions(theme, { range, lines, ranks, width, labelled }),
      onClick: (_event, hits) => {
        this.#choose(hits);
      },
      // The room for names on the axis has changed.
      onResize: () => {
        if (this.#view) this.#draw(this.#view);
      },
    };
    this.#chart.update('none');
  }

  #choose([hit]: readonly ActiveElement[]): void {
    const point = hit && this.#chart.data.datasets[hit.datasetIndex]?.data[hit.index];
    if (point) this.actions.select(point.row);
  }
}

function emptyText({ model, rows }: View): string {
  if (model.ended) return 'The run ended before its first compressed model was done.';
  if (model.status.state === 'queued') return 'The run has not started yet.';
  if (rows.baseline === undefined) return 'The first model is training…';
  return 'The first compressed model is on its way…';
}

function checkbox(text: string, changed: () => void): [HTMLInputElement, HTMLLabelElement] {
  const input = element('input', { type: 'checkbox' });
  input.checked = true;
  input.addEventListener('change', changed);
  return [input, element('label', { class: 'toggle' }, input, text)];
}

function legendEntries(
  series: readonly AccuracySeries[],
  { rows }: View,
  lines: readonly Line[],
): LegendEntry[] {
  if (rows.points.length === 0) return [];
  const entries: LegendEntry[] = [];
  for (const metric of metricsOf(rows.points))
    entries.push({ mark: 'solid', colour: `metric-${metric}`, text: `${metricName(metric)} metric` });
  const shown = new Set(series.map((curve) => curve.variant));
  if (shown.has('before')) entries.push({ mark: 'hollow', colour: 'neutral', text: 'Before retraining' });
  if (shown.has('test')) entries.push({ mark: 'cross', colour: 'neutral', text: 'Test (report)' });
  for (const { kind, label } of lines)
    entries.push({ mark: kind === 'baseline' ? 'line' : 'dashed', colour: 'neutral', text: label });
  return entries;
}
