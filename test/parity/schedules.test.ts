import assert from 'node:assert/strict';
import type { ScheduleSettings } from '../../src/core/recipe/recipe.ts';
import { createSchedule } from '../../src/core/training/schedule.ts';
import { askPython, pythonWith } from './python.ts';

const [epoch, count] = [139, 2000];
const bounds = { rate: 0.006, lowerRate: 0.001 } as const;

const cases: readonly ScheduleSettings[] = [
  { name: 'step-decay', rate: 0.1, decay: 0.5, decayEpochs: 3 },
  { name: 'exponential', rate: 0.1, decay: 0.8 },
  { name: 'triangular', ...bounds, stepSize: 120 },
  { name: 'triangular2', ...bounds, stepSize: 120 },
  { name: 'exp-range', ...bounds, stepSize: 120, decay: 0.8 },
  { name: 'sgdr', ...bounds, cycleEpochs: 2, cycleGrowth: 2 },
  { name: 'sgdr', ...bounds, cycleEpochs: 1, cycleGrowth: 1 },
];

describe('a schedule against torch', function () {
  this.timeout(120_000);
  let expected: readonly (readonly number[])[];

  before(function () {
    const python = pythonWith(this, 'torch');
    expected = askPython(
      python,
      'schedules.py',
      cases.map((settings) => ({ settings, epoch, count })),
    ) as typeof expected;
  });

  cases.forEach((settings, one) => {
    it(`has its rates: ${JSON.stringify(settings)}`, () => {
      const rateAt = createSchedule(settings, epoch);
      const worst = expected[one]!.reduce(
        (most, rate, t) => Math.max(most, Math.abs(rateAt(t, Math.floor(t / epoch)) / rate - 1)),
        0,
      );
      console.log(`      off by ${worst.toExponential(1)} at most`);
      assert.ok(worst <= 1e-9);
    });
  });
});
