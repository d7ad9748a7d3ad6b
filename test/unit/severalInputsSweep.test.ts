import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { tablesOf, wholeTables } from '../../src/core/checkpoint/graph/tables.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { Random } from '../../src/core/random.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { measurePlan } from '../../src/core/report/estimate.ts';
import { planTrials } from '../../src/core/sweep/plan.ts';
import type { TrialRunner } from '../../src/core/sweep/runner.ts';
import { createTrialRunner } from '../../src/core/sweep/sweepRunner.ts';
import type { Trial, TrialResult } from '../../src/core/sweep/trial.ts';
import { wordCounts } from '../../src/core/text/wordCounts.ts';
import { MemoryDataset } from '../../src/core/text/encoded.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { node } from '../support/graphs.ts';
import { MemoryStorage } from '../support/memoryStorage.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { embedding } from '../support/severalInputs.ts';

type Json = Record<string, unknown>;

const fillers = Array.from({ length: 40 }, (_, i) => `filler${i}`);
const words = ['<pad>', '<unk>', 'fine', 'great', 'dull', 'awful', ...fillers];
const [m, n, further] = [words.length, 8, 6];

/** The text says the label, the title nothing. */
function sentences(count: number, seed: number): string {
  const random = new Random(seed);
  const filler = (): string => fillers[random.integer(fillers.length)]!;
  const rows = Array.from({ length: count }, () => {
    const label = random.uniform() < 0.5 ? 'good' : 'bad';
    const word = { good: ['fine', 'great'], bad: ['dull', 'awful'] }[label][random.integer(2)]!;
    return `${label}\t${filler()} ${filler()}\t${filler()} ${word} ${filler()}`;
  });
  return ['label\ttitle\ttext', ...rows, ''].join('\n');
}

const spec: ModelSpec = {
  embedding: { rows: m, dimension: n },
  body: {
    kind: 'graph',
    nodes: [
      embedding('title_words', { input_dim: m, output_dim: further, mask_zero: true, input: 0 }),
      node('GlobalAveragePooling1D', 'mean_text', 'embedding'),
      node('GlobalAveragePooling1D', 'mean_title', 'title_words'),
      node('Concatenate', 'both', ['mean_text', 'mean_title'], { axis: -1 }),
    ],
    hidden: [],
    inputs: [{ name: 'title', length: 3 }, { name: 'text' }],
    input: 1,
    maskZero: true,
    dialect: 'keras',
    names: { input: 'title', embedding: 'text_words', head: 'classes' },
  },
  head: 'softmax',
  classes: 2,
  masked: false,
};

