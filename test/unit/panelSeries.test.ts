import assert from 'node:assert/strict';
import type { TrialResult } from '../../src/core/sweep/trial.ts';
import { defaultAxis, horizontalAxis, type HorizontalAxis } from '../../webview/accuracyAxis.ts';
import {
  accuracyRange,
  accuracySeries,
  describeAccuracy,
  heightsOf,
  referenceLines,
  curveName,
  describeAbsent,
} from '../../webview/accuracySeries.ts';
import { layerStacks } from '../../webview/layerStacks.ts';
import { modelName, modelRows, runName } from '../../webview/modelRows.ts';
import { seriesLook } from '../../webview/seriesLook.ts';

function result({ metric, rank, ...part }: Partial<TrialResult>): TrialResult {
  const kind = part.kind ?? 'point';
  const setting = metric && `${metric}-k${rank ?? 0}`;
  return {
    trial: `${setting ?? kind}-s${part.seed ?? 1}`,
    kind,
    seed: 1,
    ...(setting && { setting, series: metric, method: 'low-rank', metric }),
    ...(rank !== undefined && { rank }),
    parameters: 100,
    storageBytes: 400,
    embeddingBytes: 300 + (rank ?? 0),
    flopsPerSentence: 50,
    layers: [],
    validationAccuracy: 0.8,
    bestEpoch: 1,
    seconds: 2,
    ...part,
  };
}

const points = [
  result({ metric: 'spectrum', rank: 4, validationAccuracy: 0.7, validationAccuracyBefore: 0.5 }),
  result({
    metric: 'task',
    rank: 4,
    validationAccuracy: 0.81,
    validationAccuracyBefore: 0.8,
    storageBytes: 40,
  }),
  result({
    metric: 'task',
    rank: 9,
    validationAccuracy: 0.81,
    validationAccuracyBefore: 0.8,
    storageBytes: 90,
  }),
];
const baseline = result({ kind: 'baseline', validationAccuracy: 0.82 });
const control = result({ kind: 'control', validationAccuracy: 0.825 });

describe('the panel’s rows', () => {
  it('take the seeds of a model together, with the sample’s deviation', () => {
    const seeds = [0.8, 0.82, 0.84].map((validationAccuracy, i) =>
      result({ metric: 'task', rank: 9, seed: i + 1, validationAccuracy }),
    );
    const [row] = modelRows(seeds, false).points;
    assert.ok(row);
    assert.equal(row.trials.length, 3);
    assert.ok(Math.abs(row.after.mean - 0.82) < 1e-12);
    assert.ok(Math.abs((row.after.deviation ?? 0) - 0.02) < 1e-12);
  });

  it('put baseline and control aside and order points by planned curve and falling size', () => {
    const planned = ['task', 'spectrum'].map((series) => ({
      id: series,
      kind: 'point' as const,
      seed: 1,
      series,
    }));
    const rows = modelRows([control, ...points, baseline], false, [], planned);
    assert.equal(rows.baseline?.after.mean, 0.82);
    assert.equal(rows.control?.after.mean, 0.825);
    assert.deepEqual(rows.points.map(modelName), ['Task, rank 9', 'Task, rank 4', 'Spectrum, rank 4']);
  });

  it('hold back test figures until the run has ended', () => {
    const tested = [result({ metric: 'task', rank: 9, testAccuracy: 0.79, macroF1: 0.78 })];
    const [during] = modelRows(tested, false).points;
    const [after] = modelRows(tested, true).points;
    assert.ok(during && after);
    assert.equal(during.test, undefined);
    assert.equal(during.macroF1, undefined);
    assert.equal(after.test?.mean, 0.79);
    assert.equal(after.macroF1?.mean, 0.78);
  });

  it('of compared runs bear their run’s name and none of its trials, and mix with no own ones', () => {
    const run = { key: '/runs/b', recipe: 'b', startedAt: Date.UTC(2026, 10, 24) };
    const own = modelRows([...points, baseline], false);
    const rows = modelRows([...points, baseline], false, [{ run, results: [baseline, ...points] }]);
    assert.deepEqual({ ...rows, compared: [] }, own);
    assert.equal(rows.compared.length, 1 + own.points.length);
    const all = [...own.points, ...rows.compared];
    assert.equal(new Set(all.map((row) => row.id)).size, all.length);
    for (const row of rows.compared) {
      assert.ok(modelName(row).startsWith(`${runName(run)}: `));
      assert.deepEqual(row.trials, []);
      assert.equal(row.seeds, 1);
    }
  });
});

function rankAxis(ranks: readonly number[], width: number, gutter: number): HorizontalAxis {
  return horizontalAxis(ranks, 'rank', width, gutter);
}

