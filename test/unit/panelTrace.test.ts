import assert from 'node:assert/strict';
import { optimizerDefaults, trainDefaults } from '../../src/core/recipe/defaults.ts';
import { plannedRates } from '../../src/core/training/plannedRates.ts';
import { createSchedule } from '../../src/core/training/schedule.ts';
import type { RunEvent } from '../../src/core/sweep/trial.ts';
import { RunModel } from '../../webview/runModel.ts';
import {
  endOf,
  epochTicks,
  FEWEST_STEPS,
  movedRange,
  nearestStep,
  visibleSteps,
  zoomedRange,
} from '../../webview/traceRange.ts';
import { describeStep, describeTrace } from '../../webview/traceText.ts';

const trial = 'task-k9-s1';

function step(at: number): RunEvent {
  return { type: 'step', time: 0, trial, step: at, epoch: 0, rate: 1e-3, loss: 1 };
}

function epoch(done: number, validationAccuracy: number): RunEvent {
  return { type: 'epoch', time: 0, trial, epoch: done, epochs: 3, loss: 1, validationAccuracy, seconds: 1 };
}

function traceOf(events: readonly RunEvent[]): RunModel['trials'] extends Map<string, infer T> ? T : never {
  const model = new RunModel(
    { key: 'r', recipe: 'r', startedAt: 0 },
    { state: 'running', epochsDone: 0, epochsTotal: 0 },
  );
  model.applyAll(events);
  const found = model.trials.get(trial);
  assert.ok(found);
  return found;
}

describe('the trace’s validation accuracy', () => {
  const started: RunEvent = { type: 'evaluation', time: 0, trial, validationAccuracy: 0.5 };

  it('stands at the start and at the end of each epoch', () => {
    const { trace } = traceOf([started, step(0), step(1), epoch(1, 0.6), step(2), step(3), epoch(2, 0.7)]);
    assert.deepEqual(trace.evaluations, [
      { step: 0, accuracy: 0.5 },
      { step: 2, accuracy: 0.6 },
      { step: 4, accuracy: 0.7 },
    ]);
    assert.deepEqual(describeStep(trace, 4), [
      'Validation accuracy 0.700',
      'Loss 1.0000',
      'Learning rate 1e−3',
    ]);
  });

  it('is replaced by that of a trial that goes on from before, or starts again', () => {
    const first = [started, step(0), epoch(1, 0.6), step(1), epoch(2, 0.7)];
    const { trace } = traceOf([...first, step(1), epoch(2, 0.8)]);
    assert.deepEqual(
      trace.evaluations.map(({ accuracy }) => accuracy),
      [0.5, 0.6, 0.8],
    );
    assert.equal(traceOf([...first, started]).trace.evaluations.length, 1);
  });
});

describe('the trace’s zoom', () => {
  const last = 1000;

  it('stays within the steps and never shows too few', () => {
    let range = zoomedRange(undefined, last, 0.5);
    for (let i = 0; i < 20; i++) {
      range = i % 3 === 2 ? movedRange(range, last, 0.7) : zoomedRange(range, last, 0.5, 0.9);
      assert.ok(range && range.min >= 0 && range.max <= last);
      assert.ok(range.max - range.min >= FEWEST_STEPS - 1e-9);
    }
    for (let i = 0; i < 5; i++) range = movedRange(range, last, -100);
    assert.equal(range?.min, 0);
  });

  it('keeps what it points at, and shows all again as no range', () => {
    const range = zoomedRange(undefined, last, 0.5, 0.25);
    assert.deepEqual(range, { min: 125, max: 625 });
    assert.equal(zoomedRange(range, last, 2.5), undefined);
    assert.equal(movedRange(undefined, last, 0.2), undefined);
    assert.equal(zoomedRange(undefined, 3, 0.5), undefined);
  });

  it('draws the steps in it and their neighbours', () => {
    const steps = Array.from({ length: 101 }, (_, i) => 10 * i);
    const [from, to] = visibleSteps(steps, { min: 125, max: 625 });
    assert.deepEqual([steps[from], steps[to - 1]], [120, 630]);
    assert.deepEqual(visibleSteps(steps, undefined), [0, 101]);
    assert.deepEqual(visibleSteps(steps, { min: 0, max: 1000 }), [0, 101]);
  });

  it('finds the step pointed at', () => {
    assert.equal(nearestStep([0, 10, 20], 14), 1);
    assert.equal(nearestStep([0, 10, 20], 16), 2);
    assert.equal(nearestStep([0, 10, 20], 99), 2);
    assert.equal(nearestStep([], 5), 0);
  });
});

