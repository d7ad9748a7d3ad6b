import { Chart, type ChartDataset, type ChartOptions } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import {
  accuracyRange,
  accuracySeries,
  describeAccuracy,
  metricsOf,
  rankAxis,
  referenceLines,
  type AccuracyPoint,
  type AccuracySeries,
  type Line,
  type Range,
  type Variant,
} from './accuracySeries.ts';
import { axisLook, ChartBox, STILL, tooltipLook } from './chartBase.ts';
import { element } from './element.ts';
import { formatBytes, formatMean } from './format.ts';
import { Legend, type LegendEntry } from './legend.ts';
import { metricName, modelName, type ModelRow } from './modelRows.ts';
import type { Actions, Section, View } from './section.ts';
import { withAlpha, type Theme } from './theme.ts';

type Data = ChartDataset<'line', AccuracyPoint[]>;

const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  after: 'after retraining',
  before: 'before retraining',
  test: 'test (report)',
};

/** Accuracy against rank. */
export class AccuracyChart implements Section {
  readonly element: HTMLElement;
  readonly #box = new ChartBox('accuracy');
  readonly #legend = new Legend();
  readonly #before: HTMLInputElement;
  readonly #test: HTMLInputElement;
  readonly #testLabel: HTMLLabelElement;
  readonly #chart: Chart<'line', AccuracyPoint[]>;
  #view: View | undefined;

  constructor(actions: Actions) {
    const redraw = (): void => {
      if (this.#view) this.update(this.#view);
    };
    const [before, beforeLabel] = checkbox('Before retraining', redraw);
    const [test, testLabel] = checkbox('Test (report)', redraw);
    this.#before = before;
    this.#test = test;
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
      options: {
        ...STILL,
        onClick: (_event, hits, chart) => {
          const [hit] = hits;
          const point = hit && (chart.data.datasets as unknown as Data[])[hit.datasetIndex]?.data[hit.index];
          if (point) actions.select(point.row);
        },
        onResize: redraw,
      },
    });
  }

  update(view: View): void {
    this.#view = view;
    const { rows, selected, theme, model } = view;
    this.#testLabel.hidden = !rows.points.some((row) => row.test);
    const variants = new Set<Variant>(['after']);
    if (this.#before.checked) variants.add('before');
    if (this.#test.checked) variants.add('test');
    const series = accuracySeries(rows.points, variants);
    this.#legend.update(legendEntries(series, view));
    this.#box.describe(describeAccuracy(rows), rows.points.length === 0 ? emptyText(model.ended) : undefined);

    const values = series.flatMap((curve) => curve.points.map((point) => point.y));
    for (const row of [rows.baseline, rows.control]) if (row) values.push(row.after.mean);
    const range = accuracyRange(values);
    // Two labels need the height of a line of text between them.
    const height = this.#box.canvas.clientHeight || 300;
    const lines = referenceLines(rows, ((theme.font.size + 8) / height) * (range.max - range.min));

    const ranks = rows.points.flatMap((row) => (row.rank === undefined ? [] : [row.rank]));
    const small = ranks.length > 40;
    this.#chart.data = {
      datasets: [...ring(selected, theme), ...series.map((curve) => dataset(curve, theme, small))],
    };
    const { onClick, onResize } = this.#chart.options;
    this.#chart.options = {
      ...options(theme, range, lines, ranks, this.#box.canvas.clientWidth),
      ...(onClick && { onClick }),
      ...(onResize && { onResize }),
    };
    this.#chart.update('none');
  }
}

function emptyText(ended: boolean): string {
  return ended ? 'The run ended before its first compressed model was done.' : 'The first model is training…';
}

function checkbox(text: string, changed: () => void): [HTMLInputElement, HTMLLabelElement] {
  const input = element('input', { type: 'checkbox' });
  input.checked = true;
  input.addEventListener('change', changed);
  return [input, element('label', { class: 'toggle' }, input, text)];
}

function legendEntries(series: readonly AccuracySeries[], { rows }: View): LegendEntry[] {
  const entries: LegendEntry[] = [];
  for (const metric of metricsOf(rows.points))
    entries.push({ mark: 'solid', colour: `metric-${metric}`, text: `${metricName(metric)} metric` });
  const shown = new Set(series.map((curve) => curve.variant));
  if (shown.has('before')) entries.push({ mark: 'hollow', colour: 'neutral', text: VARIANT_NAMES.before });
  if (shown.has('test')) entries.push({ mark: 'cross', colour: 'neutral', text: VARIANT_NAMES.test });
  return entries;
}

