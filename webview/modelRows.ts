import type { Metric } from '../src/core/recipe/recipe.ts';
import type { Trial, TrialResult } from '../src/core/sweep/trial.ts';

/** A mean over seeds; the deviation is the sample's and is there from two seeds on. */
export interface Mean {
  readonly mean: number;
  readonly deviation?: number;
}

/** One model of the run, its seeds taken together: a row of the table and a point of the charts. */
export interface ModelRow {
  /** Stable while a run goes on, so that a selection holds. */
  readonly id: string;
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
  /** The ids of the trials it is the mean of. */
  readonly trials: readonly string[];
}

export interface ModelRows {
  readonly baseline?: ModelRow;
  readonly control?: ModelRow;
  /** By metric, then from the highest rank to the lowest. */
  readonly points: readonly ModelRow[];
}

const METRIC_NAMES: Readonly<Record<Metric, string>> = { task: 'Task', spectrum: 'Spectrum' };

export function metricName(metric: Metric): string {
  return METRIC_NAMES[metric];
}

/** `Task, rank 9`, the name of a model wherever it is named alone. */
export function modelName(model: Pick<ModelRow, 'kind' | 'metric' | 'rank'>): string {
  if (model.kind === 'baseline') return 'Uncompressed';
  if (model.kind === 'control') return 'Control, retrained';
  const metric = model.metric === undefined ? 'Low rank' : metricName(model.metric);
  return model.rank === undefined ? metric : `${metric}, rank ${model.rank}`;
}

/** Takes the seeds of each model together. Test figures are left out unless `withTest`. */
export function modelRows(results: readonly TrialResult[], withTest: boolean): ModelRows {
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

/** The most accurate point on the validation set, the smallest of equals. */
export function bestPoint(points: readonly ModelRow[]): ModelRow | undefined {
  let best: ModelRow | undefined;
  for (const point of points) {
    const gain = best === undefined ? 1 : point.after.mean - best.after.mean;
    if (best === undefined || gain > 0 || (gain === 0 && point.storageBytes < best.storageBytes))
      best = point;
  }
  return best;
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
