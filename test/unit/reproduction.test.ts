import assert from 'node:assert/strict';
import { Random } from '../../src/core/random.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { packAnswers, unpackAnswers } from '../../src/core/reproduction/answers.ts';
import { toHtml, toMarkdown, type Block } from '../../src/core/reproduction/blocks.ts';
import { pairedBootstrap, shareCorrect } from '../../src/core/reproduction/bootstrap.ts';
import { experiments } from '../../src/core/reproduction/experiments.ts';
import { reportBlocks } from '../../src/core/reproduction/report.ts';
import { bestAt, summarize, type FinishedExperiment } from '../../src/core/reproduction/summary.ts';
import type { MeanResult, TrialResult } from '../../src/core/sweep/trial.ts';

describe('packed answers', () => {
  it('come back as they were, of every length', () => {
    const random = new Random(1);
    for (let length = 0; length < 40; length++) {
      const right = Array.from({ length }, () => random.uniform() < 0.5);
      assert.deepEqual([...unpackAnswers(packAnswers(right))], right.map(Number));
    }
  });

  it('are refused where they end early or are none', () => {
    assert.throws(() => unpackAnswers('9:AA=='), RangeError);
    assert.throws(() => unpackAnswers('right'), RangeError);
  });
});

describe('the paired bootstrap', () => {
  it('gives the interval of the normal approximation for many sentences', () => {
    const random = new Random(3);
    const count = 2000;
    const differences = Float64Array.from({ length: count }, () => {
      const draw = random.uniform();
      return draw < 0.08 ? 1 : draw < 0.13 ? -1 : 0;
    });
    const { mean, low, high } = pairedBootstrap(differences);
    const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    const reach = 1.96 * Math.sqrt(variance / count);
    assert.ok(Math.abs(low - (mean - reach)) < 0.1 * reach, `${low} for ${mean - reach}`);
    assert.ok(Math.abs(high - (mean + reach)) < 0.1 * reach, `${high} for ${mean + reach}`);
  });

  it('holds the true difference in about 95 of 100 samples', () => {
    let held = 0;
    for (let sample = 0; sample < 100; sample++) {
      const random = new Random(sample, 7);
      const differences = Float64Array.from({ length: 200 }, () =>
        random.uniform() < 0.3 ? (random.uniform() < 0.5 ? 1 : -1) : 0,
      );
      const { low, high } = pairedBootstrap(differences, sample);
      if (low <= 0 && 0 <= high) held++;
    }
    assert.ok(held >= 89 && held <= 99, `${held} of 100`);
  });

  it('is a point where all differences are alike, and refuses none', () => {
    assert.deepEqual(pairedBootstrap(new Float64Array(5).fill(0.25)), { mean: 0.25, low: 0.25, high: 0.25 });
    assert.throws(() => pairedBootstrap(new Float64Array(0)), RangeError);
  });

  it('compares shares over seeds, sentence by sentence', () => {
    assert.deepEqual([...shareCorrect([Uint8Array.of(1, 0, 1), Uint8Array.of(1, 1, 0)])], [1, 0.5, 0.5]);
    assert.throws(() => shareCorrect([Uint8Array.of(1), Uint8Array.of(1, 0)]), /different sentences/);
  });
});

interface Figures extends Partial<TrialResult> {
  readonly right: readonly number[];
}

function trial({ right, ...figures }: Figures): TrialResult {
  return {
    trial: `${figures.setting ?? figures.kind ?? 'point'}-s${figures.seed ?? 1}`,
    kind: 'point',
    seed: 1,
    parameters: 100,
    storageBytes: 1000,
    embeddingBytes: 800,
    flopsPerSentence: 1234,
    layers: [],
    validationAccuracy: 0.8,
    bestEpoch: 1,
    seconds: 2,
    testAccuracy: right.reduce((sum, value) => sum + value, 0) / right.length,
    testCorrect: packAnswers(right.map(Boolean)),
    ...figures,
  };
}

function meanOf(seeds: TrialResult[]): MeanResult {
  return { ...seeds[0]!, seeds };
}

function finished(more: Partial<FinishedExperiment> = {}): FinishedExperiment {
  const baseline = [
    trial({ kind: 'baseline', right: [1, 1, 0, 0] }),
    trial({ kind: 'baseline', seed: 2, right: [1, 1, 1, 0] }),
  ];
  const control = [
    trial({ kind: 'control', right: [1, 1, 1, 0] }),
    trial({ kind: 'control', seed: 2, right: [1, 1, 1, 0] }),
  ];
  const point = { setting: 'task-k2', series: 'task', rank: 2, embeddingBytes: 80, storageBytes: 280 };
  const small = { ...point, setting: 'task-k1', rank: 1, embeddingBytes: 8, validationAccuracy: 0.7 };
  return {
    name: 'sst2-dan',
    dataset: 'SST-2',
    body: 'dan',
    part: 'methods',
    seconds: 60,
    results: {
      engine: 'wasm',
      versions: { kernels: '1' },
      dataset: {
        train: 8,
        validation: 4,
        test: 4,
        classes: ['0', '1'],
        vocabulary: 9,
        dimension: 2,
        meanLength: 3,
      },
      baseline: meanOf(baseline),
      control: meanOf(control),
      points: [
        trial({ ...point, right: [1, 1, 1, 1] }),
        trial({ ...point, seed: 2, right: [0, 1, 1, 1] }),
        trial({ ...small, right: [0, 0, 1, 0] }),
        trial({ ...small, seed: 2, right: [0, 0, 1, 0] }),
      ],
    },
    ...more,
  };
}

