import assert from 'node:assert/strict';
import { decimate } from '../../src/core/report/decimate.ts';
import {
  formatBytes,
  formatChange,
  formatDuration,
  formatFlops,
  formatMean,
  withoutZeros,
} from '../../webview/format.ts';
import { RunModel } from '../../webview/runModel.ts';
import type { RunEvent } from '../../src/core/sweep/trial.ts';
import { trialResult } from '../support/trialResult.ts';

function step(at: number, loss = 1): RunEvent {
  return { type: 'step', time: 0, trial: 'task-k9-s1', step: at, epoch: 0, rate: 1e-3, loss };
}

function model(): RunModel {
  return new RunModel(
    { key: 'r', recipe: 'r', startedAt: 0 },
    { state: 'running', epochsDone: 0, epochsTotal: 0 },
  );
}

describe('the panel’s model of a run', () => {
  it('lets a resumed trial’s steps take the place of those that were lost', () => {
    const run = model();
    run.applyAll([0, 1, 2, 3, 4].map((at) => step(at)));
    run.applyAll([step(2, 0.5), step(3, 0.4)]);
    const trace = run.trials.get('task-k9-s1')?.trace;
    assert.deepEqual(trace?.steps, [0, 1, 2, 3]);
    assert.deepEqual(trace.losses, [1, 1, 0.5, 0.4]);
    assert.equal(trace.rates.length, 4);
  });

  it('knows the inputs of models that take several texts', () => {
    const run = model();
    assert.equal(run.inputs, undefined);
    run.applyAll([{ type: 'plan', time: 0, trials: [], epochs: 0, inputs: ['title', 'body'] }]);
    assert.deepEqual(run.inputs, ['title', 'body']);
  });

  it('tells a warning once and no information', () => {
    const run = model();
    const warning: RunEvent = { type: 'message', time: 0, level: 'warning', text: 'small' };
    run.applyAll([warning, warning, { ...warning, level: 'info', text: 'read' }]);
    assert.deepEqual(run.warnings, ['small']);
  });

  it('has ended in every state but those that go on', () => {
    const states = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted'] as const;
    const ended = states.filter((state) => {
      const run = model();
      run.status = { state, epochsDone: 0, epochsTotal: 0 };
      return run.ended;
    });
    assert.deepEqual(ended, ['done', 'failed', 'cancelled', 'interrupted']);
  });

  it('takes the final figures over those that came live', () => {
    const run = model();
    run.applyAll([{ type: 'result', time: 0, result: trialResult }]);
    const before = run.revision;
    run.setResults({
      engine: 'wasm',
      versions: {},
      dataset: {
        train: 1,
        validation: 1,
        test: 1,
        classes: [],
        vocabulary: 1,
        dimension: 1,
        meanLength: 1,
      },
      points: [{ ...trialResult, testAccuracy: 0.79 }],
    });
    assert.deepEqual(
      run.finished().map((finished) => finished.testAccuracy),
      [0.79],
    );
    assert.ok(run.revision > before);
  });
});

describe('decimate', () => {
  const xs = Array.from({ length: 12345 }, (_, i) => i);

  it('keeps the ends, the order and every peak within the limit', () => {
    const ys = xs.map((x) => Math.sin(x / 50));
    ys[7777] = 40;
    ys[3333] = -40;
    const kept = decimate(xs, ys, 1000);
    assert.ok(kept.length <= 1000 && kept.length > 500, String(kept.length));
    assert.equal(kept[0]?.x, 0);
    assert.equal(kept.at(-1)?.x, 12344);
    for (let i = 1; i < kept.length; i++) assert.ok(kept[i]!.x > kept[i - 1]!.x);
    assert.ok(kept.some(({ x, y }) => x === 7777 && y === 40));
    assert.ok(kept.some(({ x, y }) => x === 3333 && y === -40));
    for (const { x, y } of kept) assert.equal(y, ys[x]);
  });

  it('leaves short curves alone and stands an empty or a flat one', () => {
    assert.deepEqual(decimate([1, 2], [3, 4], 1000), [
      { x: 1, y: 3 },
      { x: 2, y: 4 },
    ]);
    assert.deepEqual(decimate([], [], 1000), []);
    const flat = decimate(
      xs,
      xs.map(() => 1),
      100,
    );
    assert.ok(flat.length <= 100 && flat.every(({ y }) => y === 1));
  });
});

describe('the panel’s figures', () => {
  const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

  it('have three digits that count and never 1000 of a unit', () => {
    const written = [0, 999, 999.7, 1000, 9999, 86128, 652_000, 999_950, 7_045_428, 1.5e9];
    assert.deepEqual(
      written.map((bytes) => plain(formatBytes(bytes))),
      ['0 B', '999 B', '1.00 kB', '1.00 kB', '10.0 kB', '86.1 kB', '652 kB', '1.00 MB', '7.05 MB', '1.50 GB'],
    );
    assert.equal(plain(formatFlops(9560)), '9.56 k');
    assert.equal(formatFlops(12), '12');
    assert.equal(plain(withoutZeros(formatBytes(5e6))), '5 MB');
    assert.equal(plain(withoutZeros(formatBytes(2.5e6))), '2.5 MB');
    assert.equal(plain(withoutZeros(formatBytes(1e7))), '10 MB');
    assert.equal(plain(withoutZeros('100 kB')), '100 kB');
  });

  it('say a change with a true sign', () => {
    assert.equal(plain(formatChange(10, 100)), '−90.0 %');
    assert.equal(plain(formatChange(150, 100)), '+50.0 %');
    assert.equal(formatChange(1, 0), '–');
  });

  it('say times in two units at most and deviations where there are any', () => {
    assert.deepEqual([0, 59.6, 200, 3599.6, 7500].map(formatDuration).map(plain), [
      '0 s',
      '1 min 0 s',
      '3 min 20 s',
      '1 h 0 min',
      '2 h 5 min',
    ]);
    assert.equal(formatMean({ mean: 0.82449 }), '0.824');
    assert.equal(formatMean({ mean: 0.8, deviation: 0.0031 }), '0.800 ± 0.003');
  });
});