function dataset({ metric, variant, points }: AccuracySeries, theme: Theme, small: boolean): Data {
  const colour = theme.metrics[metric];
  const before = variant === 'before';
  return {
    label: `${metricName(metric)}, ${VARIANT_NAMES[variant]}`,
    data: [...points],
    borderColor: before ? withAlpha(colour, 0.7) : colour,
    borderWidth: before ? 1.25 : 2,
    borderDash: before ? [4, 4] : [],
    showLine: variant !== 'test',
    pointStyle: variant === 'test' ? 'crossRot' : 'circle',
    pointRadius: small ? 1.5 : 4,
    pointHoverRadius: small ? 3 : 5,
    pointBorderWidth: 1.5,
    pointHoverBorderWidth: 1.5,
    pointBorderColor: colour,
    pointBackgroundColor: before ? theme.background : colour,
    pointHoverBackgroundColor: before ? theme.background : colour,
    // After retraining lies over before, test over both.
    order: { test: 1, after: 2, before: 3 }[variant],
  };
}

/** A ring around the selected model's point. */
function ring(selected: ModelRow | undefined, theme: Theme): Data[] {
  if (selected?.rank === undefined) return [];
  return [
    {
      data: [{ x: selected.rank, y: selected.after.mean, row: selected }],
      pointRadius: 8,
      pointHoverRadius: 8,
      pointBorderWidth: 2,
      pointHoverBorderWidth: 2,
      pointBorderColor: theme.foreground,
      pointBackgroundColor: 'transparent',
      order: 0,
    },
  ];
}

function options(
  theme: Theme,
  range: Range,
  lines: readonly Line[],
  ranks: readonly number[],
  width: number,
): ChartOptions<'line'> {
  const { type, min, max, ticks } = rankAxis(ranks, width - 60);
  const x = axisLook(theme, type === 'logarithmic' ? 'Rank (logarithmic)' : 'Rank');
  const y = axisLook(theme, 'Validation accuracy');
  return {
    ...STILL,
    interaction: { mode: 'nearest', intersect: false },
    scales: {
      x: {
        ...x,
        type,
        min,
        max,
        ticks: {
          ...x.ticks,
          autoSkip: ticks === undefined,
          includeBounds: false,
          maxRotation: 0,
          callback: (value) => String(value),
        },
        afterBuildTicks: (axis) => {
          if (ticks) axis.ticks = ticks.map((value) => ({ value }));
        },
      },
      y: {
        ...y,
        ...range,
        ticks: { ...y.ticks, includeBounds: false, maxTicksLimit: 7 },
        afterBuildTicks: (axis) => {
          axis.ticks = axis.ticks.filter((tick) => tick.value <= 1);
        },
      },
    },
    plugins: {
      annotation: { annotations: lines.map((line) => lineAnnotation(line, theme)) },
      tooltip: {
        ...tooltipLook<'line'>(theme),
        filter: (item) => item.dataset.label !== undefined,
        callbacks: {
          title: (items) => (items[0] ? modelName((items[0].raw as AccuracyPoint).row) : ''),
          label: ({ raw }) => describeRow((raw as AccuracyPoint).row),
          footer: (items) => (items[0] ? formatBytes((items[0].raw as AccuracyPoint).row.storageBytes) : ''),
        },
      },
    },
  };
}

function describeRow({ before, after, test }: ModelRow): string[] {
  return [
    `validation ${formatMean(after)}`,
    ...(before ? [`before retraining ${formatMean(before)}`] : []),
    ...(test ? [`test (report) ${formatMean(test)}`] : []),
  ];
}

function lineAnnotation({ kind, accuracy, label }: Line, theme: Theme): AnnotationOptions {
  return {
    type: 'line',
    scaleID: 'y',
    value: accuracy,
    borderColor: kind === 'baseline' ? theme.foreground : theme.muted,
    borderWidth: 1,
    borderDash: kind === 'baseline' ? [] : [6, 4],
    drawTime: 'beforeDatasetsDraw',
    label: {
      display: label !== '',
      content: label,
      position: 'start',
      yAdjust: -(theme.font.size / 2 + 4),
      backgroundColor: 'transparent',
      color: theme.foreground,
      font: { ...theme.font, weight: 'normal' },
      padding: { x: 4, y: 0 },
    },
  };
}