describe('the accuracy chart’s series', () => {
  const rows = modelRows([...points, baseline, control], true);

  it('are one a curve and variant, by rising rank, without empty ones', () => {
    const series = accuracySeries(rows, new Set(['after', 'before', 'test'] as const), 'rank');
    assert.deepEqual(
      series.map((curve) => [curve.series, curve.variant, ...curve.points.map((point) => point.x)]),
      [
        ['spectrum', 'after', 4],
        ['spectrum', 'before', 4],
        ['task', 'after', 4, 9],
        ['task', 'before', 4, 9],
      ],
    );
  });

  it('rise from left to right in size as well as in rank, and keep their points', () => {
    const places = { rank: 'rank', bytes: 'storageBytes', embedding: 'embeddingBytes' } as const;
    for (const axis of ['rank', 'bytes', 'embedding'] as const)
      for (const { points: curve } of accuracySeries(rows, new Set(['after'] as const), axis))
        for (const [i, { x, row }] of curve.entries()) {
          assert.equal(x, row[places[axis]]);
          assert.ok(x > (curve[i - 1]?.x ?? 0));
        }
  });

  it('of each compared run follow the run’s own, with the accuracy after retraining alone', () => {
    const compared = ['b', 'c'].map((recipe, i) => ({
      run: { key: recipe, recipe, startedAt: i },
      results: [baseline, ...points],
    }));
    const all = new Set(['after', 'before'] as const);
    const own = accuracySeries(rows, all, 'bytes');
    const series = accuracySeries(modelRows([...points, baseline, control], true, compared), all, 'bytes');
    const others = series.slice(own.length);
    assert.deepEqual(
      others.map((curve) => [curve.compared?.run.key, curve.compared?.place, curve.series, curve.variant]),
      [
        ['b', 1, 'spectrum', 'after'],
        ['b', 1, 'task', 'after'],
        ['c', 2, 'spectrum', 'after'],
        ['c', 2, 'task', 'after'],
      ],
    );
    assert.equal(new Set(series.filter((curve) => curve.variant === 'after').map(curveName)).size, 6);
  });

  it('have the seeds’ deviation within the range', () => {
    const seeds = [0.7, 0.9].map((validationAccuracy, i) =>
      result({ metric: 'task', rank: 9, seed: i + 1, validationAccuracy, validationAccuracyBefore: 0.5 }),
    );
    const series = accuracySeries(modelRows(seeds, false), new Set(['after', 'before'] as const), 'rank');
    const drawn = series.flatMap((curve) => curve.points.map((point) => point.deviation));
    assert.ok(Math.abs((drawn[0] ?? 0) - Math.SQRT2 / 10) < 1e-12);
    assert.equal(drawn[1], undefined);
    const { min, max } = accuracyRange(heightsOf(series));
    assert.ok(min < 0.5 && max > 0.8 + Math.SQRT2 / 10);
  });

  it('fit into their range with room above, and equal values do not fill it', () => {
    for (const values of [[0.5, 0.8], [0.8], [0, 1], [0.8, 0.801]]) {
      const { min, max } = accuracyRange(values);
      assert.ok(min >= 0 && min <= Math.min(...values) && max > Math.max(...values));
      assert.ok(max - min >= 0.02);
    }
    assert.deepEqual(accuracyRange([]), { min: 0, max: 1 });
  });

  it('stand on a logarithmic axis only where ranks span much', () => {
    assert.equal(rankAxis([1, 500], 600, 0).type, 'logarithmic');
    assert.equal(rankAxis([20, 50], 600, 0).type, 'linear');
    assert.equal(rankAxis([9], 600, 0).type, 'linear');
    for (const ranks of [[1], [1, 500], [20, 50], []]) {
      const { min, max } = rankAxis(ranks, 600, 0);
      assert.ok(min < max && ranks.every((rank) => min <= rank && rank <= max));
    }
    assert.ok(rankAxis([1, 500], 600, 0).min > 0);
  });

  it('have ticks that do not touch, be there 1 rank or 100', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    for (const [ranks, width] of [
      [[9], 300],
      [[1, 4, 9, 19, 29, 49], 240],
      [hundred, 400],
    ] as const) {
      const { ticks, min, max } = rankAxis(ranks, width, 0);
      assert.ok(ticks && ticks.length > 0);
      const px = ticks.map((rank) => (width * Math.log(rank / min)) / Math.log(max / min));
      if (ranks.length > 1)
        for (let i = 1; i < px.length; i++) assert.ok(px[i]! - px[i - 1]! >= 36 - 1e-9, String(ticks));
    }
  });

  it('have round sizes for ticks, or the models’ own where they hardly differ', () => {
    const wide = horizontalAxis([86_000, 3_480_000], 'bytes', 600, 0);
    assert.equal(wide.type, 'logarithmic');
    assert.deepEqual(
      wide.ticks?.map((value) => wide.name(value).replace('\u00a0', ' ')),
      ['100 kB', '200 kB', '500 kB', '1 MB', '2 MB'],
    );
    const narrow = [3_100_000, 3_900_000];
    assert.deepEqual(horizontalAxis(narrow, 'bytes', 600, 0).ticks, narrow);
    assert.deepEqual(horizontalAxis([400], 'bytes', 600, 0).ticks, [400]);
  });

  it('leave a gutter free for the labels of the lines', () => {
    for (const ranks of [
      [1, 500],
      [20, 50],
    ]) {
      const { type, min, max } = rankAxis(ranks, 600, 120);
      const place = type === 'logarithmic' ? Math.log : (rank: number) => rank;
      const px = (600 * (place(ranks[1]!) - place(min))) / (place(max) - place(min));
      assert.ok(px < 480 && px > 400, String(px));
    }
  });

  it('have lines whose labels lie on different sides', () => {
    assert.deepEqual(
      referenceLines(rows).map((line) => [line.label, line.labelled]),
      [
        ['Control 0.825', 'above'],
        ['Uncompressed 0.820', 'below'],
      ],
    );
    assert.deepEqual(referenceLines({}), []);
  });

  it('without a rank have no place among ranks, which is said', () => {
    const bits = result({ setting: 'fixed-point-4bit', series: 'fixed-point', method: 'fixed-point' });
    const mixed = modelRows([...points, bits], true);
    const seriesOn = (axis: 'rank' | 'embedding'): string[] =>
      accuracySeries(mixed, new Set(['after'] as const), axis).map((curve) => curve.series);
    assert.deepEqual(seriesOn('embedding'), ['spectrum', 'task', 'fixed-point']);
    assert.deepEqual(seriesOn('rank'), ['spectrum', 'task']);
    assert.match(describeAbsent(mixed, 'rank'), /Fixed point/);
    assert.equal(describeAbsent(mixed, 'embedding'), '');
    assert.equal(defaultAxis(mixed.points), 'embedding');
    assert.equal(defaultAxis(rows.points), 'rank');
  });

  it('differ in shape or dash up to a dozen, without their colours', () => {
    const looks = Array.from({ length: 12 }, (_, i) => seriesLook(i));
    const forms = looks.map(({ shape, dash }) => JSON.stringify([shape.path, dash.segments]));
    assert.equal(new Set(forms).size, looks.length);
  });

  it('are told in words', () => {
    const text = describeAccuracy(rows, 'rank');
    assert.match(text, /Control 0\.825\. Uncompressed 0\.820\./);
    assert.match(text, /Task: 0\.810 at rank 4 to 0\.810 at rank 9, 2 points\./);
    assert.match(text, /Spectrum: 0\.700 at rank 4\./);
    assert.match(describeAccuracy(modelRows([], false), 'bytes'), /No points yet/);
  });
});

