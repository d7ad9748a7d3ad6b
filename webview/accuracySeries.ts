import type { Metric } from '../src/core/recipe/recipe.ts';
import { formatAccuracy } from './format.ts';
import { metricName, type ModelRow, type ModelRows } from './modelRows.ts';

export type Variant = 'before' | 'after' | 'test';

export interface AccuracyPoint {
  /** The rank. */
  readonly x: number;
  /** The accuracy. */
  readonly y: number;
  readonly row: ModelRow;
}

export interface AccuracySeries {
  readonly metric: Metric;
  readonly variant: Variant;
  /** By rank, rising. */
  readonly points: readonly AccuracyPoint[];
}

/** The curves of the asked variants; those without a point are left out. */
export function accuracySeries(
  points: readonly ModelRow[],
  variants: ReadonlySet<Variant>,
): AccuracySeries[] {
  const series: AccuracySeries[] = [];
  for (const metric of metricsOf(points)) {
    const ofMetric = points
      .filter((row) => row.metric === metric)
      .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
    for (const variant of variants) {
      const curve = ofMetric.flatMap((row) => {
        const mean = row[variant]?.mean;
        return mean === undefined || row.rank === undefined ? [] : [{ x: row.rank, y: mean, row }];
      });
      if (curve.length > 0) series.push({ metric, variant, points: curve });
    }
  }
  return series;
}

/** The metrics that have points, in the points' order. */
export function metricsOf(points: readonly ModelRow[]): Metric[] {
  return [...new Set(points.flatMap((row) => (row.metric === undefined ? [] : [row.metric])))];
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

export interface RankAxis extends Range {
  readonly type: 'logarithmic' | 'linear';
  /** Ranks to be named; none where the axis names its own. */
  readonly ticks?: readonly number[];
}

/**
 * Logarithmic from a ratio of 8 on, where small ranks would be crowded together.
 *
 * @param width of the axis in px
 * @param gutter px of it to be kept free on the right
 */
export function rankAxis(ranks: readonly number[], width: number, gutter: number): RankAxis {
  const sorted = [...new Set(ranks)].sort((a, b) => a - b);
  const low = sorted[0] ?? 1;
  const high = sorted.at(-1) ?? 100;
  const logarithmic = high / low >= 8;
  const step = Math.max(1, 0.08 * (high - low));
  const place = logarithmic ? Math.log : (rank: number) => rank;
  const rankAt = logarithmic ? Math.exp : (at: number) => at;
  const min = logarithmic ? low / 1.25 : Math.max(0, low - step);
  const last = place(logarithmic ? high * 1.25 : high + step);
  const perPixel = (last - place(min)) / Math.max(width - gutter, 1);
  const max = rankAt(last + perPixel * gutter);
  const apart = 36 * perPixel;
  const wanted = sorted.length <= 16 ? sorted : logarithmic ? roundRanks(low, high) : undefined;
  return {
    type: logarithmic ? 'logarithmic' : 'linear',
    min,
    max,
    ...(wanted && { ticks: spaced(wanted, place, apart) }),
  };
}

/** 1, 2, 5, 10, … within the bounds. */
function roundRanks(low: number, high: number): number[] {
  const ranks: number[] = [];
  for (let decade = 1; decade <= high; decade *= 10)
    for (const factor of [1, 2, 5])
      if (factor * decade >= low && factor * decade <= high) ranks.push(factor * decade);
  return ranks;
}

/** Drops what would be written over its right neighbour. */
function spaced(sorted: readonly number[], place: (rank: number) => number, apart: number): number[] {
  const kept: number[] = [];
  for (const rank of sorted.toReversed()) {
    const right = kept[0];
    if (right === undefined || place(right) - place(rank) >= apart) kept.unshift(rank);
  }
  return kept;
}

export interface Line {
  readonly kind: 'baseline' | 'control';
  readonly accuracy: number;
  readonly label: string;
  /** Of two lines, however close, the lower one has its label below. */
  readonly labelled: 'above' | 'below';
}

/** The uncompressed model and its control, the upper one first. */
export function referenceLines({ baseline, control }: ModelRows): Line[] {
  const lines: Omit<Line, 'labelled'>[] = [];
  if (baseline) lines.push(line('baseline', 'Uncompressed', baseline));
  if (control) lines.push(line('control', 'Control', control));
  return lines
    .sort((a, b) => b.accuracy - a.accuracy)
    .map((each, i) => ({ ...each, labelled: i === 0 ? 'above' : 'below' }));
}

function line(kind: Line['kind'], name: string, row: ModelRow): Omit<Line, 'labelled'> {
  return { kind, accuracy: row.after.mean, label: `${name} ${formatAccuracy(row.after.mean)}` };
}

/** The chart in words. */
export function describeAccuracy(rows: ModelRows): string {
  const parts = ['Validation accuracy against rank.'];
  if (rows.baseline) parts.push(`Uncompressed ${formatAccuracy(rows.baseline.after.mean)}.`);
  if (rows.control) parts.push(`Control ${formatAccuracy(rows.control.after.mean)}.`);
  for (const { metric, points } of accuracySeries(rows.points, new Set<Variant>(['after']))) {
    const low = points[0];
    const high = points.at(-1);
    if (low === undefined || high === undefined) continue;
    const ends =
      points.length === 1
        ? `${formatAccuracy(low.y)} at rank ${low.x}`
        : `${formatAccuracy(low.y)} at rank ${low.x} to ${formatAccuracy(high.y)} at rank ${high.x}, ${points.length} points`;
    parts.push(`${metricName(metric)} metric: ${ends}.`);
  }
  if (rows.points.length === 0) parts.push('No points yet.');
  return `${parts.join(' ')} The table of models holds every figure.`;
}
