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

  /** Rates of a schedule with 10 iterations an epoch, at some iterations. */
  const rates = (settings: ScheduleSettings, iterations: readonly number[]): number[] => {
    const schedule = createSchedule(settings, 10);
    return iterations.map((iteration) => schedule(iteration, Math.floor(iteration / 10)));
  };
  const allNear = (found: readonly number[], expected: readonly number[]): void => {
    assert.equal(found.length, expected.length);
    found.forEach((rate, i) => {
      near(rate, expected[i]!);
    });
  };

  it('falls at every second epoch’s border in a step decay', () => {
    allNear(
      rates({ name: 'step-decay', rate: 0.4, decay: 0.5, decayEpochs: 2 }, [0, 19, 20, 39, 40, 75]),
      [0.4, 0.4, 0.2, 0.2, 0.1, 0.05],
    );
  });

  it('falls by the decay in each epoch, evenly, in the exponential one', () => {
    allNear(
      rates({ name: 'exponential', rate: 0.4, decay: 0.25 }, [0, 5, 10, 15, 20, 30]),
      [0.4, 0.2, 0.1, 0.05, 0.025, 0.00625],
    );
  });

  // Smith's bounds 0.001 and 0.006, S = 4.
  const clr = { rate: 0.006, lowerRate: 0.001, stepSize: 4 } as const;

  it('rises and falls between Smith’s bounds', () => {
    allNear(
      rates({ name: 'triangular', ...clr }, [0, 1, 2, 3, 4, 6, 8, 12, 800, 804]),
      [0.001, 0.00225, 0.0035, 0.00475, 0.006, 0.0035, 0.001, 0.006, 0.001, 0.006],
    );
  });

  it('halves the triangle after each cycle in triangular2', () => {
    allNear(
      rates({ name: 'triangular2', ...clr }, [0, 4, 8, 12, 14, 20, 28]),
      [0.001, 0.006, 0.001, 0.0035, 0.00225, 0.00225, 0.001625],
    );
  });

  it('lets the triangle fall by gamma^t in exp-range', () => {
    const gamma = 0.25 ** (1 / 10);
    allNear(rates({ name: 'exp-range', ...clr, decay: 0.25 }, [0, 4, 8, 12, 20, 50]), [
      0.001,
      0.001 + 0.005 * gamma ** 4,
      0.001,
      0.001 + 0.005 * gamma ** 12,
      0.001 + 0.005 / 16,
      0.001 + (0.005 * 0.5) / 4 ** 5,
    ]);
  });

  it('makes half a cycle an epoch by default in the triangular ones', () => {
    allNear(
      rates({ name: 'triangular', ...clr, stepSize: 'auto' }, [0, 5, 10, 20]),
      [0.001, 0.0035, 0.006, 0.001],
    );
  });

  it('falls along a cosine and restarts, in SGDR', () => {
    const sgdr = { name: 'sgdr', rate: 0.05, lowerRate: 0.01, cycleEpochs: 1, cycleGrowth: 2 } as const;
    const half = 0.01 + 0.02 * (1 + Math.SQRT1_2);
    // Cycles of 10, 20 and 40 iterations.
    allNear(rates(sgdr, [0, 5, 10, 15, 20, 25, 30, 40, 50, 69, 70]), [
      0.05,
      0.03,
      0.05,
      half,
      0.03,
      0.02 + 0.04 - half,
      0.05,
      half,
      0.03,
      0.01 + 0.02 * (1 + Math.cos((39 / 40) * Math.PI)),
      0.05,
    ]);
    allNear(
      rates({ ...sgdr, cycleGrowth: 1, lowerRate: 0 }, [0, 5, 10, 9995, 10000]),
      [0.05, 0.025, 0.05, 0.025, 0.05],
    );
  });
});
