import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import type { PointSettings } from '../../src/core/compression/method.ts';
import { methodOf } from '../../src/core/compression/methods.ts';
import { embeddingBytes, layerCosts, specOfPoint, totalCost } from '../../src/core/cost/cost.ts';
import { compressDefaults, retrainDefaults } from '../../src/core/recipe/defaults.ts';
import type { CompressSettings, LowRankSettings, Method, Metric } from '../../src/core/recipe/recipe.ts';
import { meanResult } from '../../src/core/sweep/results.ts';
import type { Target } from '../../src/core/search/halving.ts';
import type { Results, RunEvent, SearchName, Trial, TrialResult } from '../../src/core/sweep/trial.ts';
import { plannedRates } from '../../src/core/training/plannedRates.ts';
import { createSchedule } from '../../src/core/training/schedule.ts';
import type { ComparedRun, HostMessage, PanelStatus } from '../../src/editor/panelProtocol.ts';

export interface Sample {
  readonly recipe: string;
  readonly status: PanelStatus;
  readonly compress: readonly CompressSettings[];
  readonly seeds: readonly number[];
  /** Trials done; the next one is in the middle of its epochs. */
  readonly finished: number;
  readonly warnings?: readonly string[];
  /** Of models that take several texts. */
  readonly inputs?: readonly string[];
  /** Whether its trainings' settings and its models were searched. */
  readonly searched?: boolean;
}

const rows = 17575;
const dimension = 100;
const tokens = 19;
const spec: ModelSpec = {
  embedding: { rows, dimension },
  body: { kind: 'dan', hidden: [30, 25] },
  head: 'softmax',
  classes: 2,
  masked: true,
};
const epochs = 5;
const stepsPerEpoch = 100;
const schedule = { name: 'calr', rate: 1e-3, decay: 0.5, decayEpochs: 3, stepSize: 'auto' } as const;
const rateAt = createSchedule(schedule, stepsPerEpoch);
const rates = plannedRates(
  { ...retrainDefaults, optimizer: { name: 'sgd' }, epochs, batchSize: 1, schedule },
  stepsPerEpoch,
);

/** Made-up figures in the shape that real runs have: small ranks lose, the spectrum metric more. */
export function sampleSnapshot(sample: Sample): HostMessage {
  const trials = planTrials(sample);
  const events: RunEvent[] = [
    { type: 'run', time: 0, phase: 'started', run: 'sample' },
    {
      type: 'plan',
      time: 0,
      trials,
      epochs,
      ...(rates && { rates: { train: rates, retrain: rates } }),
      ...(sample.inputs && { inputs: sample.inputs }),
    },
    ...(sample.warnings ?? []).map((text): RunEvent => ({
      type: 'message',
      time: 0,
      level: 'warning',
      text,
    })),
  ];
  trials.slice(0, sample.finished + 1).forEach((trial, i) => {
    const done = i < sample.finished;
    if (!done && sample.status.state !== 'running') return;
    events.push({ type: 'trial', time: 0, trial: trial.id }, ...steps(trial, done ? epochs : 2));
    if (done) events.push({ type: 'result', time: 0, result: sampleResult(trial) });
  });
  if (sample.searched === true) events.push(...searches(trials));
  return {
    type: 'snapshot',
    run: { key: sample.recipe, recipe: sample.recipe, startedAt: Date.UTC(2026, 10, 24, 9, 30) },
    status: sample.status,
    events,
    ...(sample.status.state === 'done' && { results: sampleResults(trials) }),
  };
}

/** Another run to compare with, by so much better, and so many days of November old. */
export function sampleRun(sample: Sample, gain: number, day: number): ComparedRun {
  return {
    run: {
      key: `${sample.recipe}-${day}`,
      recipe: sample.recipe,
      startedAt: Date.UTC(2026, 10, day, 16, 5),
    },
    results: planTrials(sample).map((trial) => {
      const result = sampleResult(trial);
      return { ...result, validationAccuracy: result.validationAccuracy + gain };
    }),
  };
}

/** An entry of a recipe with factors of these ranks. */
export function lowRank(
  ranks: readonly number[],
  metrics: readonly Metric[],
  more: Partial<LowRankSettings> = {},
): LowRankSettings {
  return { ...compressDefaults['low-rank'], reductions: [], ranks, metrics, ...more };
}

function planTrials({ compress, seeds }: Sample): Trial[] {
  const points = compress.flatMap(
    (settings, entry) =>
      methodOf(settings).points(settings, spec.embedding, { file: 'sample', path: 'compress', entry }).points,
  );
  return seeds.flatMap((seed): Trial[] => [
    { id: `baseline-s${seed}`, kind: 'baseline', seed },
    { id: `control-s${seed}`, kind: 'control', seed },
    ...points.map((point): Trial => ({
      id: `${point.setting}-s${seed}`,
      kind: 'point',
      seed,
      from: `baseline-s${seed}`,
      ...point,
    })),
  ]);
}

