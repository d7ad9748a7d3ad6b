import * as l10n from '@vscode/l10n';
import { comparedDash } from './accuracyDatasets.ts';
import type { AccuracySeries, Line } from './accuracySeries.ts';
import type { LegendEntry } from './legend.ts';
import { runName, type ModelRows } from './modelRows.ts';
import { seriesLook } from './seriesLook.ts';

interface Shown {
  readonly rows: ModelRows;
  readonly hidden: ReadonlySet<string>;
  readonly series: readonly AccuracySeries[];
  /** Those that have no label in the chart. */
  readonly lines: readonly Line[];
  readonly front: boolean;
  readonly floor: boolean;
}

/** Each curve that has points, to be taken out and in again, then what else there is. */
export function accuracyLegend({ rows, hidden, series, lines, front, floor }: Shown): LegendEntry[] {
  const withPoints = new Set([...rows.points, ...rows.compared].map((row) => row.series));
  const curves = [...rows.series].filter(([id]) => withPoints.has(id));
  const entries = curves.map(([id, { name, look }]): LegendEntry => ({
    mark: { shape: look.shape, dash: look.dash, isHollow: false },
    colour: `colour-${look.colour}`,
    text: name,
    ...(curves.length > 1 && { toggle: { id, isShown: !hidden.has(id) } }),
  }));
  const { shape } = seriesLook(0);
  const compared = new Map(
    series.flatMap((curve) => (curve.compared ? [[curve.compared.run, curve.compared.place]] : [])),
  );
  for (const [run, place] of compared)
    entries.push({
      mark: { shape, dash: comparedDash(place), isHollow: true },
      colour: 'neutral',
      text: runName(run),
    });
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
