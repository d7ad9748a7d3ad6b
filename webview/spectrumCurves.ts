import * as l10n from '@vscode/l10n';
import type { Metric } from '../src/core/recipe/recipe.ts';
import type { SpectrumReport } from '../src/core/report/reports.ts';
import { formatCount, formatPercent, withoutZeros } from './format.ts';
import { keptShares, rankKeeping } from './model/keptShares.ts';
import { metricName } from '../src/editor/pointName.ts';

/** What each rank keeps by one metric, rank k at index k - 1. */
export interface SpectrumCurve {
  readonly metric: Metric;
  /** Eigenvalues, descending: of W^T W these are the squares of the singular values. */
  readonly values: readonly number[];
  /** The share of their sum in the first k. */
  readonly kept: readonly number[];
}

/** The share that the text names a rank for. */
const MOST = 0.9;

/** Task first, as everywhere. */
export function spectrumCurves(report: SpectrumReport): SpectrumCurve[] {
  const curve = (metric: Metric, values: readonly number[]): SpectrumCurve => ({
    metric,
    values: values.map((value) => value ** 2),
    kept: keptShares(values),
  });
  const felt = (metric: Metric, eigenvalues: readonly number[] | undefined): SpectrumCurve[] =>
    eigenvalues === undefined
      ? []
      : // Rounding makes the smallest eigenvalues negative; they keep nothing.
        [
          curve(
            metric,
            eigenvalues.map((value) => Math.sqrt(Math.max(0, value))),
          ),
        ];
  return [
    ...felt('task', report.taskEigenvalues),
    curve('spectrum', report.singularValues),
    ...felt('frequency', report.frequencyEigenvalues),
    ...felt('task-frequency', report.taskFrequencyEigenvalues),
  ];
}

/** `Rank 3 of 100 keeps 90.0 % of the task metric's eigenvalues.` */
export function describeMost(curve: SpectrumCurve): string {
  const rank = String(rankKeeping(MOST, curve.kept) ?? curve.kept.length);
  const of = String(curve.kept.length);
  const share = withoutZeros(formatPercent(MOST));
  switch (curve.metric) {
    case 'task':
      return l10n.t('Rank {0} of {1} keeps {2} of what the task depends on (task metric).', rank, of, share);
    case 'spectrum':
      return l10n.t(
        'Rank {0} of {1} keeps {2} of the squared singular values (spectrum metric).',
        rank,
        of,
        share,
      );
    case 'frequency':
      return l10n.t('Rank {0} of {1} keeps {2} with words weighted by their counts.', rank, of, share);
    case 'task-frequency':
      return l10n.t(
        'Rank {0} of {1} keeps {2} of what the task depends on with words weighted by their counts.',
        rank,
        of,
        share,
      );
  }
}

/** `Rank 9 keeps 99.1 % (Task), 32.4 % (Spectrum).` */
export function describeRank(curves: readonly SpectrumCurve[], rank: number): string {
  return l10n.t('Rank {0} keeps {1}.', String(rank), keptBy(curves, rank));
}

export function describeSpectrum(
  report: SpectrumReport,
  curves: readonly SpectrumCurve[],
  ranks: readonly number[],
): string {
  const { rows, dimension } = report;
  const size = l10n.t(
    'Spectrum of an embedding of {0} words in {1} dimensions.',
    formatCount(rows),
    String(dimension),
  );
  return [size, ...curves.map(describeMost), ...ranks.map((rank) => describeRank(curves, rank))].join(' ');
}

function keptBy(curves: readonly SpectrumCurve[], rank: number): string {
  return curves
    .map(
      ({ metric, kept }) =>
        `${formatPercent(kept[Math.min(rank, kept.length) - 1] ?? 0)} (${metricName(metric)})`,
    )
    .join(', ');
}

/** 1, 2, 5, 10, 20, 50 and so on up to the highest rank: the ticks of a logarithmic axis. */
export function rankTicks(highest: number): number[] {
  const ticks: number[] = [];
  for (let decade = 1; decade <= highest; decade *= 10)
    for (const digit of [1, 2, 5]) if (digit * decade <= highest) ticks.push(digit * decade);
  return ticks;
}
