import assert from 'node:assert/strict';
import type { ScheduleSettings } from '../../src/core/recipe/recipe.ts';
import { createSchedule } from '../../src/core/training/schedule.ts';

const near = (found: number, expected: number): void => {
  assert.ok(Math.abs(found - expected) <= 1e-12 * expected, `${found} is not ${expected}`);
};

describe('createSchedule', () => {
  const calr: ScheduleSettings = { name: 'calr', rate: 1e-3, decay: 0.1, decayEpochs: 3, stepSize: 4 };

  it('keeps a constant rate', () => {
    const schedule = createSchedule({ name: 'constant', rate: 0.02 }, 10);
    assert.deepEqual([schedule(0, 0), schedule(7, 0), schedule(1234, 99)], [0.02, 0.02, 0.02]);
  });

  // Worked by hand: U0 = 1e-3, decay = 0.1, D = 3, S = 4, five iterations an epoch. L = 1e-6 throughout;
  // U by epoch = 1e-3, 1e-4, 1e-5, 1e-6, then 1e-3 again; the triangle by iteration mod 8 = 0, 1/4, 1/2,
  // 3/4, 1, 3/4, 1/2, 1/4.
  const golden: readonly (readonly [iteration: number, epoch: number, rate: number])[] = [
    [0, 0, 1e-6],
    [1, 0, 0.00025075], // 1e-6 + 999e-6/4
    [2, 0, 0.0005005],
    [3, 0, 0.00075025],
    [4, 0, 1e-3], // the peak
    [5, 1, 0.00007525], // the border: U falls to 1e-4, 1e-6 + 99e-6 * 3/4
    [6, 1, 0.0000505],
    [7, 1, 0.00002575],
    [8, 1, 1e-6], // the second triangle starts
    [9, 1, 0.00002575],
    [10, 2, 0.0000055], // 1e-6 + 9e-6/2
    [11, 2, 0.00000775],
    [12, 2, 1e-5],
    [13, 2, 0.00000775],
    [14, 2, 0.0000055],
    [15, 3, 1e-6], // the bounds meet for the whole epoch, whatever the triangle
    [17, 3, 1e-6],
    [19, 3, 1e-6],
    [20, 4, 1e-3], // 4 mod 4 = 0: back at U0, and at the triangle's top
    [21, 4, 0.00075025],
    [25, 5, 0.00002575], // the second annealing's fall
  ];

  it('follows the golden table of CALR', () => {
    const schedule = createSchedule(calr, 5);
    for (const [iteration, epoch, rate] of golden) near(schedule(iteration, epoch), rate);
  });

  it('takes 0.65 of an epoch as step size by default, at least one iteration', () => {
    const auto = createSchedule({ ...calr, stepSize: 'auto' }, 139);
    near(auto(90, 0), 1e-3); // round(90.35)
    assert.ok(auto(89, 0) < 1e-3 && auto(91, 0) < 1e-3);
    const tiny = createSchedule({ ...calr, stepSize: 'auto' }, 0);
    near(tiny(0, 0), 1e-6);
    near(tiny(1, 0), 1e-3);
  });

  it('takes the authors’ thousand iterations as preset', () => {
    const paper = createSchedule({ ...calr, decayEpochs: 5, stepSize: 'paper' }, 1540);
    near(paper(0, 0), 1e-8);
    near(paper(500, 0), 1e-8 + (1e-3 - 1e-8) / 2);
    near(paper(1000, 0), 1e-3);
    near(paper(1540, 1), 1e-8 + (1e-4 - 1e-8) * 0.46);
    near(paper(5 * 1540, 5), 1e-8); // 5 mod 6 = D
    near(paper(9000, 6), 1e-3);
  });
});
