import assert from 'node:assert/strict';
import type { RunEvent, TrialResult } from '../../src/core/sweep/trial.ts';
import { bytesOf, lossOf, minutesOf } from '../../src/editor/recipe/searchAnswers.ts';
import { defaultFloor } from '../../webview/floor.ts';
import { modelRows } from '../../webview/modelRows.ts';
import { RunModel } from '../../webview/runModel.ts';
import { describeSearch, searchedRow, shownRounds } from '../../webview/searchRounds.ts';
import { describeSettingsSearch, triedSettings } from '../../webview/searchSettings.ts';

const target = { kind: 'accuracy', floor: 0.8 } as const;

function round(epochs: number, ...trials: string[]): RunEvent {
  return { type: 'round', search: 'models', time: 0, epochs, trials, target };
}

function result(trial: string, storageBytes: number, validationAccuracy: number, epochs: number): RunEvent {
  const figures: TrialResult = {
    trial,
    kind: 'point',
    setting: trial,
    method: 'low-rank',
    metric: 'task',
    rank: storageBytes,
    seed: 1,
    parameters: 1,
    storageBytes,
    embeddingBytes: storageBytes,
    flopsPerSentence: 2,
    layers: [],
    validationAccuracy,
    bestEpoch: 0,
    epochs,
    seconds: 1,
  };
  return { type: 'result', time: 0, result: figures };
}

const begun: readonly RunEvent[] = [
  round(0, 'a', 'b', 'c'),
  result('a', 30, 0.82, 0),
  result('b', 20, 0.79, 0),
  result('c', 10, 0.7, 0),
  round(1, 'b', 'c'),
  result('b', 20, 0.81, 1),
];

function panel(events: readonly RunEvent[]) {
  const model = new RunModel(
    { key: 'r', recipe: 'r', startedAt: 0 },
    { state: 'running', epochsDone: 0, epochsTotal: 0 },
  );
  model.applyAll(events);
  return { trace: model.searchOf('models'), rows: modelRows(model.finished(), false) };
}

describe('a search on the panel', () => {
  it('is not there in a run that has none', () => {
    assert.equal(panel([]).trace, undefined);
  });

  it('shows what each round had, what it came to, and the best until then', () => {
    const { trace } = panel(begun);
    assert.deepEqual(
      shownRounds(trace!).map(({ best, ...shown }) => ({ ...shown, best: best?.id })),
      [
        { epochs: '0', models: '3', mostAccurate: '0.820', best: 'a' },
        { epochs: '1', models: '1 of 2', mostAccurate: '0.810', best: 'b' },
      ],
    );
  });

  it('names the best so far, then the chosen one, and goes on after a resume', () => {
    const going = panel(begun);
    assert.equal(searchedRow(going.trace, going.rows.points)?.setting, 'b');
    assert.match(describeSearch(going.trace!, searchedRow(going.trace, going.rows.points)), /^Best so far/);
    const choice: RunEvent = { type: 'choice', search: 'models', time: 0, trial: 'b', end: 'cancelled' };
    const stopped = panel([...begun, choice]);
    assert.match(
      describeSearch(stopped.trace!, searchedRow(stopped.trace, stopped.rows.points)),
      /^The search was stopped/,
    );
    const resumed = panel([
      ...begun,
      choice,
      { type: 'run', time: 0, phase: 'resumed', run: 'r' },
      result('c', 10, 0.8, 1),
    ]);
    assert.equal(resumed.trace!.end, undefined);
    assert.equal(searchedRow(resumed.trace, resumed.rows.points)?.setting, 'c');
    const ended = panel([...begun, { type: 'choice', search: 'models', time: 0, end: 'time' }]);
    assert.equal(describeSearch(ended.trace!, undefined), 'The time was over before a model reached this.');
  });

  it('sets the floor where the search has one', () => {
    const { trace, rows } = panel(begun);
    assert.equal(defaultFloor(rows, trace!.target), 0.8);
    assert.equal(defaultFloor(rows), undefined);
  });
});

describe('answers to the questions of a search', () => {
  it('are losses, sizes and minutes, or nothing', () => {
    assert.deepEqual(['0.005', '.01', '0.5 %', '2%', '0'].map(lossOf), [0.005, 0.01, 0.005, 0.02, 0]);
    assert.deepEqual(['1', 'much', '', '-0.1', '120 %'].map(lossOf), Array(5).fill(undefined));
    assert.deepEqual(
      ['500000', '500 kB', '0.5MB', '1 GB', '12 b'].map(bytesOf),
      [500_000, 500_000, 500_000, 1e9, 12],
    );
    assert.deepEqual(['0', 'small', '1 TB', '', '0.2'].map(bytesOf), Array(5).fill(undefined));
    assert.deepEqual(['10', '0.5'].map(minutesOf), [10, 0.5]);
    assert.deepEqual(['0', '-1', '1e3', 'ten', '1000000'].map(minutesOf), Array(5).fill(undefined));
  });
});

describe('a search for settings on the panel', () => {
  const own = { rate: 1e-3, batchSize: 64, dropout: 0.2, wordDropout: 0.3 };
  const drawn = { rate: 4e-3, batchSize: 31, dropout: 0.1, wordDropout: 0.05 };
  const tried = (
    trial: string,
    training: typeof own,
    validationAccuracy: number,
    epochs: number,
  ): RunEvent => {
    const event = result(trial, 10, validationAccuracy, epochs);
    if (event.type !== 'result') throw new Error('This is a result.');
    return { ...event, result: { ...event.result, kind: 'try', training } };
  };
  const rounds = (search: 'train' | 'retrain'): RunEvent[] => [
    { type: 'round', search, time: 0, epochs: 1, trials: ['t0', 't1'], target: { kind: 'any' } },
    tried('t0', own, 0.7, 1),
    tried('t1', drawn, 0.75, 1),
    { type: 'round', search, time: 0, epochs: 3, trials: ['t0', 't1'], target: { kind: 'any' } },
    tried('t1', drawn, 0.8, 3),
  ];

  it('has each with the epochs and the accuracy that it came to, and marks the best', () => {
    const model = new RunModel(
      { key: 'r', recipe: 'r', startedAt: 0 },
      { state: 'running', epochsDone: 0, epochsTotal: 0 },
    );
    model.applyAll(rounds('retrain'));
    assert.equal(model.searchOf('train'), undefined);
    const trace = model.searchOf('retrain')!;
    assert.deepEqual(triedSettings(trace), [
      { ...own, trial: 't0', epochs: 1, validationAccuracy: 0.7, isBest: false },
      { ...drawn, trial: 't1', epochs: 3, validationAccuracy: 0.8, isBest: true },
    ]);
    assert.match(describeSettingsSearch(trace), /goes on/);
    model.applyAll([{ type: 'choice', search: 'retrain', time: 0, trial: 't0', end: 'complete' }]);
    const ended = model.searchOf('retrain')!;
    assert.deepEqual(
      triedSettings(ended).map(({ isBest }) => isBest),
      [true, false],
    );
    assert.match(describeSettingsSearch(ended), /complete/);
  });
});
