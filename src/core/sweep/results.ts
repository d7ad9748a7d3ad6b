import type { Preparation, TrialRunner } from './runner.ts';
import type { Latency, MeanResult, Results, Trial, TrialResult } from './trial.ts';

/**
 * The mean over the seeds of one setting. A figure that not all seeds have, as the test's in a run that was
 * cancelled, is left out.
 *
 * @param results at least one, all of one kind and setting
 */
export function meanResult(results: readonly TrialResult[]): MeanResult {
  const first = results[0];
  if (first === undefined) throw new Error('A mean needs at least one result.');
  const mean = (figure: (result: TrialResult) => number): number =>
    results.reduce((sum, result) => sum + figure(result), 0) / results.length;
  const {
    trial: _trial,
    seed: _seed,
    confusion: _confusion,
    testCorrect: _correct,
    bestEpoch: _bestEpoch,
    epochs: _epochs,
    layers: _layers,
    validationAccuracyBefore: _before,
    testAccuracy: _test,
    macroF1: _f1,
    testAccuracyUnknownWords: _unknown,
    latency: _latency,
    ...shared
  } = first;
  return {
    ...shared,
    parameters: mean((result) => result.parameters),
    storageBytes: mean((result) => result.storageBytes),
    embeddingBytes: mean((result) => result.embeddingBytes),
    flopsPerSentence: mean((result) => result.flopsPerSentence),
    validationAccuracy: mean((result) => result.validationAccuracy),
    seconds: mean((result) => result.seconds),
    ...meanWhereAll(results, 'validationAccuracyBefore'),
    ...meanWhereAll(results, 'testAccuracy'),
    ...meanWhereAll(results, 'macroF1'),
    ...meanWhereAll(results, 'testAccuracyUnknownWords'),
    ...meanLatency(results),
    seeds: results,
  };
}

function meanLatency(results: readonly TrialResult[]): { readonly latency?: Latency } {
  const all = results.flatMap(({ latency }) => latency ?? []);
  if (all.length === 0) return {};
  const mean = (figure: (of: Latency) => number): number =>
    all.reduce((sum, of) => sum + figure(of), 0) / all.length;
  return {
    latency: {
      p50Ms: mean(({ p50Ms }) => p50Ms),
      p95Ms: mean(({ p95Ms }) => p95Ms),
      sentencesPerSecond: mean(({ sentencesPerSecond }) => sentencesPerSecond),
    },
  };
}

type OptionalFigure = 'validationAccuracyBefore' | 'testAccuracy' | 'macroF1' | 'testAccuracyUnknownWords';

function meanWhereAll<F extends OptionalFigure>(
  results: readonly TrialResult[],
  figure: F,
): Partial<Record<F, number>> {
  let sum = 0;
  for (const result of results) {
    const value = result[figure];
    if (value === undefined) return {};
    sum += value;
  }
  return { [figure]: sum / results.length } as Record<F, number>;
}

/** The points' means over seeds, one for each setting, in the points' order. */
export function meanPoints(points: readonly TrialResult[]): MeanResult[] {
  const groups = new Map<string, TrialResult[]>();
  for (const point of points) {
    const key = point.setting ?? point.trial;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  return [...groups.values()].map(meanResult);
}

/**
 * results.json from what the trials gave so far, in the plan's order whatever order they ended in.
 *
 * @param runner names the engine
 */
export function assembleResults(
  runner: Pick<TrialRunner, 'engine' | 'versions'>,
  preparation: Preparation,
  trials: readonly Trial[],
  results: readonly TrialResult[],
): Results {
  const byTrial = new Map(results.map((result) => [result.trial, result]));
  const ordered = trials.flatMap(({ id }) => byTrial.get(id) ?? []);
  const baselines = ordered.filter(({ kind }) => kind === 'baseline');
  const controls = ordered.filter(({ kind }) => kind === 'control');
  const points = ordered.filter(({ kind }) => kind === 'point');
  const { train, validation, test, classes, spec, meanLength } = preparation;
  const { rows: vocabulary, dimension } = spec.embedding;
  return {
    engine: runner.engine,
    versions: runner.versions,
    dataset: { train, validation, test, classes, vocabulary, dimension, meanLength },
    ...(baselines.length > 0 && { baseline: meanResult(baselines) }),
    ...(controls.length > 0 && { control: meanResult(controls) }),
    points,
  };
}

/** The accuracy that losses are stated against: the better of the uncompressed model and its control. */
export function referenceAccuracy(
  { baseline, control }: Pick<Results, 'baseline' | 'control'>,
  figure: 'validationAccuracy' | 'testAccuracy',
): number | undefined {
  const accuracies = [baseline?.[figure], control?.[figure]].filter((value) => value !== undefined);
  return accuracies.length === 0 ? undefined : Math.max(...accuracies);
}

type Scored = Pick<MeanResult, 'storageBytes' | 'validationAccuracy'>;

/**
 * The smallest point whose validation accuracy reaches the floor; of equal sizes the more accurate one.
 * Test figures take no part in a choice.
 */
export function selectSmallest<P extends Scored>(points: readonly P[], floor: number): P | undefined {
  return points.filter(({ validationAccuracy }) => validationAccuracy >= floor).sort(bySize)[0];
}

/** The points that no other beats or equals in size and validation accuracy at once, smallest first. */
export function paretoFront<P extends Scored>(points: readonly P[]): P[] {
  let best = -Infinity;
  return [...points].sort(bySize).filter(({ validationAccuracy }) => {
    const better = validationAccuracy > best;
    if (better) best = validationAccuracy;
    return better;
  });
}

function bySize(a: Scored, b: Scored): number {
  return a.storageBytes - b.storageBytes || b.validationAccuracy - a.validationAccuracy;
}
