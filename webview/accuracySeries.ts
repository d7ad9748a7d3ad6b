import * as l10n from '@vscode/l10n';
import type { PanelRun } from '../src/editor/panelProtocol.ts';
import { settingName } from '../src/editor/pointName.ts';
import { placeOn, type Axis } from './accuracyAxis.ts';
import { formatAccuracy } from './format.ts';
import { runName, type ModelRow, type ModelRows, type Series } from './modelRows.ts';

export type Variant = 'before' | 'after' | 'test';

export interface AccuracyPoint {
  /** A size in bytes, or the rank. */
  readonly x: number;
  /** The accuracy. */
  readonly y: number;
  /** Of the accuracy over the seeds, where it is to be drawn. */
  readonly deviation?: number;
  readonly row: ModelRow;
}

export interface AccuracySeries {
  /** Its id. */
  readonly series: string;
  readonly of: Series;
  readonly variant: Variant;
  /** The compared run that it is of, and which one among them, from 1 on. */
  readonly compared?: { readonly run: PanelRun; readonly place: number };
  /** From left to right. */
  readonly points: readonly AccuracyPoint[];
}

/** The curves of the asked variants, and of compared runs the accuracy after retraining; empty ones are left out. */
export function accuracySeries(
  { points, compared, series }: ModelRows,
  variants: ReadonlySet<Variant>,
  axis: Axis,
): AccuracySeries[] {
  const own = curvesOf(points, variants, axis, series);
  const others = [...runsOf(compared)].flatMap(([run, rows], i) =>
    curvesOf(rows, new Set<Variant>(['after']), axis, series).map((curve) => ({
      ...curve,
      compared: { run, place: i + 1 },
    })),
  );
  return [...own, ...others];
}

function curvesOf(
  rows: readonly ModelRow[],
  variants: ReadonlySet<Variant>,
  axis: Axis,
  all: ModelRows['series'],
): AccuracySeries[] {
  const curves: AccuracySeries[] = [];
  for (const [series, of] of all) {
    const ofSeries = rows.filter((row) => row.series === series);
    for (const variant of variants) {
      const points = toPoints(ofSeries, variant, axis);
      if (points.length > 0) curves.push({ series, of, variant, points });
    }
  }
  return curves;
}

/** From left to right; rows without such a figure are left out. */
export function toPoints(rows: readonly ModelRow[], variant: Variant, axis: Axis): AccuracyPoint[] {
  return rows
    .flatMap((row) => {
      const figure = row[variant];
      const x = placeOn(axis, row);
      if (figure === undefined || x === undefined) return [];
      const { mean, deviation } = figure;
      // Bars of all variants of a point would lie over each other.
      const drawn = variant === 'after' && deviation !== undefined;
      return [{ x, y: mean, ...(drawn && { deviation }), row }];
    })
    .sort((a, b) => a.x - b.x);
}

function runsOf(compared: readonly ModelRow[]): Map<PanelRun, ModelRow[]> {
  const runs = new Map<PanelRun, ModelRow[]>();
  for (const row of compared)
    if (row.run !== undefined) runs.set(row.run, [...(runs.get(row.run) ?? []), row]);
  return runs;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** All values, with room for the lines' labels above them. */
export function accuracyRange(values: readonly number[]): Range {
  if (values.length === 0) return { min: 0, max: 1 };
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A difference of a thousandth would otherwise fill the chart as one of a tenth does.
  const span = Math.max(high - low, 0.02);
  const spare = (span - (high - low)) / 2;
  return { min: Math.max(0, low - spare - 0.1 * span), max: high + spare + 0.18 * span };
}

/** What the vertical axis has to show of the curves. */
export function heightsOf(series: readonly AccuracySeries[]): number[] {
  return series.flatMap(({ points }) =>
    points.flatMap(({ y, deviation = 0 }) => [Math.max(0, y - deviation), Math.min(1, y + deviation)]),
  );
}

export interface Line {
  readonly kind: 'baseline' | 'control';
  readonly accuracy: number;
  readonly label: string;
  /** Of two lines, however close, the lower one has its label below. */
  readonly labelled: 'above' | 'below';
}

/** The uncompressed model and its control, the upper one first. */
export function referenceLines({ baseline, control }: Pick<ModelRows, 'baseline' | 'control'>): Line[] {
  const lines: Omit<Line, 'labelled'>[] = [];
  if (baseline) lines.push(line('baseline', l10n.t('Uncompressed'), baseline));
  if (control) lines.push(line('control', l10n.t('Control'), control));
  return lines
    .sort((a, b) => b.accuracy - a.accuracy)
    .map((each, i) => ({ ...each, labelled: i === 0 ? 'above' : 'below' }));
}

function line(kind: Line['kind'], name: string, row: ModelRow): Omit<Line, 'labelled'> {
  return { kind, accuracy: row.after.mean, label: `${name} ${formatAccuracy(row.after.mean)}` };
}

/** The chart in words. */
export function describeAccuracy(rows: ModelRows, axis: Axis): string {
  const parts = [
    {
      embedding: l10n.t('Validation accuracy against the size of the embedding.'),
      bytes: l10n.t('Validation accuracy against the size of the whole model.'),
      rank: l10n.t('Validation accuracy against rank.'),
    }[axis],
  ];
  for (const { label } of referenceLines(rows)) parts.push(`${label}.`);
  for (const curve of accuracySeries(rows, new Set<Variant>(['after']), axis)) {
    const { points } = curve;
    const low = points[0];
    const high = points.at(-1);
    if (low === undefined || high === undefined) continue;
    const name = curveName(curve);
    parts.push(
      points.length === 1
        ? l10n.t('{0}: {1} at {2}.', name, formatAccuracy(low.y), settingName(low.row))
        : l10n.t(
            '{0}: {1} at {2} to {3} at {4}, {5} points.',
            name,
            formatAccuracy(low.y),
            settingName(low.row),
            formatAccuracy(high.y),
            settingName(high.row),
            points.length,
          ),
    );
  }
  if (rows.points.length === 0) parts.push(l10n.t('No points yet.'));
  return `${parts.join(' ')} ${l10n.t('The table of models holds every figure.')}`;
}

/** Which curves have no place on the axis, if some have none. */
export function describeAbsent({ points, compared, series }: ModelRows, axis: Axis): string {
  const models = [...points, ...compared].filter((row) => row.kind === 'point');
  const absent = new Set(models.filter((row) => placeOn(axis, row) === undefined).map((row) => row.series));
  const names = [...series].flatMap(([id, { name }]) => (absent.has(id) ? [name] : []));
  return names.length === 0 ? '' : l10n.t('Without a rank, and so not shown: {0}.', names.join('; '));
}

/** `Low rank: Task`, or `sst2-dan (24 Nov, 10:30): Low rank: Task` of a compared run. */
export function curveName({ of, compared }: Pick<AccuracySeries, 'of' | 'compared'>): string {
  return compared === undefined ? of.name : `${runName(compared.run)}: ${of.name}`;
}
