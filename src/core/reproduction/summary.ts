import type { Results, TrialResult } from '../sweep/trial.ts';
import { pairedBootstrap, shareCorrect, type Interval } from './bootstrap.ts';
import { unpackAnswers } from './answers.ts';
import type { Experiment } from './experiments.ts';

/** An experiment with what came of it. */
export interface FinishedExperiment extends Omit<Experiment, 'recipe'> {
  readonly results: Results;
  /** Of the run's trials together. */
  readonly seconds: number;
}

export interface Spread {
  readonly mean: number;
  /** The sample's standard deviation over seeds or folds; 0 for one. */
  readonly deviation: number;
}

/** One setting on one data set and model, over seeds or folds. */
export interface Row {
  readonly setting: string;
  readonly series: string;
  readonly kind: TrialResult['kind'];
  /** k */
  readonly rank?: number;
  readonly embeddingBytes: number;
  /** Of the whole model. */
  readonly storageBytes: number;
  /** How many times smaller than the float32 table. */
  readonly smaller: number;
  readonly flopsPerSentence: number;
  readonly latencyMs?: number;
  readonly before?: Spread;
  readonly validation: Spread;
  readonly test: Spread;
  readonly unknownWords?: Spread;
  /** Test accuracy less the reference's: the better of the uncompressed models and their retrained controls. */
  readonly difference: Interval;
}

/** All settings of one data set and model. */
export interface Table {
  readonly dataset: string;
  readonly body: string;
  /** What was repeated: seeds, or folds. */
  readonly repeats: string;
  /** Of the reference. */
  readonly reference: string;
  readonly rows: readonly Row[];
}

/** The rows of experiments on one data set and model; those that are folds of one are put together. */
export function summarize(experiments: readonly FinishedExperiment[]): Table {
  const [first] = experiments;
  if (first === undefined) throw new Error('Nothing to summarize.');
  const all = experiments.flatMap(({ results }) => trialsOf(results));
  const bySetting = new Map<string, TrialResult[]>();
  for (const result of all) {
    const key = result.setting ?? result.kind;
    bySetting.set(key, [...(bySetting.get(key) ?? []), result]);
  }
  const testOf = (key: string): number => spread(bySetting.get(key) ?? [], (r) => r.testAccuracy)?.mean ?? 0;
  const reference = testOf('control') > testOf('baseline') ? 'control' : 'baseline';
  const referenceTrials = bySetting.get(reference) ?? [];
  const tableBytes = bySetting.get('baseline')?.[0]?.embeddingBytes ?? 0;
  const folded = experiments.length > 1;
  return {
    dataset: first.dataset,
    body: first.body,
    repeats: folded ? `${experiments.length} folds` : seedsText(first.results),
    reference: reference === 'control' ? 'the retrained control' : 'the uncompressed model',
    rows: [...bySetting].flatMap(
      ([key, trials]) => rowOf(key, trials, referenceTrials, tableBytes, folded) ?? [],
    ),
  };
}

function seedsText({ baseline }: Results): string {
  const count = baseline?.seeds.length ?? 0;
  return count === 1 ? '1 seed' : `${count} seeds`;
}

function trialsOf({ baseline, control, points }: Results): TrialResult[] {
  return [...(baseline?.seeds ?? []), ...(control?.seeds ?? []), ...points];
}

