import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { Random } from '../../src/core/random.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { meanResult } from '../../src/core/sweep/results.ts';
import { planTrials } from '../../src/core/sweep/plan.ts';
import type { TrialRunner } from '../../src/core/sweep/runner.ts';
import { createTrialRunner } from '../../src/core/sweep/sweepRunner.ts';
import type { Trial, TrialEvent, TrialResult } from '../../src/core/sweep/trial.ts';
import { MemoryStorage } from '../support/memoryStorage.ts';

type Json = Record<string, unknown>;

function sentences(count: number, seed: number): string {
  const random = new Random(seed);
  const words = { good: ['fine', 'great', 'lovely'], bad: ['dull', 'awful', 'poor'] };
  const fillers = Array.from({ length: 20 }, (_, i) => `filler${i}`);
  const rows = Array.from({ length: count }, () => {
    const label = random.uniform() < 0.5 ? 'good' : 'bad';
    const filler = (): string => fillers[random.integer(fillers.length)]!;
    return `${label}\t${filler()} ${words[label][random.integer(3)]!} ${filler()} ${filler()}`;
  });
  return ['label\ttext', ...rows, ''].join('\n');
}

describe('the trials of a recipe', () => {
  let folder = '';
  const data = { train: { path: 'train.tsv', format: 'tsv' }, test: { path: 'test.tsv', format: 'tsv' } };
  const training = {
    train: {
      architecture: 'dan',
      hidden: [6],
      embedding: { dimension: 6 },
      epochs: 6,
      batchSize: 16,
      schedule: { name: 'constant', rate: 0.02 },
    },
    data,
    compress: { metric: ['task', 'spectrum'], ranks: [1, 3] },
    retrain: { epochs: 3, batchSize: 16 },
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    await writeFile(join(folder, 'train.tsv'), sentences(400, 1));
    await writeFile(join(folder, 'test.tsv'), sentences(100, 2));
    const words = sentences(400, 1).trim().split(/\s+/);
    const unseen = Array.from({ length: 100 }, (_, i) => `unseen${i}`);
    await writeFile(
      join(folder, 'many.txt'),
      ['<pad>', '<unk>', ...new Set([...words, ...unseen])].join('\n'),
    );
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function runnerOf(json: Json): Promise<[TrialRunner, readonly Trial[]]> {
    const recipe = parseRecipe(JSON.stringify(json), join(folder, 'tiny.press.json'));
    const runner = createTrialRunner({ recipe, engine: 'wasm', savingInterval: 0 });
    const { spec } = await runner.prepare();
    return [runner, planTrials(recipe, spec.embedding.rows, spec.embedding.dimension).trials];
  }

  async function runAll(
    json: Json,
  ): Promise<{ memory: MemoryStorage; events: TrialEvent[]; results: TrialResult[] }> {
    const [runner, trials] = await runnerOf(json);
    const memory = new MemoryStorage();
    const events: TrialEvent[] = [];
    const results: TrialResult[] = [];
    for (const trial of trials) {
      const result = await runner.run(trial, memory, (event) => events.push(event));
      results.push({ ...result, ...(await runner.report(trial, memory)) });
    }
    return { memory, events, results };
  }

  const withoutTime = (results: readonly TrialResult[]): object[] =>
    results.map((result) => ({ ...result, seconds: 0, latency: undefined }));

  it('learn, lose little at a low rank with the task metric, and are the same again', async () => {
    const { results, events, memory } = await runAll(training);
    assert.deepEqual(
      results.map(({ trial }) => trial),
      ['baseline-s1', 'control-s1', 'task-k3-s1', 'spectrum-k3-s1', 'task-k1-s1', 'spectrum-k1-s1'],
    );
    const [baseline, , , , smallest] = results;
    assert.ok(baseline!.testAccuracy! > 0.9, `uncompressed ${baseline!.testAccuracy}`);
    assert.ok(smallest!.testAccuracy! > 0.9, `rank 1 ${smallest!.testAccuracy}`);
    assert.ok(smallest!.storageBytes < baseline!.storageBytes / 2);
    assert.deepEqual(memory.best.get('task-k1-s1')!.spec.embedding.rank, 1);
    const epochs = events.filter(({ type }) => type === 'epoch');
    assert.equal(epochs.length, 6 + 5 * 3);
    assert.deepEqual(withoutTime((await runAll(training)).results), withoutTime(results));
  });

  it('tell of an epoch before they save its state: who goes on from there does not tell it again', async () => {
    const [runner, [baseline]] = await runnerOf(training);
    const order: string[] = [];
    const memory = new MemoryStorage();
    const save = memory.saveState.bind(memory);
    memory.saveState = async (trial, state) => {
      order.push('saved');
      await save(trial, state);
    };
    await runner.run(baseline!, memory, ({ type }) => type === 'epoch' && order.push('told'));
    assert.deepEqual(order, Array.from({ length: 6 }, () => ['told', 'saved']).flat());
  });

  it('have their latency measured with the first seed, which holds for all', async () => {
    const { results } = await runAll({ ...training, retrain: { epochs: 1, seeds: [4, 2] } });
    assert.deepEqual(new Set(results.filter(({ latency }) => latency).map(({ seed }) => seed)), new Set([4]));
    const point = results.filter(({ setting }) => setting === 'task-k3');
    assert.equal(point.length, 2);
    assert.ok(meanResult(point).latency!.p50Ms > 0);
  });

  for (const architecture of ['bilstm', 'gru', 'cnn']) {
    it(`of a ${architecture} learn, and lose little at rank 1`, async () => {
      const size = architecture === 'cnn' ? { filterWidths: [1, 2], filters: 4 } : { units: 4 };
      const { results } = await runAll({
        ...training,
        train: { ...training.train, architecture, ...size },
        compress: { metric: 'task', ranks: [1] },
      });
      for (const { trial, testAccuracy } of results) {
        assert.ok(testAccuracy! > 0.9, `${trial}: ${testAccuracy}`);
      }
    });
  }

  for (const vocabulary of ['training', 'many.txt']) {
    it(`go on from any epoch to the same end, bit for bit, with the vocabulary ${vocabulary}`, async () => {
      const refreshing = { metric: 'task', ranks: [2], refreshAfter: 1 };
      const json = { ...training, vocabulary, compress: [training.compress, refreshing] };
      const { memory, results } = await runAll(json);
      const [runner, trials] = await runnerOf(json);
      for (const trial of trials) {
        const epochs = memory.states.get(trial.id)!;
        for (const state of epochs.slice(0, -1)) {
          const later = new MemoryStorage();
          for (const [id, checkpoint] of memory.best) if (id !== trial.id) later.best.set(id, checkpoint);
          later.resume.set(trial.id, state);
          // The best so far was saved before the state; a later epoch may be better.
          later.best.set(trial.id, memory.best.get(trial.id)!);
          const result = await runner.run(trial, later, () => undefined);
          const whole = results.find((r) => r.trial === trial.id)!;
          assert.equal(result.validationAccuracy, whole.validationAccuracy);
          assert.equal(result.bestEpoch, whole.bestEpoch);
          assert.equal(result.validationAccuracyBefore, whole.validationAccuracyBefore);
          assert.deepEqual(later.states.get(trial.id)!.at(-1)!.tensors, epochs.at(-1)!.tensors);
        }
      }
    });
  }

  it('factorize the uncompressed table anew for the retrained model, where they are to', async () => {
    // Of full rank, so that the factors are the table again, whatever the metric.
    const compress = { metric: ['task', 'spectrum'], ranks: [6], refreshAfter: 2 };
    // After two epochs the rate is as good as 0.
    const retrain = {
      epochs: 3,
      batchSize: 16,
      schedule: { name: 'step-decay', rate: 0.05, decay: 1e-30, decayEpochs: 2 },
    };
    const { memory } = await runAll({ ...training, compress, retrain });
    const table = memory.best.get('baseline-s1')!.weights.get('embedding/table')!.data;
    const offOf = (trial: string, epoch: number): number => {
      const tensors = memory.states.get(trial)![epoch - 1]!.tensors;
      const [A, B] = ['A', 'B'].map((name) => tensors.get(`weights/embedding/${name}`)!);
      const [k, n] = B!.shape as [number, number];
      return Math.max(
        ...table.map((value, at) => {
          const [row, column] = [Math.floor(at / n), at % n];
          let product = 0;
          for (let i = 0; i < k; i++) product += A!.data[row * k + i]! * B!.data[i * n + column]!;
          return Math.abs(product - value);
        }),
      );
    };
    assert.ok(offOf('task-k6-refresh2-s1', 2) > 0.01, `retrained ${offOf('task-k6-refresh2-s1', 2)}`);
    assert.ok(offOf('task-k6-refresh2-s1', 3) < 1e-4, `refreshed ${offOf('task-k6-refresh2-s1', 3)}`);
    assert.ok(offOf('spectrum-k6-s1', 3) > 0.01, 'the spectrum does not depend on the model');
  });

  it('retrain the factors, and the table of the control, alone', async () => {
    const retrain = { ...training.retrain, trainable: 'factors' };
    const compress = [
      { ranks: [2] },
      { ranks: [3], bits: [8] },
      { method: 'fixed-point', bits: [8], retrain: false },
    ];
    const { memory, results } = await runAll({ ...training, compress, retrain });
    const trained = memory.best.get('baseline-s1')!.weights;
    const all = (await runAll({ ...training, compress })).memory;
    const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.slice().buffer);
    const retrained = results.filter(({ trial, epochs }) => trial !== 'baseline-s1' && epochs! > 0);
    assert.equal(retrained.length, 3);
    for (const { trial } of retrained) {
      const [state] = memory.states.get(trial)!.slice(-1);
      const [other] = all.states.get(trial)!.slice(-1);
      for (const [name, { data }] of trained) {
        if (name.startsWith('embedding/')) continue;
        assert.deepEqual(bits(state!.tensors.get(`weights/${name}`)!.data), bits(data), `${trial}: ${name}`);
        assert.notDeepEqual(bits(other!.tensors.get(`weights/${name}`)!.data), bits(data));
      }
      const moments = [...state!.tensors.keys()].filter((name) => name.startsWith('optimizer/'));
      assert.ok(moments.length > 0);
      assert.ok(
        moments.every((name) => name.startsWith('optimizer/embedding/')),
        moments.join(),
      );
    }
    const [first, last] = [memory.states.get('task-k2-s1')![0]!, memory.states.get('task-k2-s1')!.at(-1)!];
    for (const factor of ['A', 'B']) {
      const at = `weights/embedding/${factor}`;
      assert.notDeepEqual(first.tensors.get(at)!.data, last.tensors.get(at)!.data);
    }
    const control = memory.states.get('control-s1')!.at(-1)!;
    assert.notDeepEqual(
      control.tensors.get('weights/embedding/table')!.data,
      trained.get('embedding/table')!.data,
    );
  });

  it('train with the settings that they are given as if the recipe had them', async () => {
    const drawn = { rate: 0.03, batchSize: 32, dropout: 0.1, wordDropout: 0 };
    const { rate, ...others } = drawn;
    const given = { ...others, schedule: { name: 'constant', rate } };
    const json = { ...training, train: { ...training.train, ...given }, retrain: { epochs: 2, ...given } };
    const own = await runAll(json);
    const [runner, trials] = await runnerOf({ ...training, retrain: { epochs: 2, schedule: 'constant' } });
    const memory = new MemoryStorage();
    for (const trial of trials) {
      const { training: told, ...result } = await runner.run(
        { ...trial, training: drawn },
        memory,
        () => undefined,
      );
      assert.deepEqual(told, drawn);
      const whole = own.results.find((r) => r.trial === trial.id)!;
      assert.equal(result.validationAccuracy, whole.validationAccuracy);
      assert.deepEqual(memory.best.get(trial.id)!.weights, own.memory.best.get(trial.id)!.weights);
    }
  });

  it('end after the epochs that they are given, and go on to what they would have come to at once', async () => {
    const json = {
      ...training,
      compress: [{ ranks: [1] }, { ranks: [3], bits: [4] }, { method: 'fixed-point', bits: [2] }],
    };
    const { memory, results } = await runAll(json);
    const [runner, trials] = await runnerOf(json);
    for (const trial of trials.filter(({ kind }) => kind === 'point')) {
      const piecewise = new MemoryStorage();
      for (const [id, checkpoint] of memory.best) if (id !== trial.id) piecewise.best.set(id, checkpoint);
      let result: TrialResult | undefined;
      for (const until of [0, 1, 3]) {
        const before: number = result?.validationAccuracy ?? 0;
        result = await runner.run(trial, piecewise, () => undefined, until);
        assert.equal(result.epochs, until);
        assert.ok(result.validationAccuracy >= before);
        const state = piecewise.states.get(trial.id)?.at(-1);
        if (state) piecewise.resume.set(trial.id, state);
      }
      const { testAccuracy, macroF1, confusion, testCorrect, testAccuracyUnknownWords, ...whole } =
        results.find((r) => r.trial === trial.id)!;
      assert.deepEqual(withoutTime([result!]), withoutTime([whole]));
      assert.deepEqual(
        piecewise.states.get(trial.id)!.at(-1)!.tensors,
        memory.states.get(trial.id)!.at(-1)!.tensors,
      );
    }
  });

  describe('with a model that is given', () => {
    const compressing = (more: Json = {}): Json => ({
      model: 'model',
      data,
      compress: { ranks: [1] },
      retrain: { epochs: 1 },
      ...more,
    });

    before(async () => {
      const { memory } = await runAll({ ...training, compress: undefined });
      await writeCheckpoint(join(folder, 'model'), memory.best.get('baseline-s1')!);
    });

    it('measure it as it is and compress it', async () => {
      const { results } = await runAll(compressing());
      assert.ok(results[0]!.validationAccuracyBefore! > 0.9);
      assert.equal(results[0]!.validationAccuracy, results[0]!.validationAccuracyBefore);
      assert.equal(results.at(-1)!.rank, 1);
    });

    it('stop before compressing where it scores less than expected', async () => {
      const [runner, [baseline]] = await runnerOf(compressing({ expectedAccuracy: 1 }));
      await runner.run(baseline!, new MemoryStorage(), () => undefined);
      const [strict, [first]] = await runnerOf(compressing({ expectedAccuracy: 1, labels: ['good', 'bad'] }));
      await assert.rejects(
        strict.run(first!, new MemoryStorage(), () => undefined),
        {
          name: 'UserError',
          code: 'accuracy-below-expected',
        },
      );
    });

    it('refuse one that is compressed already', async () => {
      const { memory } = await runAll(compressing());
      await writeCheckpoint(join(folder, 'small'), memory.best.get('task-k1-s1')!);
      await assert.rejects(runnerOf(compressing({ model: 'small' })), { code: 'already-factorized' });
    });

    it('say how little can be won where the embedding is a small part', async () => {
      const { memory } = await runAll({
        ...training,
        train: { ...training.train, hidden: [100, 100], epochs: 1 },
        compress: undefined,
      });
      await writeCheckpoint(join(folder, 'wide'), memory.best.get('baseline-s1')!);
      const recipe = parseRecipe(
        JSON.stringify(compressing({ model: 'wide' })),
        join(folder, 'r.press.json'),
      );
      const runner = createTrialRunner({ recipe, engine: 'wasm' });
      const { warnings, embeddingShare } = await runner.prepare();
      assert.ok(embeddingShare < 0.05);
      assert.match(warnings.join('\n'), /only \d+ % of this model's parameters/);
    });
  });
});
