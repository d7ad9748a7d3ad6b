import assert from 'node:assert/strict';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { Random } from '../../src/core/random.ts';
import { TrialSaver } from '../../src/core/sweep/trialSaver.ts';
import { MemoryStorage } from '../support/memoryStorage.ts';

const spec: Checkpoint['spec'] = {
  embedding: { rows: 5, dimension: 3 },
  body: { kind: 'dan', hidden: [] },
  head: 'softmax',
  classes: 2,
  masked: true,
};
const batch = {
  size: 2,
  length: 2,
  ids: Int32Array.of(1, 2, 3, 4),
  lengths: Int32Array.of(2, 2),
  labels: Int32Array.of(0, 1),
};

describe('what a trial saves', () => {
  let clock = 0;
  let storage: MemoryStorage;
  let model: Classifier;
  let saver: TrialSaver;

  beforeEach(() => {
    clock = 0;
    storage = new MemoryStorage();
    const start = {
      spec,
      weights: initialWeights(spec, new Float32Array(15).fill(0.5), 1),
      text: undefined,
      vocabulary: undefined,
      labels: undefined,
    };
    model = new Classifier(createWasmEngine(), spec, start.weights, { name: 'sgd' });
    const pause = Object.assign(() => Promise.resolve(), { now: () => clock });
    saver = new TrialSaver({
      trial: 't',
      storage,
      start,
      used: undefined,
      pause,
      since: 0,
      interval: 1000,
    });
  });

  const state = (epoch: number) => () => ({ tensors: new Map(), meta: { epoch } });
  const table = (): number[] => Array.from(model.weights().get('embedding/table')!.data);
  const saved = (): number[] => Array.from(storage.best.get('t')!.weights.get('embedding/table')!.data);
  const step = (): number => model.trainStep(batch, 1, { units: 0, words: 0, random: new Random(1) });

  it('is saved once its interval has passed, the best epoch as it was, before the state', async () => {
    step();
    const best = table();
    await saver.keepBest(model);
    await saver.keepState(state(1));
    assert.equal(storage.best.size + storage.states.size, 0);
    step();
    assert.notDeepEqual(table(), best);
    clock = 1000;
    storage.saveState = (trial, { meta }) => {
      assert.deepEqual(saved(), best);
      assert.deepEqual([trial, meta], ['t', { epoch: 2 }]);
      storage.states.set(trial, []);
      return Promise.resolve();
    };
    await saver.keepState(state(2));
    assert.ok(storage.states.has('t'));
    clock = 1999;
    await saver.keepState(state(3));
  });

  it('is the best epoch at the end, and a state where one is asked for', async () => {
    await saver.keepBest(model);
    step();
    await saver.keepBest(model);
    await saver.finish();
    assert.deepEqual(saved(), table());
    storage.best.clear();
    await saver.finish();
    assert.equal(storage.best.size, 0, 'saved again');
    await saver.saveState(state(4)());
    assert.deepEqual(storage.states.get('t')![0]!.meta, { epoch: 4 });
  });

  it('is the model itself where an epoch takes longer than the interval', async () => {
    clock = 1500;
    step();
    await saver.keepBest(model);
    assert.deepEqual(saved(), table());
  });
});
