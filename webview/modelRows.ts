import * as l10n from '@vscode/l10n';
import type { Metric } from '../src/core/recipe/recipe.ts';
import type { Trial, TrialResult } from '../src/core/sweep/trial.ts';
import type { ComparedRun, PanelRun } from '../src/editor/panelProtocol.ts';

/** A mean over seeds; the deviation is the sample's and is there from two seeds on. */
export interface Mean {
  readonly mean: number;
  readonly deviation?: number;
}

/** One model of the run, its seeds taken together: a row of the table and a point of the charts. */
export interface ModelRow {
  /** Stable while a run goes on, so that a selection holds. */
  readonly id: string;
  /** The run that it comes from, where that is not the panel's own but one compared with it. */
  readonly run?: PanelRun;
  readonly kind: Trial['kind'];
  readonly metric?: Metric;
  readonly rank?: number;
  readonly reduction?: number;
  readonly parameters: number;
  readonly storageBytes: number;
  readonly flopsPerSentence: number;
  readonly before?: Mean;
  readonly after: Mean;
  readonly test?: Mean;
  readonly macroF1?: Mean;
  readonly seconds: number;
  /** How many it is the mean of. */
  readonly seeds: number;
  /** The ids of its trials; none for a compared run's, for the ids of the panel's own may be the same. */
  readonly trials: readonly string[];
}

export interface ModelRows {
  readonly baseline?: ModelRow;
  readonly control?: ModelRow;
  /** By metric, then from the highest rank to the lowest. */
  readonly points: readonly ModelRow[];
  /** All models of the runs that are compared with this one, run by run. */
  readonly compared: readonly ModelRow[];
}

const METRIC_NAMES: Readonly<Record<Metric, string>> = { task: l10n.t('Task'), spectrum: l10n.t('Spectrum') };

export function metricName(metric: Metric): string {
  return METRIC_NAMES[metric];
}

/** `Task, rank 9`, the name of a model wherever it is named alone; one of a compared run is named after that, too. */
export function modelName(model: Pick<ModelRow, 'kind' | 'metric' | 'rank' | 'run'>): string {
  const name = nameInRun(model);
  return model.run === undefined ? name : `${runName(model.run)}: ${name}`;
}

/** The same without the run. */
export function nameInRun({ kind, metric, rank }: Pick<ModelRow, 'kind' | 'metric' | 'rank'>): string {
  if (kind === 'baseline') return l10n.t('Uncompressed');
  if (kind === 'control') return l10n.t('Control, retrained');
  const name = metric === undefined ? l10n.t('Low rank') : metricName(metric);
  return rank === undefined ? name : l10n.t('{0}, rank {1}', name, rank);
}

/** `sst2-dan (24 Nov, 10:30)`: two runs of a recipe differ in their start. */
export function runName({ recipe, startedAt }: PanelRun): string {
  const start = new Date(startedAt).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  });
  return `${recipe} (${start})`;
}

/** Takes the seeds of each model together. Test figures of the run are left out unless `withTest`. */
export function modelRows(
  results: readonly TrialResult[],
  withTest: boolean,
  compared: readonly ComparedRun[] = [],
): ModelRows {
  const { baseline, control, points } = ownRows(results, withTest);
  return {
    ...(baseline && { baseline }),
    ...(control && { control }),
    points,
    compared: compared.flatMap(comparedRows),
  };
}

function comparedRows({ run, results }: ComparedRun): ModelRow[] {
  const { baseline, control, points } = ownRows(results, true);
  return [baseline, control, ...points]
    .filter((row) => row !== undefined)
    .map((row) => ({ ...row, id: `${run.key} ${row.id}`, run, trials: [] }));
}

function ownRows(results: readonly TrialResult[], withTest: boolean): Omit<ModelRows, 'compared'> {
  const groups = new Map<string, TrialResult[]>();
  for (const result of results) {
    const id = rowId(result);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [result]);
    else group.push(result);
  }
  const rows = [...groups].map(([id, group]) => toRow(id, group, withTest));
  const baseline = rows.find((row) => row.kind === 'baseline');
  const control = rows.find((row) => row.kind === 'control');
  const points = rows
    .filter((row) => row.kind === 'point')
    .sort((a, b) => compareMetrics(a.metric, b.metric) || (b.rank ?? 0) - (a.rank ?? 0));
  return {
    ...(baseline && { baseline }),
    ...(control && { control }),
    points,
  };
}

/** Task first, for it is the default. */
function compareMetrics(a: Metric | undefined, b: Metric | undefined): number {
  return (b ?? '').localeCompare(a ?? '');
}

function rowId({ kind, metric, split, rank }: TrialResult): string {
  return kind === 'point' ? [metric, split, `k${rank ?? 0}`].join('-') : kind;
}

function toRow(id: string, group: readonly TrialResult[], withTest: boolean): ModelRow {
  const [first] = group;
  if (first === undefined) throw new Error(`Model ${id} has no trial.`);
  const before = mean(group.map((result) => result.validationAccuracyBefore));
  const after = mean(group.map((result) => result.validationAccuracy));
  const test = withTest ? mean(group.map((result) => result.testAccuracy)) : undefined;
  const macroF1 = withTest ? mean(group.map((result) => result.macroF1)) : undefined;
  return {
    id,
    kind: first.kind,
    ...(first.metric !== undefined && { metric: first.metric }),
    ...(first.rank !== undefined && { rank: first.rank }),
    ...(first.reduction !== undefined && { reduction: first.reduction }),
    parameters: first.parameters,
    storageBytes: first.storageBytes,
    flopsPerSentence: first.flopsPerSentence,
    ...(before && { before }),
    after: after ?? { mean: first.validationAccuracy },
    ...(test && { test }),
    ...(macroF1 && { macroF1 }),
    seconds: mean(group.map((result) => result.seconds))?.mean ?? 0,
    seeds: group.length,
    trials: group.map((result) => result.trial),
  };
}

function mean(values: readonly (number | undefined)[]): Mean | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const centre = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return { mean: centre };
  const squares = known.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, deviation: Math.sqrt(squares / (known.length - 1)) };
}
