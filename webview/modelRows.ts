import type { PointSettings } from '../src/core/compression/method.ts';
import type { Metric } from '../src/core/recipe/recipe.ts';
import type { LayerCost, Latency, Trial, TrialResult } from '../src/core/sweep/trial.ts';
import type { ComparedRun, PanelRun } from '../src/editor/panelProtocol.ts';
import { pointName, seriesName } from '../src/editor/pointName.ts';
import { seriesLook, type SeriesLook } from './seriesLook.ts';

/** A mean over seeds; the deviation is the sample's and is there from two seeds on. */
export interface Mean {
  readonly mean: number;
  readonly deviation?: number;
}

/** One model of the run, its seeds taken together: a row of the table and a point of the charts. */
export interface ModelRow extends Partial<PointSettings> {
  /** Stable while a run goes on, so that a selection holds. */
  readonly id: string;
  /** The run that it comes from, where that is not the panel's own but one compared with it. */
  readonly run?: PanelRun;
  readonly kind: Trial['kind'];
  readonly reduction?: number;
  readonly parameters: number;
  readonly embeddingBytes: number;
  readonly storageBytes: number;
  readonly flopsPerSentence: number;
  readonly layers: readonly LayerCost[];
  readonly latency?: Latency;
  readonly before?: Mean;
  readonly after: Mean;
  readonly test?: Mean;
  readonly macroF1?: Mean;
  /** Epochs that it has had, where there is one seed. */
  readonly epochs?: number;
  readonly seconds: number;
  /** How many it is the mean of. */
  readonly seeds: number;
  /** The ids of its trials; none for a compared run's, for the ids of the panel's own may be the same. */
  readonly trials: readonly string[];
}

export interface ModelRows {
  readonly baseline?: ModelRow;
  readonly control?: ModelRow;
  /** Curve by curve, each from the largest embedding to the smallest. */
  readonly points: readonly ModelRow[];
  /** All models of the runs that are compared with this one, run by run. */
  readonly compared: readonly ModelRow[];
  /** The curves by their ids: the run's own in their planned order, then those that compared runs have beside them. */
  readonly series: ReadonlyMap<string, Series>;
}

export interface Series {
  readonly metric?: Metric;
  readonly name: string;
  readonly look: SeriesLook;
}

/** `Task, rank 9`, the name of a model wherever it is named alone; one of a compared run is named after that, too. */
export function modelName(model: Pick<ModelRow, 'kind' | 'run' | keyof PointSettings>): string {
  const name = pointName(model);
  return model.run === undefined ? name : `${runName(model.run)}: ${name}`;
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

/**
 * Takes the seeds of each model together. Test figures of the run are left out unless `withTest`.
 *
 * @param planned the run's trials, whose order is that of the curves; results come in any
 */
export function modelRows(
  results: readonly TrialResult[],
  withTest: boolean,
  compared: readonly ComparedRun[] = [],
  planned: readonly Trial[] = [],
): ModelRows {
  const series = seriesOf([planned, results, ...compared.map((other) => other.results)].flat());
  const { baseline, control, points } = ownRows(results, withTest, series);
  return {
    ...(baseline && { baseline }),
    ...(control && { control }),
    points,
    compared: compared.flatMap((other) => comparedRows(other, series)),
    series,
  };
}

function seriesOf(models: readonly Partial<PointSettings>[]): Map<string, Series> {
  const series = new Map<string, Series>();
  for (const model of models) {
    if (model.series === undefined || series.has(model.series)) continue;
    series.set(model.series, {
      ...(model.metric && { metric: model.metric }),
      name: seriesName(model),
      look: seriesLook(series.size),
    });
  }
  return series;
}

function comparedRows({ run, results }: ComparedRun, series: ModelRows['series']): ModelRow[] {
  const { baseline, control, points } = ownRows(results, true, series);
  return [baseline, control, ...points]
    .filter((row) => row !== undefined)
    .map((row) => ({ ...row, id: `${run.key} ${row.id}`, run, trials: [] }));
}

function ownRows(
  results: readonly TrialResult[],
  withTest: boolean,
  series: ModelRows['series'],
): Omit<ModelRows, 'compared' | 'series'> {
  const order = [...series.keys()];
  const place = (row: ModelRow): number => order.indexOf(row.series ?? '');
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
    .sort((a, b) => place(a) - place(b) || b.embeddingBytes - a.embeddingBytes);
  return {
    ...(baseline && { baseline }),
    ...(control && { control }),
    points,
  };
}

function rowId({ kind, setting, trial }: TrialResult): string {
  return kind === 'point' ? (setting ?? trial) : kind;
}

const SETTINGS = [
  'setting',
  'series',
  'method',
  'entry',
  'retrain',
  'metric',
  'split',
  'rank',
  'dimension',
  'coding',
] as const satisfies readonly (keyof PointSettings)[];

function settingsOf(result: TrialResult): Partial<PointSettings> {
  return Object.fromEntries(
    SETTINGS.flatMap((key) => (result[key] === undefined ? [] : [[key, result[key]]])),
  );
}

function toRow(id: string, group: readonly TrialResult[], withTest: boolean): ModelRow {
  const [first] = group;
  if (first === undefined) throw new Error(`Model ${id} has no trial.`);
  const average = (figure: (result: TrialResult) => number): number =>
    mean(group.map(figure))?.mean ?? figure(first);
  const reduction = mean(group.map((result) => result.reduction));
  const latency = meanLatency(group.flatMap((result) => result.latency ?? []));
  const before = mean(group.map((result) => result.validationAccuracyBefore));
  const after = mean(group.map((result) => result.validationAccuracy));
  const test = withTest ? mean(group.map((result) => result.testAccuracy)) : undefined;
  const macroF1 = withTest ? mean(group.map((result) => result.macroF1)) : undefined;
  return {
    id,
    kind: first.kind,
    ...settingsOf(first),
    ...(reduction && { reduction: reduction.mean }),
    parameters: average(({ parameters }) => parameters),
    embeddingBytes: average(({ embeddingBytes }) => embeddingBytes),
    storageBytes: average(({ storageBytes }) => storageBytes),
    flopsPerSentence: average(({ flopsPerSentence }) => flopsPerSentence),
    layers: first.layers,
    ...(latency && { latency }),
    ...(before && { before }),
    after: after ?? { mean: first.validationAccuracy },
    ...(test && { test }),
    ...(macroF1 && { macroF1 }),
    ...(group.length === 1 && first.epochs !== undefined && { epochs: first.epochs }),
    seconds: mean(group.map((result) => result.seconds))?.mean ?? 0,
    seeds: group.length,
    trials: group.map((result) => result.trial),
  };
}

function meanLatency(latencies: readonly Latency[]): Latency | undefined {
  const average = (figure: keyof Latency): number => mean(latencies.map((each) => each[figure]))?.mean ?? NaN;
  if (latencies.length === 0) return undefined;
  return {
    p50Ms: average('p50Ms'),
    p95Ms: average('p95Ms'),
    sentencesPerSecond: average('sentencesPerSecond'),
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