describe('the ends of epochs', () => {
  const epochsOf = (count: number) =>
    new Map(Array.from({ length: count }, (_, i) => [(i + 1) * 5, i + 1] as const));

  it('are marked while there is room, and at round numbers of epochs where there are more', () => {
    assert.deepEqual(epochTicks(epochsOf(4), { min: 0, max: 20 }, 4), [5, 10, 15, 20]);
    assert.deepEqual(epochTicks(epochsOf(4), { min: 6, max: 15 }, 4), [10, 15]);
    assert.deepEqual(epochTicks(epochsOf(4), { min: 0, max: 20 }, 3.5), [10, 20]);
    assert.deepEqual(epochTicks(epochsOf(4), { min: 0, max: 20 }, 0), []);
    assert.deepEqual(epochTicks(new Map(), { min: 0, max: 15 }, 4), []);
    const many = epochTicks(epochsOf(600), { min: 0, max: 3000 }, 12);
    assert.deepEqual(
      many.map((step) => step / 5),
      [50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600],
    );
    for (const count of [1, 9, 99, 100, 101, 10_000])
      for (const most of [1, 3, 12, 100]) {
        const ticks = epochTicks(epochsOf(count), { min: 0, max: 5 * count }, most);
        assert.ok(
          ticks.length <= most && ticks.length >= Math.floor(Math.min(count, most) / 2.5),
          `${count}, ${most}`,
        );
      }
  });
});

describe('the planned learning rates', () => {
  const settings = { ...trainDefaults, optimizer: optimizerDefaults.adam, batchSize: 10 };
  const calr = { name: 'calr', rate: 1e-3, decay: 0.5, decayEpochs: 3, stepSize: 'auto' } as const;

  it('are those that the schedule gives, step by step', () => {
    const planned = plannedRates({ ...settings, epochs: 4, schedule: calr }, 95);
    const rateAt = createSchedule(calr, 10);
    assert.deepEqual(
      planned?.rates,
      Array.from({ length: 40 }, (_, step) => ({ x: step, y: rateAt(step, Math.floor(step / 10)) })),
    );
    assert.equal(plannedRates({ ...settings, epochs: 0, schedule: calr }, 95), undefined);
  });

  it('keep every cycle’s peak where they are thinned out', () => {
    const planned = plannedRates({ ...settings, epochs: 10, schedule: calr }, 100_000);
    assert.ok(planned && planned.rates.length <= 1000);
    assert.deepEqual([planned.rates[0]?.x, planned.rates.at(-1)?.x], [0, 99_999]);
    assert.ok(Math.abs(Math.max(...planned.rates.map(({ y }) => y)) - 1e-3) < 1e-6);
  });

  it('are known to the page from the plan on, of trials that are trained', () => {
    const retrain = plannedRates({ ...settings, epochs: 1, schedule: calr }, 10);
    assert.ok(retrain);
    const run = new RunModel(
      { key: 'r', recipe: 'r', startedAt: 0 },
      { state: 'running', epochsDone: 0, epochsTotal: 0 },
    );
    const point = { kind: 'point', seed: 1, from: 'baseline' } as const;
    run.applyAll([
      {
        type: 'plan',
        time: 0,
        epochs: 1,
        trials: [
          { id: 'baseline', kind: 'baseline', seed: 1 },
          { ...point, id: 'a' },
          { ...point, id: 'bare', retrain: false },
        ],
        rates: { retrain },
      },
    ]);
    assert.deepEqual(
      ['baseline', 'a', 'bare'].map((id) => run.ratesOf(id)),
      [undefined, retrain, undefined],
    );
    assert.equal(endOf(undefined, retrain), 1);
    assert.match(describeTrace(undefined, retrain), /as planned over 1 steps in 1 epochs/);
  });
});
