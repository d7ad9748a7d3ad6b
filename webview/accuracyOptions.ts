import * as l10n from '@vscode/l10n';
import type { ChartOptions } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import { horizontalAxis, type Axis } from './accuracyAxis.ts';
import type { AccuracyPoint, Line, Range } from './accuracySeries.ts';
import { axisLook, STILL, tooltipLook } from './chartBase.ts';
import { TAG } from './floorLine.ts';
import { timesSmaller } from './floorText.ts';
import { formatAccuracy, formatBytes, formatMean } from './format.ts';
import { modelName, type ModelRow } from './modelRows.ts';
import type { Theme } from './theme.ts';

export interface AccuracyFrame {
  readonly axis: Axis;
  /** What is shown on the horizontal axis. */
  readonly places: readonly number[];
  readonly range: Range;
  /** Whose tag stands on the vertical axis. */
  readonly floor: number | undefined;
  readonly lines: readonly Line[];
  /** Of the chart, in px. */
  readonly width: number;
  /** What the labels of the lines take up on the right, in px; 0 where the lines have none. */
  readonly gutter: number;
  /** While the floor is dragged, tooltips would only be in the way. */
  readonly dragging: boolean;
  /** The model that they compare sizes with. */
  readonly baseline: ModelRow | undefined;
}

/** What the vertical axis takes of the width, and about how high it is, in px. */
const AXIS_WIDTH = 60;
const CHART_HEIGHT = 250;
/** Of a line's label, in widths of a letter. */
const LABEL_LETTERS = 12;

export function labelGutter(theme: Theme): number {
  return LABEL_LETTERS * theme.font.size;
}

export function accuracyOptions(
  theme: Theme,
  { axis, places, range, floor, lines, width, gutter, dragging, baseline }: AccuracyFrame,
): ChartOptions<'line'> {
  const { type, title, min, max, ticks, name } = horizontalAxis(places, axis, width - AXIS_WIDTH, gutter);
  const x = axisLook(theme, title);
  const y = axisLook(theme, l10n.t('Validation accuracy'));
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
          callback: (value) => name(Number(value)),
        },
        afterBuildTicks: (scale) => {
          if (ticks) scale.ticks = ticks.map((value) => ({ value }));
        },
      },
      y: {
        ...y,
        ...range,
        ticks: {
          ...y.ticks,
          includeBounds: false,
          maxTicksLimit: 7,
          // A grid line stays where the floor's tag covers its figure.
          callback: (value) => (isCovered(Number(value), range, floor) ? '' : formatAccuracy(Number(value))),
        },
        afterBuildTicks: (scale) => {
          scale.ticks = scale.ticks.filter((tick) => tick.value <= 1);
        },
      },
    },
    plugins: {
      annotation: { annotations: lines.map((line) => lineAnnotation(line, theme, gutter > 0)) },
      tooltip: {
        ...tooltipLook<'line'>(theme),
        enabled: !dragging,
        // Its title names the series.
        displayColors: false,
        filter: (item) => item.dataset.label !== undefined,
        callbacks: {
          title: (items) => (items[0] ? modelName((items[0].raw as AccuracyPoint).row) : ''),
          label: ({ raw }) => describeRow((raw as AccuracyPoint).row),
          footer: (items) => (items[0] ? describeSize((items[0].raw as AccuracyPoint).row, baseline) : ''),
        },
      },
    },
  };
}

function isCovered(value: number, { min, max }: Range, floor: number | undefined): boolean {
  return floor !== undefined && Math.abs(value - floor) < ((max - min) * TAG.height) / CHART_HEIGHT;
}

function describeRow({ before, after, test }: ModelRow): string[] {
  return [
    l10n.t('validation {0}', formatMean(after)),
    ...(before ? [l10n.t('before retraining {0}', formatMean(before))] : []),
    ...(test ? [l10n.t('test (report) {0}', formatMean(test))] : []),
  ];
}

function describeSize(row: ModelRow, baseline: ModelRow | undefined): string {
  const times = row.run === undefined ? timesSmaller(row, baseline) : undefined;
  return [formatBytes(row.storageBytes), ...(times === undefined ? [] : [times])].join(', ');
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
