import assert from 'node:assert/strict';
import {
  assembleResults,
  meanPoints,
  meanResult,
  paretoFront,
  referenceAccuracy,
  selectSmallest,
} from '../../src/core/sweep/results.ts';
import { Random } from '../../src/core/random.ts';
import type { Preparation } from '../../src/core/sweep/runner.ts';
import type { Results, Trial, TrialResult } from '../../src/core/sweep/trial.ts';
import { resultsTable } from '../../src/core/sweep/resultsTable.ts';

const preparation: Preparation = {
  train: 6920,
  validation: 872,
  test: 1821,
  classes: ['0', '1'],
  spec: {
    embedding: { rows: 17575, dimension: 100 },
    body: { kind: 'dan', hidden: [100, 100] },
    head: 'softmax',
    classes: 2,
    masked: true,
  },
  meanLength: 19.3,
  embeddingShare: 0.98,
  warnings: [],
};
const runner = { engine: 'wasm', versions: { node: '22' } };

function result(trial: string, over: Partial<TrialResult> = {}): TrialResult {
  const [name = '', ...rest] = trial.split('-');
  const kind = name === 'baseline' || name === 'control' ? name : 'point';
  const rank = rest.length === 2 ? Number(rest[0]?.slice(1)) : undefined;
  return {
    trial,
    kind,
    seed: Number(rest.at(-1)?.slice(1)),
    parameters: 1_777_602,
    storageBytes: 7_110_408,
    embeddingBytes: 7_030_000,
    layers: [],
    flopsPerSentence: 42_302,
    validationAccuracy: 0.8,
    bestEpoch: 3,
    seconds: 10,
    ...(rank !== undefined && {
      setting: `${name}-k${rank}`,
      series: name,
      method: 'low-rank',
      metric: name === 'task' ? 'task' : 'spectrum',
      split: 'balanced',
      rank,
      reduction: 1 - rank / 99.4,
      parameters: rank * 17_675 + 20_102,
      storageBytes: 4 * (rank * 17_675 + 20_102),
      embeddingBytes: 4 * rank * 17_675,
    }),
    ...over,
  };
}

const trials = [
  'baseline-s1',
  'baseline-s2',
  'control-s1',
  'control-s2',
  'task-k9-s1',
  'spectrum-k9-s1',
  'task-k4-s1',
  'task-k9-s2',
].map((id): Trial => {
  const { kind, seed } = result(id);
  return { id, kind, seed };
});
const all = trials.map(({ id }, i) =>
  result(id, {
    validationAccuracy: 0.8 + i / 1000,
    validationAccuracyBefore: 0.7,
    testAccuracy: 0.79 + i / 1000,
    macroF1: 0.78,
  }),
);

describe('mean of results', () => {
  it('averages each figure over the seeds', () => {
    const mean = meanResult([
      result('task-k9-s1', { validationAccuracy: 0.8, testAccuracy: 0.5, seconds: 3 }),
      result('task-k9-s2', { validationAccuracy: 0.9, testAccuracy: 0.7, seconds: 5 }),
    ]);
    assert.ok(Math.abs(mean.validationAccuracy - 0.85) < 1e-12);
    assert.ok(Math.abs((mean.testAccuracy ?? 0) - 0.6) < 1e-12);
    assert.equal(mean.seconds, 4);
    assert.equal(mean.rank, 9);
    assert.equal(mean.metric, 'task');
    assert.equal(mean.seeds.length, 2);
    assert.ok(!('trial' in mean) && !('seed' in mean) && !('bestEpoch' in mean) && !('confusion' in mean));
  });

  it('leaves out a figure that a seed lacks rather than averaging over fewer', () => {
    const mean = meanResult([result('task-k9-s1', { testAccuracy: 0.5 }), result('task-k9-s2')]);
    assert.ok(!('testAccuracy' in mean));
  });

  it('keeps settings apart', () => {
    assert.deepEqual(
      meanPoints(all.filter(({ kind }) => kind === 'point')).map(({ metric, rank, seeds }) => [
        metric,
        rank,
        seeds.length,
      ]),
      [
        ['task', 9, 2],
        ['spectrum', 9, 1],
        ['task', 4, 1],
      ],
    );
  });
});