describe('the summary of experiments', () => {
  it('compares with the better of the uncompressed models and their controls', () => {
    const { rows, reference, repeats } = summarize([finished()]);
    assert.equal(reference, 'the retrained control');
    assert.equal(repeats, '2 seeds');
    const row = rows.find(({ setting }) => setting === 'task-k2')!;
    assert.equal(row.test.mean, 0.875);
    assert.ok(Math.abs(row.test.deviation - Math.SQRT1_2 / 4) < 1e-12);
    assert.equal(row.smaller, 10);
    assert.equal(row.storageBytes, 280);
    // Against 3 of 4 right: one more of one seed, and one less of the other but one more.
    assert.equal(row.difference.mean, 0.125);
    assert.ok(row.difference.low <= row.difference.mean && row.difference.mean <= row.difference.high);
  });

  it('puts the folds of a cross-validation together, each against its own reference', () => {
    const fold = (seed: number, right: readonly number[], of: readonly number[]): FinishedExperiment => {
      const own = finished();
      return {
        ...own,
        results: {
          ...own.results,
          baseline: meanOf([trial({ kind: 'baseline', seed, right: of })]),
          control: meanOf([trial({ kind: 'control', seed, right: [0, 0, 0, 0] })]),
          points: [trial({ setting: 'task-k2', series: 'task', seed, embeddingBytes: 80, right })],
        },
      };
    };
    const table = summarize([fold(1, [1, 1, 1, 1], [1, 1, 1, 1]), fold(2, [1, 0, 0, 0], [1, 1, 0, 0])]);
    assert.equal(table.repeats, '2 folds');
    assert.equal(table.reference, 'the uncompressed model');
    const row = table.rows.find(({ kind }) => kind === 'point')!;
    assert.equal(row.difference.mean, -1 / 8);
  });

  it('chooses by validation among what is small enough', () => {
    const table = summarize([finished()]);
    assert.equal(bestAt(table, 10)?.setting, 'task-k2');
    assert.equal(bestAt(table, 20)?.setting, 'task-k1');
    assert.equal(bestAt(table, 200), undefined);
  });
});

describe('the report', () => {
  const provenance = {
    command: 'embedding-press reproduce data vectors',
    version: '1.2.3',
    vectors: 'vectors.txt',
    cores: 2,
    cpu: 'a processor',
  };

  it('says what was run, what is missing, and the figures', () => {
    const schedule = finished({ name: 'sst2-dan-calr', part: 'schedules', schedule: 'calr' });
    const text = toMarkdown(reportBlocks([finished(), schedule], ['trec-dan'], provenance));
    assert.match(text, /Embedding Press 1\.2\.3, engine wasm \(kernels 1\)/);
    assert.match(text, /Not run yet: trec-dan\./);
    assert.match(text, /\| SST-2 \| DAN \| task \| 0\.900 \| 2 \| 0\.8750 ± 0\.1768 \| \+0\.1250/);
    assert.match(text, /`calr` is number 1 of 1/);
    assert.match(text, /Training: 10 epochs, the optimizer adam with the schedule constant from 0\.001/);
  });

  it('escapes what comes from data, in the page and in its script', () => {
    const blocks: Block[] = [
      { kind: 'text', text: '<b>bold</b> & `<code>`' },
      {
        kind: 'chart',
        of: { ...summarize([finished()]), dataset: '</script><script>alert(1)' },
        shows: 'test-over-bytes',
      },
    ];
    const page = toHtml(blocks, 'let a = "</script>";', '');
    assert.match(page, /&lt;b>bold&lt;\/b> &amp; <code>&lt;code><\/code>/);
    assert.equal(page.match(/<script/g)?.length, 2);
    assert.equal(page.match(/<\/script/g)?.length, 2);
  });
});

describe('the experiments', () => {
  const data = { datasets: '../data', vectors: '../glove.bin', dimension: 100 };

  for (const quick of [true, false]) {
    it(`are recipes that are understood, with names of their own${quick ? ', quick ones too' : ''}`, () => {
      const all = experiments(data, quick);
      assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
      for (const { name, recipe } of all) {
        assert.match(name, /^[a-z0-9-]+$/);
        assert.doesNotThrow(() => parseRecipe(JSON.stringify(recipe), `/recipes/${name}.press.json`));
      }
    });
  }

  it('cover the data sets, both models, every method and the schedules of the paper', () => {
    const all = experiments(data, false);
    const of = (body: string): Set<string> =>
      new Set(all.filter((experiment) => experiment.body === body).map(({ dataset }) => dataset));
    assert.deepEqual([...of('dan')], ['SST-2', 'SST-1', 'TREC', 'MR', 'MPQA']);
    assert.deepEqual([...of('lstm')], ['SST-2', 'SST-1', 'TREC', 'MR', 'MPQA']);
    const schedules = new Set(all.flatMap(({ schedule }) => schedule ?? []));
    for (const name of ['calr', 'sgd', 'adagrad', 'adadelta', 'rmsprop', 'adam', 'clr', 'sgdr']) {
      assert.ok(schedules.has(name), name);
    }
  });
});