function rowOf(
  setting: string,
  trials: readonly TrialResult[],
  reference: readonly TrialResult[],
  tableBytes: number,
  folded: boolean,
): Row | undefined {
  const [first] = trials;
  const validation = spread(trials, (result) => result.validationAccuracy);
  const test = spread(trials, (result) => result.testAccuracy);
  if (first === undefined || validation === undefined || test === undefined) return undefined;
  const before = spread(trials, (result) => result.validationAccuracyBefore);
  const unknownWords = spread(trials, (result) => result.testAccuracyUnknownWords);
  const latencies = trials.flatMap(({ latency }) => latency?.p50Ms ?? []);
  const embeddingBytes = spread(trials, (result) => result.embeddingBytes)?.mean ?? 0;
  const storageBytes = spread(trials, (result) => result.storageBytes)?.mean ?? 0;
  return {
    setting,
    series: first.series ?? first.kind,
    kind: first.kind,
    ...(first.rank !== undefined && { rank: first.rank }),
    embeddingBytes,
    storageBytes,
    smaller: tableBytes / embeddingBytes,
    flopsPerSentence: first.flopsPerSentence,
    ...(latencies.length > 0 && { latencyMs: latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length }),
    ...(before && { before }),
    validation,
    test,
    ...(unknownWords && { unknownWords }),
    difference: pairedBootstrap(differences(trials, reference, folded)),
  };
}

function answers(trials: readonly TrialResult[]): Uint8Array[] {
  return trials.flatMap(({ testCorrect }) => (testCorrect === undefined ? [] : [unpackAnswers(testCorrect)]));
}

/** Sentence by sentence; of folds one after the other, each with its own reference. */
function differences(
  trials: readonly TrialResult[],
  reference: readonly TrialResult[],
  folded: boolean,
): Float64Array {
  const against = (own: readonly TrialResult[], other: readonly TrialResult[]): number[] => {
    const [shares, others] = [shareCorrect(answers(own)), shareCorrect(answers(other))];
    return Array.from(shares, (share, i) => share - others[i]!);
  };
  if (!folded) return Float64Array.from(against(trials, reference));
  return Float64Array.from(
    trials.flatMap((trial) =>
      against(
        [trial],
        reference.filter(({ seed }) => seed === trial.seed),
      ),
    ),
  );
}

/** Undefined where a trial lacks the figure. */
function spread(
  trials: readonly TrialResult[],
  figure: (result: TrialResult) => number | undefined,
): Spread | undefined {
  const values = trials.flatMap((trial) => figure(trial) ?? []);
  if (values.length === 0 || values.length < trials.length) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** Of the rows at least so many times smaller the one that validates best. */
export function bestAt({ rows }: Table, smaller: number): Row | undefined {
  const fitting = rows.filter((row) => row.kind === 'point' && row.smaller >= smaller);
  return fitting.sort((a, b) => b.validation.mean - a.validation.mean)[0];
}

/** The report's tables: of methods by data set and model, and of schedules by data set. */
export interface Summaries {
  readonly methods: readonly Table[];
  readonly schedules: readonly ScheduleTable[];
}

export interface ScheduleTable {
  readonly dataset: string;
  readonly schedules: readonly { readonly name: string; readonly table: Table }[];
}

/**
 * Puts finished experiments together: folds of one data set, and schedules of one.
 * @param kept tables of a report before, by the names of their experiments; those of this one are added
 */
export function summarizeAll(finished: readonly FinishedExperiment[], kept: Map<string, Table>): Summaries {
  // The bootstrap of thousands of sentences takes seconds.
  const summarizeOnce = (experiments: readonly FinishedExperiment[]): Table => {
    const key = experiments.map(({ name }) => name).join();
    const table = kept.get(key) ?? summarize(experiments);
    kept.set(key, table);
    return table;
  };
  const groups = new Map<string, FinishedExperiment[]>();
  for (const experiment of finished) {
    if (experiment.part !== 'methods') continue;
    const key = `${experiment.dataset} ${experiment.body}`;
    groups.set(key, [...(groups.get(key) ?? []), experiment]);
  }
  const ofSchedules = finished.filter(({ part }) => part === 'schedules');
  const datasets = [...new Set(ofSchedules.map(({ dataset }) => dataset))];
  return {
    methods: [...groups.values()].map(summarizeOnce),
    schedules: datasets.map((dataset) => ({
      dataset,
      schedules: ofSchedules
        .filter((experiment) => experiment.dataset === dataset)
        .map((experiment) => ({
          name: experiment.schedule ?? experiment.name,
          table: summarizeOnce([experiment]),
        })),
    })),
  };
}
