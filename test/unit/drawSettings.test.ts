import assert from 'node:assert/strict';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import type { RandomSearchSettings } from '../../src/core/recipe/recipe.ts';
import { drawSettings, withDrawn } from '../../src/core/search/drawSettings.ts';

function retrainOf(json: object = {}) {
  const recipe = {
    model: 'm',
    data: { train: { path: 'train.tsv', format: 'tsv' } },
    compress: {},
    retrain: { randomSearch: {}, ...json },
  };
  return parseRecipe(JSON.stringify(recipe), '/home/ann/spam.press.json').retrain;
}

const settings = ['rate', 'batchSize', 'dropout', 'wordDropout'] as const;
const ranges: RandomSearchSettings = {
  trials: 2001,
  rate: [1e-4, 1e-2],
  batchSize: [16, 256],
  dropout: [0, 0.5],
  wordDropout: [0.1, 0.2],
};

describe('the settings of a random search', () => {
  it('are the recipe’s own first, then some within the ranges, the same for the same seed', () => {
    const own = retrainOf({ batchSize: 32, dropout: 0.1 });
    const drawn = drawSettings(own, ranges, 7);
    assert.equal(drawn.length, ranges.trials);
    assert.deepEqual(drawn[0], { rate: 1e-3, batchSize: 32, dropout: 0.1, wordDropout: 0.3 });
    for (const one of drawn.slice(1)) {
      for (const setting of settings) {
        const [low, high] = ranges[setting];
        assert.ok(one[setting] >= low && one[setting] <= high, `${setting} ${one[setting]}`);
      }
      assert.ok(Number.isInteger(one.batchSize));
    }
    assert.deepEqual(drawSettings(own, ranges, 7), drawn);
    assert.deepEqual(drawSettings(own, { ...ranges, trials: 5 }, 7), drawn.slice(0, 5));
    assert.notDeepEqual(drawSettings(own, ranges, 8)[1], drawn[1]);
  });

  it('have logarithms, or values, that are spread evenly', () => {
    const drawn = drawSettings(retrainOf(), ranges, 1).slice(1);
    const below = (setting: (typeof settings)[number], bound: number): number =>
      drawn.filter((one) => one[setting] < bound).length / drawn.length;
    // Of 2000 even draws a quarter lies below the first quartile, give or take four standard deviations of 0.0097.
    const near = (share: number, expected: number): void => {
      assert.ok(Math.abs(share - expected) < 0.04, `${share}, expected ${expected}`);
    };
    near(below('rate', 10 ** -3.5), 0.25);
    near(below('rate', 1e-3), 0.5);
    near(below('batchSize', 63.5), 0.5);
    near(below('dropout', 0.125), 0.25);
    near(below('wordDropout', 0.175), 0.75);
  });

  it('stay where a range is one value', () => {
    const still = { ...ranges, trials: 9, rate: [0.003, 0.003], batchSize: [50, 50] } as const;
    for (const { rate, batchSize } of drawSettings(retrainOf(), still, 1).slice(1)) {
      assert.deepEqual([rate, batchSize], [0.003, 50]);
    }
  });

  it('range about the schedule’s own rate where the recipe does not say', () => {
    const { randomSearch } = retrainOf({ schedule: { name: 'constant', rate: 0.02 } });
    assert.deepEqual([randomSearch!.trials, randomSearch!.rate], [8, [0.002, 0.2]]);
  });

  it('take the place of a training’s, and its lowest rate follows', () => {
    const drawn = { rate: 0.01, batchSize: 10, dropout: 0, wordDropout: 0.5 };
    const training = withDrawn(retrainOf({ schedule: { name: 'triangular', rate: 1e-3 } }), drawn);
    const { schedule } = training;
    assert.ok(schedule.name === 'triangular' && schedule.rate === 0.01);
    assert.ok(Math.abs(schedule.lowerRate - 0.001) < 1e-15);
    assert.deepEqual([training.batchSize, training.dropout, training.wordDropout], [10, 0, 0.5]);
    assert.equal(withDrawn(training, undefined), training);
  });
});
