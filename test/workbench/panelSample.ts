import type { Metric } from '../../src/core/recipe/recipe.ts';
import type { LayerCost, Results, RunEvent, Trial, TrialResult } from '../../src/core/sweep/trial.ts';
import type { ComparedRun, HostMessage, PanelStatus } from '../../src/editor/panelProtocol.ts';

export interface Sample {
  readonly recipe: string;
  readonly status: PanelStatus;
  readonly ranks: readonly number[];
  readonly metrics: readonly Metric[];
  readonly seeds: readonly number[];
  /** Trials done; the next one is in the middle of its epochs. */
  readonly finished: number;
  readonly warnings?: readonly string[];
}

const rows = 17575;
const dimension = 100;
const epochs = 5;
const stepsPerEpoch = 100;

/** Made-up figures in the shape that real runs have: small ranks lose, the spectrum metric more. */
export function sampleSnapshot(sample: Sample): HostMessage {
  const trials = planTrials(sample);
  const events: RunEvent[] = [
    { type: 'run', time: 0, phase: 'started', run: 'sample' },
    { type: 'plan', time: 0, trials, epochs },
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

function planTrials({ ranks, metrics, seeds }: Sample): Trial[] {
  return seeds.flatMap((seed): Trial[] => [
    { id: `baseline-s${seed}`, kind: 'baseline', seed },
    { id: `control-s${seed}`, kind: 'control', seed },
    ...metrics.flatMap((metric) =>
      ranks.map((rank): Trial => ({
        id: `${metric}-k${rank}-s${seed}`,
        kind: 'point',
        seed,
        metric,
        split: 'balanced',
        rank,
      })),
    ),
  ]);
}

function steps(trial: Trial, upTo: number): RunEvent[] {
  const started = trial.kind === 'baseline' ? 0.49 : 0.8;
  const events: RunEvent[] = [{ type: 'evaluation', time: 0, trial: trial.id, validationAccuracy: started }];
  for (let step = 0; step < upTo * stepsPerEpoch; step++) {
    const epoch = Math.floor(step / stepsPerEpoch);
    const place = (step % 65) / 65;
    const rate = 1e-3 * 0.1 ** (epoch % 4) + 9e-4 * (1 - Math.abs(2 * place - 1)) * 0.5 ** (epoch % 4);
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
  const { kind, metric, rank, seed } = trial;
  const wobble = 0.003 * Math.sin(seed * 5 + (rank ?? 0) * 1.7);
  const loss = rank === undefined ? 0 : metric === 'task' ? 0.006 / rank : 0.16 / rank ** 0.75;
  const after = (kind === 'control' ? 0.8248 : 0.823) - loss + wobble;
  const before = rank === undefined ? after : after - (metric === 'task' ? 0.004 : 0.34 / rank ** 0.6);
  const cost = total(layers(rank));
  return {
    trial: trial.id,
    kind,
    seed,
    ...(kind === 'point' && { method: 'low-rank' as const, split: 'balanced' as const }),
    ...(metric && { metric }),
    ...(rank !== undefined && {
      rank,
      reduction: 1 - (rank * (rows + dimension)) / (rows * dimension),
    }),
    ...cost,
    ...(kind !== 'baseline' && { validationAccuracyBefore: before }),
    validationAccuracy: after,
    bestEpoch: 3,
    seconds: kind === 'baseline' ? 8.4 : 4.1 + 0.02 * (rank ?? 0),
  };
}

function layers(rank: number | undefined): LayerCost[] {
  const layer = (name: string, parameters: number, flopsPerSentence: number): LayerCost => ({
    layer: name,
    parameters,
    storageBytes: 4 * parameters,
    flopsPerSentence,
  });
  const tokens = 19;
  return [
    ...(rank === undefined
      ? [layer('embedding/table', rows * dimension, 0), layer('average', 0, tokens * dimension)]
      : [
          layer('embedding/A', rows * rank, 0),
          layer('average', 0, tokens * rank),
          layer('embedding/B', rank * dimension, 2 * rank * dimension),
        ]),
    layer('hidden_0', 3030, 6030),
    layer('hidden_1', 775, 1525),
    layer('head', 52, 102),
  ];
}

function total(of: readonly LayerCost[]): Omit<LayerCost, 'layer'> {
  const sum = (key: keyof Omit<LayerCost, 'layer'>): number => of.reduce((all, layer) => all + layer[key], 0);
  return {
    parameters: sum('parameters'),
    storageBytes: sum('storageBytes'),
    flopsPerSentence: sum('flopsPerSentence'),
  };
}

function sampleResults(trials: readonly Trial[]): Results {
  const all = trials.map((trial): TrialResult => {
    const result = sampleResult(trial);
    const testAccuracy = result.validationAccuracy - 0.008;
    return { ...result, testAccuracy, macroF1: testAccuracy - 0.001 };
  });
  const mean = (kind: 'baseline' | 'control'): Results['baseline'] & object => {
    const seeds = all.filter((result) => result.kind === kind);
    const [first] = seeds;
    if (first === undefined) throw new Error(`The sample has no ${kind}.`);
    return { ...first, seeds };
  };
  const points = all.filter((result) => result.kind === 'point');
  const ranks = [...new Set(points.map((point) => point.rank ?? 0))];
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
      meanLength: 19,
    },
    baseline: mean('baseline'),
    control: mean('control'),
    points,
    costs: {
      baseline: layers(undefined),
      byRank: Object.fromEntries(ranks.map((rank) => [String(rank), layers(rank)])),
    },
  };
}
