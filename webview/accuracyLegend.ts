import * as l10n from '@vscode/l10n';
import { comparedLook } from './accuracyDatasets.ts';
import { seriesName, type AccuracySeries, type Line } from './accuracySeries.ts';
import type { LegendEntry } from './legend.ts';

interface Shown {
  readonly series: readonly AccuracySeries[];
  /** Those that have no label in the chart. */
  readonly lines: readonly Line[];
  readonly front: boolean;
  readonly floor: boolean;
}

export function accuracyLegend({ series, lines, front, floor }: Shown): LegendEntry[] {
  const entries: LegendEntry[] = [];
  for (const curve of series) {
    if (curve.variant !== 'after') continue;
    const { metric, compared } = curve;
    const mark = compared === undefined ? 'solid' : comparedLook(compared.place).mark;
    entries.push({ mark, colour: `metric-${metric}`, text: seriesName(curve) });
  }
  const shown = new Set(series.map((curve) => curve.variant));
  if (shown.has('before'))
    entries.push({ mark: 'hollow', colour: 'neutral', text: l10n.t('Before retraining') });
  if (shown.has('test')) entries.push({ mark: 'cross', colour: 'neutral', text: l10n.t('Test (report)') });
  if (series.some(({ points }) => points.some((point) => point.deviation !== undefined)))
    entries.push({ mark: 'deviation', colour: 'neutral', text: l10n.t('Standard deviation over seeds') });
  for (const { kind, label } of lines)
    entries.push({ mark: kind === 'baseline' ? 'line' : 'dashed', colour: 'neutral', text: label });
  if (front) entries.push({ mark: 'stepped', colour: 'series-front', text: l10n.t('Pareto front') });
  if (floor) entries.push({ mark: 'line', colour: 'series-floor', text: l10n.t('Accuracy floor') });
  return entries;
}
