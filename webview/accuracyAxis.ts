import * as l10n from '@vscode/l10n';
import type { PointSettings } from '../src/core/compression/method.ts';
import type { PanelPageState } from '../src/editor/panelProtocol.ts';
import { formatBytes, withoutZeros } from './format.ts';
import type { ModelRow } from './modelRows.ts';

/** What the horizontal axis shows. */
export type Axis = NonNullable<PanelPageState['axis']>;

export interface HorizontalAxis {
  readonly type: 'logarithmic' | 'linear';
  readonly title: string;
  readonly min: number;
  readonly max: number;
  /** Values to be named; none where the axis names its own. */
  readonly ticks?: readonly number[];
  readonly name: (value: number) => string;
}

/** Where a point stands on the axis; those without a rank have no place among ranks. */
export function placeOn(axis: Axis, row: ModelRow): number | undefined {
  if (row.kind !== 'point') return undefined;
  return { embedding: row.embeddingBytes, bytes: row.storageBytes, rank: row.rank }[axis];
}

/** Ranks where all models have one, else what all of them have. */
export function defaultAxis(points: readonly Partial<PointSettings>[]): Axis {
  return points.every(({ rank }) => rank !== undefined) ? 'rank' : 'embedding';
}

/** Room for a tick's name and the gap to the next, in px. */
const TICK_WIDTHS: Readonly<Record<Axis, number>> = { rank: 36, bytes: 60, embedding: 60 };

/**
 * Ranks stand on a logarithmic axis from a ratio of 8 on, where small ones would be crowded together; sizes always,
 * for it is their ratio that counts.
 *
 * @param width of the axis in px
 * @param gutter px of it to be kept free on the right
 */
export function horizontalAxis(
  values: readonly number[],
  axis: Axis,
  width: number,
  gutter: number,
): HorizontalAxis {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const low = sorted[0] ?? 1;
  const high = sorted.at(-1) ?? 100;
  const logarithmic = axis !== 'rank' || high / low >= 8;
  const step = Math.max(1, 0.08 * (high - low));
  const place = logarithmic ? Math.log : (value: number) => value;
  const valueAt = logarithmic ? Math.exp : (at: number) => at;
  const min = logarithmic ? low / 1.25 : Math.max(0, low - step);
  const last = place(logarithmic ? high * 1.25 : high + step);
  const perPixel = (last - place(min)) / Math.max(width - gutter, 1);
  const wanted = axis === 'rank' ? rankTicks(sorted, logarithmic) : sizeTicks(sorted, min, valueAt(last));
  return {
    type: logarithmic ? 'logarithmic' : 'linear',
    title: title(axis, logarithmic),
    min,
    max: valueAt(last + perPixel * gutter),
    ...(wanted && { ticks: spaced(wanted, place, TICK_WIDTHS[axis] * perPixel) }),
    name: axis === 'rank' ? String : (value) => withoutZeros(formatBytes(value)),
  };
}

function title(axis: Axis, logarithmic: boolean): string {
  if (axis === 'embedding') return l10n.t('Size of the embedding (logarithmic)');
  if (axis === 'bytes') return l10n.t('Size of the whole model (logarithmic)');
  return logarithmic ? l10n.t('Rank (logarithmic)') : l10n.t('Rank');
}

/** The ranks themselves, where they are few. */
function rankTicks(sorted: readonly number[], logarithmic: boolean): readonly number[] | undefined {
  if (sorted.length <= 16) return sorted;
  return logarithmic ? roundValues(sorted[0] ?? 1, sorted.at(-1) ?? 1) : undefined;
}

/** Round sizes, unless the models differ too little to have two between them. */
function sizeTicks(sorted: readonly number[], low: number, high: number): readonly number[] {
  const round = roundValues(low, high);
  return round.length > 1 ? round : sorted;
}

/** 1, 2, 5, 10, … within the bounds. */
function roundValues(low: number, high: number): number[] {
  const values: number[] = [];
  for (let decade = 1; decade <= high; decade *= 10)
    for (const factor of [1, 2, 5])
      if (factor * decade >= low && factor * decade <= high) values.push(factor * decade);
  return values;
}

/** Drops what would be written over its right neighbour. */
function spaced(sorted: readonly number[], place: (value: number) => number, apart: number): number[] {
  const kept: number[] = [];
  for (const value of sorted.toReversed()) {
    const right = kept[0];
    if (right === undefined || place(right) - place(value) >= apart) kept.unshift(value);
  }
  return kept;
}