describe('the cost charts’ stacks', () => {
  const layer = (name: string, storageBytes: number, flopsPerSentence: number) => ({
    layer: name,
    parameters: storageBytes / 4,
    storageBytes,
    memoryBytes: storageBytes,
    multiplyAddsPerSentence: 0,
    flopsPerSentence,
  });
  const table = [layer('embedding/table', 4000, 0), layer('average', 0, 100), layer('head', 40, 20)];
  const factors = [
    layer('embedding/A', 360, 0),
    layer('average', 0, 9),
    layer('embedding/B', 36, 18),
    layer('head', 40, 20),
  ];
  const rows = modelRows(
    [result({ kind: 'baseline', layers: table }), result({ metric: 'task', rank: 9, layers: factors })],
    false,
  );

  it('add up to each model’s total, with embedding layers first', () => {
    const [rank9] = rows.points;
    for (const cost of ['storageBytes', 'flopsPerSentence'] as const) {
      const { bars, stacks } = layerStacks(rows, rank9, cost);
      bars.forEach((bar, i) => {
        assert.equal(
          stacks.reduce((sum, stack) => sum + (stack.values[i] ?? NaN), 0),
          bar.total,
        );
      });
    }
    const { stacks } = layerStacks(rows, rank9, 'storageBytes');
    assert.deepEqual(
      stacks.map((stack) => stack.layer),
      ['embedding/table', 'embedding/A', 'embedding/B', 'head'],
    );
  });

  it('are there before the run has ended, and none before a baseline', () => {
    assert.deepEqual(
      layerStacks(rows, undefined, 'storageBytes').bars.map((bar) => [bar.name, bar.total]),
      [['Uncompressed', 4040]],
    );
    assert.deepEqual(layerStacks(modelRows([], false), undefined, 'storageBytes').bars, []);
  });
});
