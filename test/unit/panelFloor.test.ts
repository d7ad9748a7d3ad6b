import assert from 'node:assert/strict';
import type { TrialResult } from '../../src/core/sweep/trial.ts';
import { defaultFloor, frontOf, mostAccurate, smallestAbove, toFloor } from '../../webview/floor.ts';
import { describeFloor, timesSmaller } from '../../webview/floorText.ts';
import { modelRows } from '../../webview/modelRows.ts';

function result(kind: TrialResult['kind'], validationAccuracy: number, rank = 0, seed = 1): TrialResult {
  return {
    trial: `${kind}-k${rank}-s${seed}`,
    kind,
    seed,
    ...(kind === 'point' && { setting: `task-k${rank}`, series: 'task', metric: 'task', rank }),
    parameters: rank,
    storageBytes: 4 * rank,
    embeddingBytes: 3 * rank,
    flopsPerSentence: rank,
    layers: [],
    validationAccuracy,
    bestEpoch: 1,
    seconds: 1,
  };
}

const sweep = [
  result('baseline', 0.83),
  result('control', 0.825),
  result('point', 0.7, 1),
  result('point', 0.82, 4),
  result('point', 0.81, 9),
  result('point', 0.84, 19),
];

describe('the accuracy floor', () => {
  const { points } = modelRows(sweep, false);

  it('is a hundredth below the better uncompressed model, in whole thousandths', () => {
    assert.equal(defaultFloor(modelRows(sweep, false)), 0.82);
    assert.equal(defaultFloor(modelRows([result('control', 0.8253)], false)), 0.815);
    assert.equal(defaultFloor(modelRows([result('baseline', 0.004)], false)), 0);
    assert.equal(defaultFloor(modelRows([result('point', 0.8, 4)], false)), undefined);
    for (const accuracy of [-1, 0, 0.1234, 0.8195, 1, 2]) {
      const floor = toFloor(accuracy);
      assert.ok(floor >= 0 && floor <= 1 && floor === Number(floor.toFixed(3)));
    }
  });

  it('is reached by the smallest point at it or above, whatever larger ones do', () => {
    for (let floor = 0.65; floor < 0.9; floor += 0.005) {
      const smallest = smallestAbove(points, floor);
      const reaching = points.filter((point) => point.after.mean >= floor);
      assert.equal(smallest === undefined, reaching.length === 0);
      if (smallest) assert.equal(smallest.rank, Math.min(...reaching.map((point) => point.rank ?? NaN)));
    }
    assert.equal(smallestAbove(points, 0.82)?.rank, 4);
  });

  it('is held against the mean over the seeds', () => {
    const seeds = [result('point', 0.9, 4, 1), result('point', 0.7, 4, 2)];
    assert.equal(smallestAbove(modelRows(seeds, false).points, 0.81), undefined);
    assert.equal(smallestAbove(modelRows(seeds, false).points, 0.79)?.rank, 4);
  });

  it('goes with a front that rises in size and accuracy and holds every answer', () => {
    const front = frontOf(points);
    assert.deepEqual(
      front.map((point) => point.rank),
      [1, 4, 19],
    );
    assert.equal(mostAccurate(points)?.rank, 19);
    assert.equal(mostAccurate([]), undefined);
    for (const point of points) {
      const smallest = smallestAbove(points, point.after.mean);
      assert.ok(smallest && front.includes(smallest));
    }
  });

  it('is answered in words, by the model or by how near the best one comes', () => {
    const rows = modelRows(sweep, false);
    const say = (floor: number): string =>
      describeFloor(rows, floor, smallestAbove(points, floor)).replaceAll('\u00a0', ' ');
    assert.equal(say(0.82), 'Smallest model above 0.820: Task, rank 4: 16 B, accuracy 0.820');
    assert.equal(say(0.9), 'No model reaches 0.900. Task, rank 19 comes nearest with 0.840.');
    assert.equal(describeFloor(modelRows([], false), 0.9, undefined), '');
    const times = [1000, 500, 51.3, 960].map((storageBytes) =>
      timesSmaller({ storageBytes }, { storageBytes: 1000 }),
    );
    assert.deepEqual(times, [undefined, '2 times smaller', '19 times smaller', undefined]);
  });
});
