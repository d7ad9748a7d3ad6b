import type { ChartDataset, ChartOptions } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import {
  rankAxis,
  type AccuracyPoint,
  type AccuracySeries,
  type Line,
  type Range,
  type Variant,
} from './accuracySeries.ts';
import { axisLook, STILL, tooltipLook } from './chartBase.ts';
import { formatBytes, formatMean } from './format.ts';
import { metricName, modelName, type ModelRow } from './modelRows.ts';
import { withAlpha, type Theme } from './theme.ts';

export type AccuracyData = ChartDataset<'line', AccuracyPoint[]>;

const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  after: 'after retraining',
  before: 'before retraining',
  test: 'test (report)',
};

export function accuracyDataset(
  { metric, variant, points }: AccuracySeries,
  theme: Theme,
  small: boolean,
): AccuracyData {
  const colour = theme.metrics[metric];
  const before = variant === 'before';
  return {
    label: `${metricName(metric)}, ${VARIANT_NAMES[variant]}`,
    data: [...points],
    borderColor: before && !theme.highContrast ? withAlpha(colour, 0.7) : colour,
    borderWidth: before || small ? 1.25 : 2,
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
export function selectionRing(selected: ModelRow | undefined, theme: Theme): AccuracyData[] {
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

export interface AccuracyFrame {
  readonly range: Range;
  readonly lines: readonly Line[];
  readonly ranks: readonly number[];
  /** Of the chart, in px. */
  readonly width: number;
  /** Whether the lines are labelled, in a gutter on the right. */
  readonly labelled: boolean;
}

/** Of a line's label, in widths of a letter. */
const LABEL_LETTERS = 11;
/** Of the vertical axis, in px. */
const AXIS_WIDTH = 60;

export function accuracyOptions(
  theme: Theme,
  { range, lines, ranks, width, labelled }: AccuracyFrame,
): ChartOptions<'line'> {
  const gutter = labelled && lines.length > 0 ? LABEL_LETTERS * theme.font.size : 0;
  const { type, min, max, ticks } = rankAxis(ranks, width - AXIS_WIDTH, gutter);
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
      annotation: { annotations: lines.map((line) => lineAnnotation(line, theme, labelled)) },
      tooltip: {
        ...tooltipLook<'line'>(theme),
        // Its title names the series.
        displayColors: false,
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

function lineAnnotation(
  { kind, accuracy, label, labelled: side }: Line,
  theme: Theme,
  labelled: boolean,
): AnnotationOptions {
  const offset = theme.font.size / 2 + 4;
  return {
    type: 'line',
    scaleID: 'y',
    value: accuracy,
    borderColor: kind === 'baseline' ? theme.foreground : theme.muted,
    borderWidth: 1,
    borderDash: kind === 'baseline' ? [] : [6, 4],
    drawTime: 'beforeDatasetsDraw',
    label: {
      display: labelled,
      content: label,
      position: 'end',
      yAdjust: side === 'above' ? -offset : offset,
      backgroundColor: 'transparent',
      color: theme.foreground,
      font: { ...theme.font, weight: 'normal' },
      padding: { x: 4, y: 0 },
    },
  };
}