/** Of settings, of which the second are the best, and of models, by an accuracy. */
function searches(trials: readonly Trial[]): RunEvent[] {
  const [baseline] = trials;
  if (baseline === undefined) return [];
  const tries = Array.from({ length: 8 }, (_, i) => ({
    rate: Number((1e-3 * 1.9 ** ((i * 3) % 8)).toPrecision(3)),
    batchSize: 64 + 23 * ((i * 5) % 8),
    dropout: Number((0.06 * ((i * 3) % 8)).toPrecision(3)),
    wordDropout: Number((0.06 * ((i * 5) % 8)).toPrecision(3)),
  }));
  const round = (search: SearchName, epochs: number, ids: readonly string[], target: Target): RunEvent => ({
    type: 'round',
    time: 0,
    search,
    epochs,
    trials: ids,
    target,
  });
  const points = trials.filter(({ kind }) => kind === 'point');
  const settings = (['train', 'retrain'] as const).flatMap((search): RunEvent[] => {
    const ids = tries.map((_, i) => `try-${search}-${i}`);
    return [
      round(search, 2, ids, { kind: 'any' }),
      ...tries.map((training, i): RunEvent => {
        const validationAccuracy = 0.8 - 0.005 * Math.abs(i - 1);
        const result = { ...sampleResult({ ...baseline, id: ids[i] ?? '' }), validationAccuracy, epochs: 2 };
        return { type: 'result', time: 0, result: { ...result, kind: 'try', training } };
      }),
      { type: 'choice', time: 0, search, trial: ids[1] ?? '', end: 'complete' },
    ];
  });
  return [
    ...settings,
    round(
      'models',
      0,
      points.map(({ id }) => id),
      { kind: 'accuracy', floor: 0.815 },
    ),
    ...points.map((trial): RunEvent => ({
      type: 'result',
      time: 0,
      result: { ...sampleResult(trial), epochs: 0 },
    })),
    { type: 'choice', time: 0, search: 'models', end: 'time' },
  ];
}

function steps(trial: Trial, upTo: number): RunEvent[] {
  const started = trial.kind === 'baseline' ? 0.49 : 0.8;
  const events: RunEvent[] = [{ type: 'evaluation', time: 0, trial: trial.id, validationAccuracy: started }];
  for (let step = 0; step < upTo * stepsPerEpoch; step++) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const rate = rateAt(step, epoch);
    const loss = 0.25 + 0.45 * Math.exp(-step / 120) + 0.08 * Math.sin(step * 12.9898) * Math.cos(step * 7.3);
    events.push({ type: 'step', time: 0, trial: trial.id, step, epoch, rate, loss });
    if ((step + 1) % stepsPerEpoch === 0) {
      const validationAccuracy = 0.824 - (0.824 - started) * 0.4 ** (epoch + 1);
      events.push({
        type: 'epoch',
        time: 0,
        trial: trial.id,
        epoch: epoch + 1,
        epochs,
        loss,
        validationAccuracy,
        seconds: 2,
      });
    }
  }
  return events;
}

function sampleResult(trial: Trial): TrialResult {
  const { id, kind, seed, ...settings } = trial;
  const layers = layerCosts(specOfPoint(spec, trial), tokens);
  const { parameters, storageBytes, flopsPerSentence } = totalCost(layers);
  const bytes = embeddingBytes(layers);
  const dense = 4 * rows * dimension;
  const loss = kind === 'point' ? lossOf(trial, bytes / dense) : 0;
  const wobble = 0.003 * Math.sin(seed * 5 + bytes / 1e4);
  const after = (kind === 'control' ? 0.8248 : 0.823) - loss + wobble;
  return {
    ...settings,
    trial: id,
    kind,
    seed,
    parameters,
    storageBytes,
    flopsPerSentence,
    embeddingBytes: bytes,
    layers,
    ...(kind === 'point' && { reduction: 1 - bytes / dense }),
    ...(kind !== 'baseline' && { validationAccuracyBefore: after - 3 * loss }),
    validationAccuracy: after,
    latency: {
      p50Ms: 0.05 + bytes / 1e8,
      p95Ms: 0.08 + bytes / 5e7,
      sentencesPerSecond: 9e4 - bytes / 200,
    },
    bestEpoch: 3,
    seconds: kind === 'baseline' ? 8.4 : 4.1 + bytes / 1e6,
  };
}

/** What is made small loses, and more by some methods. */
function lossOf({ method, metric, retrain }: Partial<PointSettings>, share: number): number {
  const ofMethod: Partial<Record<Method, number>> = {
    'low-rank-offline': 0.012,
    'ppa-pca': 0.016,
    'fixed-point': 0.003,
    'product-quantization': 0.002,
    codes: 0.0025,
    pruning: 0.004,
    'deep-compression': 0.001,
  };
  const ofMetric = { task: 0.0004, 'task-frequency': 0.0003, frequency: 0.008, spectrum: 0.012 };
  const loss = metric === undefined ? (ofMethod[method ?? 'low-rank'] ?? 0) : ofMetric[metric];
  return loss * share ** -0.5 + (retrain === false ? 0.02 : 0);
}

function sampleResults(trials: readonly Trial[]): Results {
  const all = trials.map((trial): TrialResult => {
    const result = sampleResult(trial);
    const testAccuracy = result.validationAccuracy - 0.008;
    return { ...result, testAccuracy, macroF1: testAccuracy - 0.001 };
  });
  const of = (kind: Trial['kind']): TrialResult[] => all.filter((result) => result.kind === kind);
  return {
    engine: 'tensorflow',
    versions: {},
    dataset: {
      train: 6920,
      validation: 872,
      test: 1821,
      classes: ['negative', 'positive'],
      vocabulary: rows,
      dimension,
      meanLength: tokens,
    },
    baseline: meanResult(of('baseline')),
    control: meanResult(of('control')),
    points: of('point'),
  };
}