describe('results of a run', () => {
  const results = assembleResults(runner, preparation, trials, all);

  it('does not depend on the order in which trials end', () => {
    const random = new Random(1);
    for (let i = 0; i < 20; i++) {
      const order = [...random.permutation(all.length)];
      const shuffled = order.map((position) => all[position]!);
      assert.deepEqual(assembleResults(runner, preparation, trials, shuffled), results);
    }
  });

  it('says of the data what the preparation found, and nothing else', () => {
    assert.equal(results.dataset.vocabulary, 17575);
    assert.ok(!('warnings' in results.dataset) && !('embeddingShare' in results.dataset));
  });

  it('holds what there is of a run that was stopped', () => {
    const early = assembleResults(runner, preparation, trials, all.slice(0, 1));
    assert.equal(early.baseline?.seeds.length, 1);
    assert.ok(!('control' in early));
    assert.deepEqual(early.points, []);
    const none = assembleResults(runner, preparation, trials, []);
    assert.ok(!('baseline' in none));
    assert.equal(resultsTable(none), 'No trial has ended yet.');
  });

  it('states losses against the better of baseline and control', () => {
    const base = meanResult([result('baseline-s1', { validationAccuracy: 0.9, testAccuracy: 0.7 })]);
    const control = meanResult([result('control-s1', { validationAccuracy: 0.8, testAccuracy: 0.75 })]);
    assert.equal(referenceAccuracy({ baseline: base, control }, 'validationAccuracy'), 0.9);
    assert.equal(referenceAccuracy({ baseline: base, control }, 'testAccuracy'), 0.75);
    assert.equal(referenceAccuracy({ baseline: base }, 'validationAccuracy'), 0.9);
    assert.equal(referenceAccuracy({}, 'validationAccuracy'), undefined);
  });
});

describe('choice among points', () => {
  const random = new Random(2);
  const points = Array.from({ length: 60 }, () => ({
    storageBytes: 1000 * (1 + random.integer(20)),
    validationAccuracy: random.integer(30) / 30,
    testAccuracy: random.uniform(),
  }));

  it('takes the smallest at or above the floor', () => {
    for (let floor = 0; floor <= 1; floor += 0.05) {
      const chosen = selectSmallest(points, floor);
      const allowed = points.filter(({ validationAccuracy }) => validationAccuracy >= floor);
      assert.equal(chosen === undefined, allowed.length === 0);
      if (chosen === undefined) continue;
      assert.ok(chosen.validationAccuracy >= floor);
      for (const other of allowed) {
        assert.ok(chosen.storageBytes <= other.storageBytes);
        if (other.storageBytes === chosen.storageBytes) {
          assert.ok(other.validationAccuracy <= chosen.validationAccuracy);
        }
      }
    }
    assert.equal(selectSmallest(points, 1.01), undefined);
    assert.equal(selectSmallest(points.slice(0, 0), 0), undefined);
  });

  it('keeps in the front exactly what nothing dominates', () => {
    const front = paretoFront(points);
    const key = (point: (typeof points)[number]) => `${point.storageBytes} ${point.validationAccuracy}`;
    const undominated = points.filter(
      (point) =>
        !points.some(
          (other) =>
            other.storageBytes <= point.storageBytes &&
            other.validationAccuracy >= point.validationAccuracy &&
            key(other) !== key(point),
        ),
    );
    assert.deepEqual(new Set(front.map(key)), new Set(undominated.map(key)));
    assert.equal(new Set(front.map(key)).size, front.length);
  });

  it('does not look at test figures', () => {
    const blind = points.map((point) => ({ ...point, testAccuracy: 1 - point.testAccuracy }));
    assert.equal(points.indexOf(selectSmallest(points, 0.8)!), blind.indexOf(selectSmallest(blind, 0.8)!));
  });
});

describe('table of results', () => {
  const table = resultsTable(assembleResults(runner, preparation, trials, all));
  const lines = table.split('\n');

  it('has a row for each setting: metric by metric, ranks from the largest', () => {
    const names = lines.slice(2, 7).map((line) => line.slice(0, 17).trim());
    assert.deepEqual(names, ['uncompressed', 'retrained control', 'task-k9', 'task-k4', 'spectrum-k9']);
    assert.match(lines[4] ?? '', /^task-k9 +9 +90\.9 % +636 kB +717 kB +42,302 +0\.7000 +0\.8055 +0\.7955 /);
    assert.match(lines[5] ?? '', /^task-k4 +4 /);
    assert.match(lines[2] ?? '', / - +- +7.03 MB +7.11 MB /);
  });

  it('lines its columns up', () => {
    const ends = [...(lines[1] ?? '').matchAll(/-+/g)].map((match) => match.index + match[0].length);
    for (const line of lines.slice(2, 7)) {
      assert.equal(line.length, ends.at(-1));
      for (const end of ends.slice(1)) {
        assert.notEqual(line[end - 1], ' ', `${line} at ${end}`);
        assert.ok(line[end] === ' ' || line[end] === undefined);
      }
    }
  });

  it('states the loss against the better of baseline (0.7905) and control (0.7925)', () => {
    assert.match(lines[4] ?? '', / -0\.0030$/);
    assert.match(lines[2] ?? '', / -$/);
    assert.match(table, /Means over 1 to 2 seeds\.\nLosses are against the better of/);
  });

  it('falls back on the validation figures until the test is read', () => {
    const untested: Results = assembleResults(runner, preparation, trials, [
      result('baseline-s1', { validationAccuracy: 0.8 }),
      result('task-k4-s1', { validationAccuracy: 0.8 }),
    ]);
    const text = resultsTable(untested);
    assert.match(text, /validation loss\n/);
    assert.doesNotMatch(text, /test/);
    assert.match(text, / 0\.0000\n/);
    assert.doesNotMatch(text, /NaN|undefined|Means/);
  });
});
