import type { ChartDataset, PointStyle } from 'chart.js';
import type { Axis } from './accuracyAxis.ts';
import { seriesName, toPoints, type AccuracyPoint, type AccuracySeries } from './accuracySeries.ts';
import type { Mark } from './legend.ts';
import type { ModelRow } from './modelRows.ts';
import { withAlpha, type Theme } from './theme.ts';

export type AccuracyData = ChartDataset<'line', AccuracyPoint[]>;

interface RunLook {
  readonly mark: Mark;
  readonly pointStyle: PointStyle;
  readonly dash: readonly number[];
}

/** A metric has its colour in every run; compared runs differ in the shape of their points and in their dashes. */
const COMPARED_LOOKS: readonly [RunLook, ...RunLook[]] = [
  { mark: 'triangle', pointStyle: 'triangle', dash: [8, 4] },
  { mark: 'square', pointStyle: 'rect', dash: [2, 3] },
  { mark: 'diamond', pointStyle: 'rectRot', dash: [8, 3, 2, 3] },
];

export function comparedLook(place: number): RunLook {
  return COMPARED_LOOKS[(place - 1) % COMPARED_LOOKS.length] ?? COMPARED_LOOKS[0];
}

export function accuracyDataset(series: AccuracySeries, theme: Theme, small: boolean): AccuracyData {
  const { metric, variant, compared, points } = series;
  const colour = theme.metrics[metric];
  const before = variant === 'before';
  const look = compared && comparedLook(compared.place);
  return {
    label: seriesName(series),
    data: [...points],
    borderColor: before && !theme.highContrast ? withAlpha(colour, 0.7) : colour,
    borderWidth: before || small || look ? 1.25 : 2,
    borderDash: before ? [4, 4] : [...(look?.dash ?? [])],
    showLine: variant !== 'test',
    pointStyle: variant === 'test' ? 'crossRot' : (look?.pointStyle ?? 'circle'),
    pointRadius: small ? 1.5 : look ? 4.5 : 4,
    pointHoverRadius: small ? 3 : 5,
    pointBorderWidth: 1.5,
    pointHoverBorderWidth: 1.5,
    pointBorderColor: colour,
    pointBackgroundColor: before ? theme.background : colour,
    pointHoverBackgroundColor: before ? theme.background : colour,
    // After retraining lies over before, test over both.
    order: { test: 1, after: look ? 3 : 2, before: 4 }[variant],
  };
}

/** The best accuracy that each size reaches, as steps behind the curves; smallest first. */
export function frontDataset(front: readonly ModelRow[], theme: Theme, axis: Axis): AccuracyData {
  return {
    data: toPoints(front, 'after', axis).map(({ x, y, row }) => ({ x, y, row })),
    stepped: 'before',
    borderColor: theme.front,
    borderWidth: 4,
    pointRadius: 0,
    pointHoverRadius: 0,
    order: 5,
  };
}

/** A ring around the selected model's point, and a disc behind the smallest one that reaches the floor. */
export function markedPoints(
  selected: ModelRow | undefined,
  smallest: ModelRow | undefined,
  theme: Theme,
  axis: Axis,
): AccuracyData[] {
  const at = (row: ModelRow | undefined): AccuracyPoint[] =>
    row === undefined ? [] : toPoints([row], 'after', axis).map(({ x, y }) => ({ x, y, row }));
  return [
    {
      data: at(selected),
      pointRadius: 8,
      pointHoverRadius: 8,
      pointBorderWidth: 2,
      pointHoverBorderWidth: 2,
      pointBorderColor: theme.foreground,
      pointBackgroundColor: 'transparent',
      order: 0,
    },
    {
      data: at(smallest),
      pointRadius: 12,
      pointHoverRadius: 12,
      pointBorderWidth: 1.5,
      pointHoverBorderWidth: 1.5,
      pointBorderColor: theme.floor,
      pointHoverBorderColor: theme.floor,
      pointBackgroundColor: withAlpha(theme.floor, 0.25),
      pointHoverBackgroundColor: withAlpha(theme.floor, 0.25),
      order: 6,
    },
  ];
}
