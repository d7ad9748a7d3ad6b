import assert from 'node:assert/strict';
import type { RunEvent } from '../../src/core/sweep/trial.ts';
import {
  describeRun,
  formatRemaining,
  isResumable,
  progressOf,
  runContext,
  spokenRun,
} from '../../src/editor/runLabels.ts';
import { ThinnedEvents } from '../../src/editor/thinnedEvents.ts';
import type { RunStatus } from '../../src/process/runStatus.ts';

const running: RunStatus = {
  run: '2026-11-24T09-30-00-000-ab12',
  recipe: 'spam',
  recipePath: '/ws/spam.press.json',
  state: 'running',
  pid: 1,
  engine: 'wasm',
  startedAt: Date.UTC(2026, 10, 24, 9, 30),
  updatedAt: 0,
  epochsDone: 9,
  epochsTotal: 20,
  remainingSeconds: 45,
  trials: [
    { id: 'baseline-s1', state: 'done', epoch: 0, epochs: 0 },
    { id: 'control-s1', state: 'running', epoch: 4, epochs: 5 },
    { id: 'task-k9-s1', state: 'waiting', epoch: 0, epochs: 5 },
  ],
};

describe('what is said of a run', () => {
  it('tells how far it is', () => {
    assert.equal(progressOf(running), '1/3 models, epoch 4/5, 45 s left');
    assert.equal(progressOf({ ...running, trials: [] }), 'reading the data');
    assert.equal(progressOf({ ...running, trials: [], engine: '' }), 'starting');
  });

  it('reads well aloud', () => {
    assert.equal(spokenRun(running), 'spam, running, 1 of 3 models, epoch 4 of 5, 45 s left');
  });

  it('tells a paused one apart, which has no time left to tell', () => {
    const paused: RunStatus = { ...running, state: 'paused' };
    assert.equal(describeRun(paused), 'paused, 1/3 models, epoch 4/5');
    assert.equal(spokenRun(paused), 'spam, paused, 1 of 3 models, epoch 4 of 5');
  });

  it('lets only what has ended before its end be resumed', () => {
    const states = ['running', 'paused', 'done', 'failed', 'cancelled', 'interrupted'] as const;
    assert.deepEqual(states.filter(isResumable), ['failed', 'cancelled', 'interrupted']);
    assert.deepEqual(states.map(runContext), [
      'running',
      'paused',
      'done',
      'resumable',
      'resumable',
      'resumable',
    ]);
  });

  it('tells the end, what is there and when it began', () => {
    assert.match(describeRun({ ...running, state: 'cancelled' }), /^cancelled, 1 model, .*24/);
    assert.equal(describeRun({ ...running, state: 'failed', trials: [], startedAt: 0 }), 'failed');
  });

  it('rounds the time left up', () => {
    assert.equal(formatRemaining(0.2), '1 s');
    assert.equal(formatRemaining(61), '2 min');
    assert.equal(formatRemaining(3 * 3600 + 120), '3 h 2 min');
  });
});

describe('the events that a panel begins with', () => {
  const step = (trial: string, at: number): RunEvent => {
    return { type: 'step', time: at, trial, step: at, epoch: 0, rate: 1e-3, loss: 1 };
  };
  const other: RunEvent = { type: 'trial', time: 0, trial: 'a' };
  const thinned = (events: readonly RunEvent[], most: number): RunEvent[] => {
    const all = new ThinnedEvents(most);
    for (let from = 0; from < events.length; from += 7) all.add(events.slice(from, from + 7));
    return all.all();
  };

  it('are all of them where they are few', () => {
    const events = [other, step('a', 0), step('a', 1)];
    assert.deepEqual(thinned(events, 2), events);
  });

  it('are thinned evenly, with each trial’s last and nothing else lost', () => {
    const events = [
      other,
      ...Array.from({ length: 1000 }, (_, i) => step('a', i)),
      ...Array.from({ length: 10 }, (_, i) => step('b', i)),
    ];
    const kept = thinned(events, 100);
    assert.equal(kept[0], other);
    assert.ok(kept.length <= 105, `${kept.length} events`);
    const of = (trial: string): number[] =>
      kept.flatMap((event) => (event.type === 'step' && event.trial === trial ? [event.step] : []));
    assert.equal(of('a').at(-1), 999);
    assert.equal(of('a')[1], 16);
    assert.deepEqual(of('b'), [0, 9]);
  });
});
