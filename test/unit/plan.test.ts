import assert from 'node:assert/strict';
import { achievedReduction } from '../../src/core/cost/reduction.ts';
import { UserError } from '../../src/core/errors.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { planSearches, planTrials, totalEpochs } from '../../src/core/sweep/plan.ts';

const data = { train: { path: 'train.tsv', format: 'tsv' } };
const recipe = (raw: object) => parseRecipe(JSON.stringify({ data, ...raw }), '/home/ann/spam.press.json');
const loaded = (compress: object, retrain: object = {}) => recipe({ model: 'm', compress, retrain });
const ids = (trials: readonly { id: string }[]) => trials.map(({ id }) => id);

describe('plan of a sweep', () => {
  it('starts all seeds of a loaded model from one baseline', () => {
    const { trials } = planTrials(loaded({ reductions: [0.9] }, { seeds: [7, 8] }), 17575, 100);
    assert.deepEqual(ids(trials), ['baseline', 'control-s7', 'control-s8', 'task-k9-s7', 'task-k9-s8']);
    assert.equal(trials[0]?.seed, 7);
    for (const trial of trials.slice(1)) assert.equal(trial.from, 'baseline');
  });

  it('trains a baseline for each seed where there is no model', () => {
    const { trials } = planTrials(
      recipe({ train: { architecture: 'dan' }, compress: { ranks: [9] }, retrain: { seeds: [1, 2] } }),
      17575,
      100,
    );
    assert.deepEqual(
      trials.map(({ id, from }) => [id, from]),
      [
        ['baseline-s1', undefined],
        ['baseline-s2', undefined],
        ['control-s1', 'baseline-s1'],
        ['control-s2', 'baseline-s2'],
        ['task-k9-s1', 'baseline-s1'],
        ['task-k9-s2', 'baseline-s2'],
      ],
    );
  });

  it('of a search has no candidate that is as large as the table, and says nothing of those', () => {
    const { trials, warnings } = planTrials(
      loaded({ method: 'auto', minutes: 1, loseAtMost: 0.01, among: [{ ranks: [9, 60, 99, 100] }, {}] }),
      17575,
      100,
    );
    assert.deepEqual(warnings, []);
    const ranks = trials.flatMap(({ rank }) => rank ?? []);
    assert.deepEqual(ranks, [99, 60, 9, 49, 29, 4, 1]);
  });

  it('tries drawn settings of the first seed’s model, and of the point in the middle by its size', () => {
    const searching = recipe({
      train: { architecture: 'dan', randomSearch: { trials: 3 } },
      compress: [{ ranks: [1, 9, 4] }, { method: 'fixed-point', bits: [8], retrain: false }],
      retrain: { seeds: [5, 6], randomSearch: { trials: 2 } },
    });
    const { trials } = planTrials(searching, 17575, 100);
    const tries = trials.filter(({ kind }) => kind === 'try');
    assert.deepEqual(
      tries.map(({ id, from, seed, rank }) => [id, from, seed, rank]),
      [
        ['train-settings-1', undefined, 5, undefined],
        ['train-settings-2', undefined, 5, undefined],
        ['train-settings-3', undefined, 5, undefined],
        ['retrain-settings-1', 'baseline-s5', 5, 4],
        ['retrain-settings-2', 'baseline-s5', 5, 4],
      ],
    );
    // Each phase's first ones are the recipe's own, here the same defaults.
    assert.equal(new Set(tries.map(({ training }) => JSON.stringify(training))).size, 4);
    assert.deepEqual(
      planSearches(searching, trials).map(({ name, rungs, trials: among }) => [name, rungs, among.length]),
      [
        ['train', [3, 5, 10], 3],
        ['retrain', [2, 3, 5], 2],
      ],
    );
  });

  it('has only baselines where nothing is to be compressed', () => {
    const { trials } = planTrials(
      recipe({ train: { architecture: 'dan' }, retrain: { seeds: [1, 2] } }),
      50,
      10,
    );
    assert.deepEqual(ids(trials), ['baseline-s1', 'baseline-s2']);
  });

  it('finishes the first seed’s curve before the second’s, both metrics side by side', () => {
    const plan = planTrials(
      loaded({ metric: ['task', 'spectrum'], reductions: [0.95, 0.9] }, { seeds: [1, 2] }),
      17575,
      100,
    );
    const points = plan.trials.filter(({ kind }) => kind === 'point');
    assert.deepEqual(ids(points).slice(0, 4), [
      'task-k9-s1',
      'spectrum-k9-s1',
      'task-k4-s1',
      'spectrum-k4-s1',
    ]);
    assert.deepEqual(
      points.map(({ seed }) => seed),
      [1, 1, 1, 1, 2, 2, 2, 2],
    );
  });

  it('takes ranks that reach the reduction while one more would not', () => {
    for (const [m, n] of [
      [17575, 100],
      [341479, 300],
      [60, 50],
      [8, 200],
    ] as const) {
      for (let percent = 1; percent < 100; percent++) {
        const reduction = percent / 100;
        const { trials } = planTrials(loaded({ reductions: [reduction] }), m, n);
        const rank = trials.at(-1)?.rank ?? 0;
        assert.ok(rank >= 1);
        if (rank > 1) assert.ok(achievedReduction(rank, m, n) >= reduction - 1e-9);
        assert.ok(achievedReduction(rank + 1, m, n) < reduction);
      }
    }
  });

  it('gives every trial an id of its own that can name a file, and starts from an earlier one', () => {
    const { trials } = planTrials(
      loaded({ metric: ['task', 'spectrum'], ranks: [1, 2, 3, 50] }, { seeds: [1, 23, 2 ** 40] }),
      1000,
      100,
    );
    const seen = new Set<string>();
    for (const { id, from } of trials) {
      assert.match(id, /^[a-z0-9-]+$/);
      assert.ok(!seen.has(id));
      assert.ok(from === undefined || seen.has(from));
      seen.add(id);
    }
    assert.equal(trials.length, 1 + 3 + 3 * 2 * 4);
  });

  it('tries a rank once and says which reductions share it', () => {
    const { trials, warnings } = planTrials(
      loaded({ reductions: [0.9, 0.905, 0.5], ranks: [9] }),
      17575,
      100,
    );
    assert.deepEqual(
      trials.flatMap(({ rank }) => rank ?? []),
      [49, 9],
    );
    assert.deepEqual(warnings, [
      'Reduction 0.9, reduction 0.905 and rank 9 give the same rank 9, which is tried once.',
    ]);
  });

  it('warns of a rank that makes the model larger, and of none that does not', () => {
    // 60 x 40: mn/(m + n) = 24, where the factors are as large as the table.
    const warnings = (rank: number) => planTrials(loaded({ ranks: [rank] }), 60, 40).warnings;
    assert.deepEqual(warnings(23), []);
    assert.match(warnings(24)[0] ?? '', /Rank 24 makes the table no smaller/);
    assert.match(warnings(30)[0] ?? '', /Rank 30 makes the table 25\.0 % larger: below 24\.0/);
    assert.equal(warnings(40).length, 1);
  });

  it('warns of a reduction that no rank reaches', () => {
    const { trials, warnings } = planTrials(loaded({ reductions: [0.99] }), 60, 40);
    assert.equal(trials.at(-1)?.rank, 1);
    assert.match(warnings[0] ?? '', /Reduction 0\.99 is out of reach: rank 1, the smallest, .* 95\.83 %/);
  });

  for (const [rows, dimension] of [
    [60, 40],
    [40, 60],
  ] as const) {
    it(`refuses a rank above the smaller side of a ${rows} x ${dimension} table`, () => {
      assert.throws(
        () => planTrials(loaded({ ranks: [3, 41] }), rows, dimension),
        (error) =>
          error instanceof UserError &&
          error.code === 'rank-too-large' &&
          error.place?.file === '/home/ann/spam.press.json' &&
          error.place.item === 'compress.ranks[1]' &&
          /at most 40, .* found 41/.test(error.message),
      );
    });
  }

  it('counts the epochs that are run', () => {
    const trained = recipe({
      train: { architecture: 'dan', epochs: 4 },
      compress: { ranks: [1, 2] },
      retrain: { epochs: 3, seeds: [1, 2] },
    });
    assert.equal(totalEpochs(trained, planTrials(trained, 100, 10).trials), 2 * (4 + 3 + 2 * 3));
    const given = loaded({ ranks: [1, 2] }, { epochs: 3 });
    assert.equal(totalEpochs(given, planTrials(given, 100, 10).trials), 3 + 2 * 3);
  });
});
