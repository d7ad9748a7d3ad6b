import type { ChartDataset } from 'chart.js';
import type { Axis } from './accuracyAxis.ts';
import { curveName, toPoints, type AccuracyPoint, type AccuracySeries } from './accuracySeries.ts';
import type { ModelRow } from './modelRows.ts';
import { COMPARED_DASHES, type Dash } from './seriesLook.ts';
import { withAlpha, type Theme } from './theme.ts';

export type AccuracyData = ChartDataset<'line', AccuracyPoint[]>;

/** A curve looks the same in every run; those of compared runs are hollow and differ in their dashes. */
export function comparedDash(place: number): Dash {
  return COMPARED_DASHES[(place - 1) % COMPARED_DASHES.length] ?? COMPARED_DASHES[0];
}

export function accuracyDataset(curve: AccuracySeries, theme: Theme, small: boolean): AccuracyData {
  const { of, variant, compared, points } = curve;
  const { shape, dash, colour: place } = of.look;
  const colour = theme.palette[place] ?? theme.foreground;
  const before = variant === 'before';
  const hollow = before || compared !== undefined;
  const radius = (small ? 2.5 : before ? 3 : 4) * shape.scale;
  const fill = hollow ? theme.background : colour;
  return {
    label: curveName(curve),
    data: [...points],
    borderColor: before && !theme.highContrast ? withAlpha(colour, 0.7) : colour,
    borderWidth: hollow || small ? 1.25 : 2,
    borderDash: [...(before ? [4, 4] : (compared ? comparedDash(compared.place) : dash).segments)],
    showLine: variant !== 'test',
    ...(variant === 'test'
      ? { pointStyle: 'crossRot' }
      : { pointStyle: shape.pointStyle, pointRotation: shape.rotation }),
    pointRadius: radius,
    pointHoverRadius: radius + 1.5,
    pointBorderWidth: 1.5,
    pointHoverBorderWidth: 1.5,
    pointBorderColor: colour,
    pointBackgroundColor: fill,
    pointHoverBackgroundColor: fill,
    // After retraining lies over before, test over both.
    order: { test: 1, after: compared ? 3 : 2, before: 4 }[variant],
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