describe('the trials of a recipe for a model of several inputs and tables', () => {
  let folder = '';
  const source = (path: string): Json => ({ path, format: 'tsv', textColumn: ['title', 'text'] });
  const base = {
    model: 'model',
    data: { train: source('train.tsv'), validation: source('test.tsv'), test: source('test.tsv') },
    retrain: { epochs: 4, batchSize: 16, schedule: { name: 'constant', rate: 0.05 } },
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    await writeFile(join(folder, 'train.tsv'), sentences(300, 1));
    await writeFile(join(folder, 'test.tsv'), sentences(100, 2));
    const text = { ...textDefaults, maxLength: 4, outOfVocabularyToken: '<unk>' };
    const checkpoint = { ...randomCheckpoint(spec), vocabulary: words, text, labels: ['good', 'bad'] };
    await writeCheckpoint(join(folder, 'model'), checkpoint, 'keras');
  });
  after(() => rm(folder, { recursive: true }));

  async function planned(json: Json): Promise<[TrialRunner, readonly Trial[]]> {
    const recipe = parseRecipe(JSON.stringify({ ...base, ...json }), join(folder, 'two.press.json'));
    const runner = createTrialRunner({ recipe, engine: 'wasm', savingInterval: 0 });
    const { spec: found } = await runner.prepare();
    const { rows, dimension } = found.embedding;
    return [runner, planTrials(recipe, rows, dimension, wholeTables(found.body)).trials];
  }

  async function runAll(json: Json): Promise<{ memory: MemoryStorage; results: TrialResult[] }> {
    const [runner, trials] = await planned(json);
    const memory = new MemoryStorage();
    const results: TrialResult[] = [];
    for (const trial of trials) {
      const result = await runner.run(trial, memory, () => undefined);
      results.push({ ...result, ...(await runner.report(trial, memory)) });
    }
    runner.dispose();
    return { memory, results };
  }

  it('compress all tables, a reduction counted for each, and learn what the text says', async () => {
    const metrics = ['task', 'spectrum', 'frequency', 'task-frequency'];
    const { memory, results } = await runAll({ compress: { metric: metrics, reductions: [0.6] } });
    const at = (columns: number): number => Math.floor((0.4 * m * columns) / (m + columns));
    const points = results.filter(({ kind }) => kind === 'point');
    assert.deepEqual(
      points.map(({ setting }) => setting),
      metrics.map((metric) => `${metric}-k${at(n)}-${at(further)}`),
    );
    const bytes = 4 * (at(n) * (m + n) + at(further) * (m + further));
    for (const { trial, rank, ranks, embeddingBytes, reduction, testAccuracy } of points) {
      assert.deepEqual([rank, ranks], [at(n), { title_words: at(further) }]);
      assert.equal(embeddingBytes, bytes);
      assert.ok(Math.abs(reduction! - (1 - bytes / (4 * m * (n + further)))) < 1e-12);
      assert.ok(testAccuracy! > 0.9, `${trial}: ${testAccuracy}`);
      const { weights } = memory.best.get(trial)!;
      assert.ok(!weights.has('embedding/table') && !weights.has('graph/title_words/table'));
    }
  });

  it('lose nothing at full rank, with every metric', async () => {
    const { results } = await runAll({
      compress: { metric: ['task', 'spectrum', 'frequency'], ranks: [n], retrain: false },
    });
    const [baseline, ...others] = results.filter(({ kind }) => kind !== 'control');
    for (const { ranks, validationAccuracyBefore } of others) {
      assert.deepEqual(ranks, { title_words: further });
      assert.equal(validationAccuracyBefore, baseline!.validationAccuracy);
    }
  });

  it('compress the largest alone where the recipe says so, by any method', async () => {
    const { memory, results } = await runAll({
      compress: [
        { reductions: [0.6], metric: 'spectrum', tables: 'largest' },
        { method: 'fixed-point', bits: [8], tables: 'largest' },
      ],
      retrain: { epochs: 1 },
    });
    const points = results.filter(({ kind }) => kind === 'point');
    assert.deepEqual(
      points.map(({ setting, ranks }) => [setting, ranks]),
      [
        ['spectrum-k2', undefined],
        ['fixed-point-8bit', undefined],
      ],
    );
    for (const { trial } of points) {
      const { spec: made } = memory.best.get(trial)!;
      assert.equal(tablesOf(made)[1]!.rank, undefined);
    }
    assert.equal(points[1]!.embeddingBytes, m * n + 4 + 4 * m * further);
  });

  it('go on from any epoch to the same end, bit for bit', async () => {
    const json = { compress: { metric: 'task', reductions: [0.6], refreshAfter: 2 } };
    const { memory, results } = await runAll(json);
    const [runner, trials] = await planned(json);
    for (const trial of trials) {
      for (const state of (memory.states.get(trial.id) ?? []).slice(0, -1)) {
        const later = new MemoryStorage();
        for (const [id, checkpoint] of memory.best) later.best.set(id, checkpoint);
        later.resume.set(trial.id, state);
        const result = await runner.run(trial, later, () => undefined);
        const whole = results.find((one) => one.trial === trial.id)!;
        assert.equal(result.validationAccuracy, whole.validationAccuracy);
        assert.equal(result.bestEpoch, whole.bestEpoch);
        const last = (of: MemoryStorage): unknown => of.states.get(trial.id)?.at(-1)?.tensors;
        assert.deepEqual(last(later), last(memory));
      }
    }
    runner.dispose();
  });

  it('are estimated', async () => {
    const json = { ...base, compress: { metric: 'task', reductions: [0.6] }, retrain: { epochs: 1 } };
    const recipe = parseRecipe(JSON.stringify(json), join(folder, 'two.press.json'));
    const { seconds, trials } = await measurePlan(recipe, createWasmEngine(), 1);
    assert.ok(seconds > 0 && trials.length === 3);
  });

  const refused: readonly (readonly [why: string, entry: Json, words: RegExp])[] = [
    ['other methods', { method: 'pruning' }, /2 embedding tables, and pruning compresses one/],
    ['codings of the factors', { bits: [8] }, /low-rank with "bits" or "words" compresses one/],
    ['frequent words alone', { words: [0.5] }, /low-rank with "bits" or "words" compresses one/],
  ];
  for (const [why, entry, words] of refused) {
    it(`are refused for ${why}, with what to do`, async () => {
      await assert.rejects(planned({ compress: [{ reductions: [0.6] }, entry] }), {
        code: 'several-tables',
        message: words,
        hint: /"tables" to "largest"/,
        place: { file: join(folder, 'two.press.json'), item: 'compress[1]' },
      });
    });
  }

  it('count the words of the texts that a table reads', () => {
    const data = new MemoryDataset({
      ids: Int32Array.of(1, 2, 3, 3, 1, 0, 2, 2),
      offsets: Int32Array.of(0, 4, 8),
      labels: Int32Array.of(0, 1),
      withUnknown: new Uint8Array(2),
      lines: Int32Array.of(1, 2),
    });
    assert.deepEqual([...wordCounts(data, 4, [{ first: 0, end: 1 }])], [1, 3, 1, 1]);
    const ranges = [
      { first: 1, end: 2 },
      { first: 3, end: 4 },
    ];
    assert.deepEqual([...wordCounts(data, 4, ranges)], [2, 1, 3, 2]);
    assert.deepEqual([...wordCounts(data, 4)], [2, 3, 4, 3]);
  });
});
