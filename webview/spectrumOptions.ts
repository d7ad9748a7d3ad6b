import * as l10n from '@vscode/l10n';
import type { Metric } from '../src/core/recipe/recipe.ts';
import type { ChartDataset, ChartOptions } from 'chart.js';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import { axisLook, STILL, tooltipLook } from './chartBase.ts';
import type { XY } from '../src/core/report/decimate.ts';
import { formatPercent } from './format.ts';
import { metricName } from '../src/editor/pointName.ts';
import type { SeriesLook } from './seriesLook.ts';
import { rankTicks, type SpectrumCurve } from './spectrumCurves.ts';
import type { Theme } from './theme.ts';

/** What each rank keeps, or the values that it adds. */
export type SpectrumLook = 'kept' | 'values';

/** Relative to the largest: smaller ones are rounding. */
const SMALLEST = 1e-9;

export function spectrumDatasets(
  curves: readonly SpectrumCurve[],
  look: SpectrumLook,
  ranks: readonly number[],
  lookOf: (metric: Metric) => SeriesLook,
  theme: Theme,
): ChartDataset<'line', XY[]>[] {
  const planned = new Set(ranks);
  return curves.map((curve) => {
    const data = spectrumPoints(curve, look);
    const { colour: place, shape, dash } = lookOf(curve.metric);
    const colour = theme.palette[place] ?? theme.foreground;
    return {
      label: metricName(curve.metric),
      data,
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 1.5,
      borderDash: [...dash.segments],
      pointStyle: shape.pointStyle,
      pointRotation: shape.rotation,
      // Markers at the edges stay whole.
      clip: false,
      pointRadius: data.map(({ x }) => (planned.has(x) ? 4 : 0)),
      pointHoverRadius: 5,
    };
  });
}

function spectrumPoints({ values, kept }: SpectrumCurve, look: SpectrumLook): XY[] {
  if (look === 'kept') return kept.map((share, i) => ({ x: i + 1, y: 100 * share }));
  const largest = values[0] ?? 0;
  return values
    .map((value, i) => ({ x: i + 1, y: largest === 0 ? 0 : value / largest }))
    .filter(({ y }) => y > SMALLEST);
}

export function spectrumOptions(
  theme: Theme,
  curves: readonly SpectrumCurve[],
  look: SpectrumLook,
  selected: number | undefined,
): ChartOptions<'line'> {
  const highest = Math.max(2, ...curves.map(({ values }) => values.length));
  const x = axisLook(theme, l10n.t('Rank (logarithmic)'));
  const y = axisLook(theme, look === 'kept' ? l10n.t('Kept') : l10n.t('Eigenvalue / largest'));
  return {
    ...STILL,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        ...x,
        type: 'logarithmic',
        min: 1,
        max: highest,
        ticks: { ...x.ticks, autoSkip: true, maxRotation: 0, callback: (value) => String(value) },
        afterBuildTicks: (axis) => {
          axis.ticks = rankTicks(highest).map((value) => ({ value }));
        },
      },
      y:
        look === 'kept'
          ? {
              ...y,
              type: 'linear',
              min: 0,
              max: 100,
              ticks: { ...y.ticks, stepSize: 20, callback: (value) => `${value}\u00a0%` },
            }
          : {
              ...y,
              type: 'logarithmic',
              max: 1,
              ticks: { ...y.ticks, callback: (value) => powerOfTen(Number(value)) },
            },
    },
    plugins: {
      annotation: { annotations: selected === undefined ? [] : [rankLine(selected, theme)] },
      tooltip: {
        ...tooltipLook<'line'>(theme),
        callbacks: {
          title: (items) => l10n.t('Rank {0}', String(items[0]?.parsed.x ?? '')),
          label: ({ dataset, raw }) => {
            const value = (raw as XY).y;
            return `${dataset.label ?? ''} ${look === 'kept' ? formatPercent(value / 100) : value.toPrecision(3)}`;
          },
        },
      },
    },
  };
}

/** Labels a decade alone. */
function powerOfTen(value: number): string | undefined {
  const exponent = Math.log10(value);
  if (Math.abs(exponent - Math.round(exponent)) > 1e-9) return undefined;
  return value >= 0.01 ? String(value) : value.toExponential(0).replace('-', '−');
}

function rankLine(rank: number, theme: Theme): AnnotationOptions {
  return {
    type: 'line',
    scaleID: 'x',
    value: rank,
    borderColor: theme.foreground,
    borderWidth: 1,
    borderDash: [4, 3],
    label: {
      display: true,
      content: l10n.t('Rank {0}', String(rank)),
      position: 'start',
      backgroundColor: theme.background,
      color: theme.foreground,
      font: { ...theme.font, weight: 'normal' },
      padding: { x: 4, y: 2 },
    },
  };
}
