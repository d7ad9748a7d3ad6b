import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint, ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import type { Matrix } from '../../src/core/engine/workspace.ts';
import { UserError } from '../../src/core/errors.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { initialWeights } from '../../src/core/model/initialize.ts';
import { binaryCrossEntropy, binaryGradient, targetsOf } from '../../src/core/model/multiLabelLoss.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import { Random } from '../../src/core/random.ts';
import type { DataSource } from '../../src/core/recipe/recipe.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { differences } from '../../src/core/report/differences.ts';
import { planTrials } from '../../src/core/sweep/plan.ts';
import { prepareData } from '../../src/core/sweep/prepare.ts';
import { createTrialRunner } from '../../src/core/sweep/sweepRunner.ts';
import type { TrialResult } from '../../src/core/sweep/trial.ts';
import { encodeDataset } from '../../src/core/text/encode.ts';
import { MemoryDataset, sentencesOf, type Batch } from '../../src/core/text/encoded.ts';
import { FoundLabels, KnownLabels } from '../../src/core/text/labels.ts';
import { LabelSets } from '../../src/core/text/labelSets.ts';
import { LabelCounts } from '../../src/core/training/metrics.ts';
import { createPause } from '../../src/core/training/pause.ts';
import { taskGradientCovariance } from '../../src/core/training/taskGradient.ts';
import { graphOf, graphs } from '../support/graphs.ts';
import { MemoryStorage } from '../support/memoryStorage.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const engine = createWasmEngine();
const [rows, dimension, classes, size] = [9, 4, 3, 5];
const random = new Random(7);
const labelSets = [Int32Array.of(), Int32Array.of(0, 2), Int32Array.of(1)];
const batch: Batch = {
  size,
  length: 3,
  ids: Int32Array.from({ length: size * 3 }, () => 1 + random.integer(rows - 1)),
  lengths: new Int32Array(size).fill(3),
  labels: Int32Array.of(0, 1, 2, 1, 0),
  labelSets,
};
const spec: ModelSpec = {
  embedding: { rows, dimension },
  body: { kind: 'dan', hidden: [] },
  head: 'multi-label',
  classes,
  masked: true,
};
const text = {
  tokenizer: 'whitespace',
  lowercase: true,
  maxLength: 6,
  padding: 'right',
  outOfVocabularyToken: '<unk>',
} as const;

function weightsOf(): Weights {
  const table = Float32Array.from({ length: rows * dimension }, (_, i) => Math.sin(i));
  return initialWeights(spec, table, 1);
}

function given(values: readonly number[], columns: number): Matrix {
  const matrix = engine.workspace().matrix(values.length / columns, columns);
  matrix.data.set(values);
  return matrix;
}

const rejectsWith =
  (code: string, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

describe('several labels a sentence', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-labels-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function source(content: string, rest: Partial<DataSource>): Promise<DataSource> {
    const path = join(folder, 'data');
    await writeFile(path, content);
    return { path, format: 'tsv', textColumn: 'text', labelColumn: 'label', encoding: 'utf-8', ...rest };
  }

  const encoding = { text: { ...text, tokenizer: 'ids' }, rows } as const;

  it('are read with a separator, from a list, and where there is none', async () => {
    const files: [string, Partial<DataSource>][] = [
      ['label\ttext\nb|a\t1\n\t2\na | b\t3\nc\t4\n', {}],
      ['label,text\n"b,a",1\n,2\n"a,b",3\nc,4\n', { format: 'csv', labelSeparator: ',' }],
      [
        [
          { label: ['b', 'a'], text: [1] },
          { label: [], text: [2] },
          { label: ['a', 'b', 'a'], text: [3] },
          { label: 'c', text: [4] },
        ]
          .map((row) => `${JSON.stringify(row)}\n`)
          .join(''),
        { format: 'jsonl' },
      ],
    ];
    for (const [content, rest] of files) {
      const found = new FoundLabels();
      const sets = new LabelSets(found);
      const data = await encodeDataset(await source(content, rest), encoding, sets);
      const sorted = found.sorted();
      sets.renumber(sorted);
      assert.deepEqual(sorted.names, ['a', 'b', 'c']);
      assert.deepEqual(
        [...sentencesOf(data)].map(({ label }) => [...data.labelSets![label]!]),
        [[0, 1], [], [0, 1], [2]],
      );
    }
  });

  it('are refused where one is expected, and where one is unknown', async () => {
    const list = await source('{"label": ["a", "b"], "text": [1]}\n', { format: 'jsonl' });
    await assert.rejects(
      encodeDataset(list, encoding, new KnownLabels(['a', 'b'])),
      rejectsWith('several-labels', /Line 1 has several labels: a, b/),
    );
    await assert.rejects(
      encodeDataset(list, encoding, new LabelSets(new KnownLabels(['a', 'c']))),
      rejectsWith('unknown-label', /'b' on line 1/),
    );
  });

  it('have the mean of the binary cross-entropies for a loss', () => {
    const targets = targetsOf(batch, classes);
    assert.deepEqual([...targets], [0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0]);
    const probability = given([0.5, 0.25, 0.125, 0.5], 2);
    const loss = binaryCrossEntropy(probability, Uint8Array.of(1, 0, 0, 1));
    assert.ok(Math.abs(loss + Math.log(0.5 * 0.75 * 0.875 * 0.5) / 4) < 1e-7);
  });

  for (const taught of [false, true]) {
    it(`step along the gradient of that loss${taught ? ', and of that to a teacher' : ''}`, () => {
      const [temperature, weight] = [2, taught ? 0.5 : 0];
      const own = new Random(3);
      const soft = Array.from({ length: size * classes }, () => 0.1 + 0.8 * own.uniform());
      const teacher = { model: { predict: () => given(soft, classes) }, temperature, weight };
      const targets = targetsOf(batch, classes);
      const logistic = (z: number): number => 1 / (1 + Math.exp(-z));
      const logit = (p: number): number => Math.log(p / (1 - p));
      const loss = (weights: Weights): number => {
        const p = new Classifier(engine, spec, weights).predict(batch).data;
        let sum = 0;
        p.forEach((value, i) => {
          sum -= (1 - weight) * Math.log(targets[i] === 1 ? value : 1 - value);
          const [q, s] = [soft[i]!, value].map((x) => logistic(logit(x) / temperature)) as [number, number];
          sum -= weight * temperature ** 2 * (q * Math.log(s) + (1 - q) * Math.log(1 - s));
        });
        return sum / p.length;
      };
      const before = weightsOf();
      const model = new Classifier(engine, spec, before, { name: 'sgd' });
      model.trainStep(batch, 1, { units: 0, words: 0, random: own }, taught ? teacher : undefined);
      const after = model.weights();
      for (const name of ['head/kernel', 'head/bias', 'embedding/table']) {
        const tensor = before.get(name)!;
        for (const at of [4, 7, 10].map((i) => i % tensor.data.length)) {
          const shifted = (by: number): number => {
            const data = Float32Array.from(tensor.data);
            data[at]! += by;
            return loss(new Map([...before, [name, { ...tensor, data }]]));
          };
          const slope = (shifted(0.01) - shifted(-0.01)) / 0.02;
          const step = tensor.data[at]! - after.get(name)!.data[at]!;
          assert.ok(Math.abs(slope - step) < 2e-3 * Math.max(1, Math.abs(slope)), `${name} ${slope} ${step}`);
        }
      }
    });
  }

  it('have the Fisher information of all sets of labels for the task metric', async () => {
    const sentences = Array.from({ length: size }, (_, i) => batch.ids.slice(3 * i, 3 * i + 3));
    const data = new MemoryDataset(
      {
        ids: Int32Array.from(sentences.flatMap((ids) => [...ids])),
        offsets: Int32Array.from({ length: size + 1 }, (_, i) => 3 * i),
        labels: batch.labels,
        withUnknown: new Uint8Array(size),
        lines: new Int32Array(size),
      },
      labelSets,
    );
    const model = new Classifier(engine, spec, weightsOf());
    const found = await taskGradientCovariance(model, data, 1, createPause());
    const expected = new Float64Array(dimension ** 2);
    for (let set = 0; set < 2 ** classes; set++) {
      const targets = Uint8Array.from({ length: size * classes }, (_, i) => (set >> (i % classes)) & 1);
      let share: number[] = [];
      const { gradient, weights } = model.vectorGradients(batch, (probability, workspace) => {
        share = Array.from({ length: size }, (_, s) => {
          let p = 1;
          for (let c = s * classes; c < (s + 1) * classes; c++) {
            p *= targets[c] === 1 ? probability.data[c]! : 1 - probability.data[c]!;
          }
          return p;
        });
        return binaryGradient(workspace, probability, targets, 1);
      });
      for (let s = 0; s < size; s++) {
        for (let i = 0; i < dimension; i++) {
          for (let j = 0; j < dimension; j++) {
            const product = gradient.data[s * dimension + i]! * gradient.data[s * dimension + j]!;
            expected[i * dimension + j]! += share[s]! * (weights?.[s] ?? 1) * product;
          }
        }
      }
    }
    expected.forEach((value, i) => {
      assert.ok(Math.abs(found[i]! - value) < 1e-5 * Math.max(1, Math.abs(value)), `${found[i]} ${value}`);
    });
  });

  it('have the mean of the F1 of each label', () => {
    const counts = new LabelCounts(2);
    // Label 0: one hit, one false alarm; label 1: never there, never given.
    counts.add([1, 0, 0, 0], [1, 0, 1, 0]);
    assert.equal(counts.macroF1(), (2 / 3 + 0) / 2);
  });

  const vocabulary = ['<pad>', ...Array.from({ length: rows - 1 }, (_, i) => `w${i + 1}`)];
  const labels = ['a', 'b', 'c'];

  it('are saved as a sigmoid of each unit', async () => {
    const checkpoint: Checkpoint = { spec, weights: weightsOf(), text, vocabulary, labels };
    for (const format of ['tfjs', 'keras', 'h5', 'safetensors'] as const) {
      const target = join(folder, `model-${format}`);
      await writeCheckpoint(target, checkpoint, format);
      assert.deepEqual((await readCheckpoint(target)).spec, spec);
    }
  });

  it('are known by the sigmoids of a model that others made', async () => {
    const body = graphOf(Object.values(graphs)[0]!, { dialect: 'tfjs' });
    const checkpoint = randomCheckpoint({ ...spec, body, masked: false });
    const target = join(folder, 'foreign');
    await writeCheckpoint(target, checkpoint);
    const path = join(target, 'model.json');
    const model = JSON.parse(await readFile(path, 'utf8')) as { userDefinedMetadata?: unknown };
    delete model.userDefinedMetadata;
    await writeFile(path, JSON.stringify(model));
    const read = await readCheckpoint(target);
    assert.deepEqual([read.spec.head, read.spec.classes], ['multi-label', classes]);
  });

  it('are all that a model gives more than one half', () => {
    const weights = new Map(weightsOf());
    weights.set('head/kernel', { shape: [dimension, classes], data: new Float32Array(dimension * classes) });
    const answer = (bias: readonly number[]): string => {
      weights.set('head/bias', { shape: [classes], data: Float32Array.from(bias) });
      return createPredictor({ spec, weights, text, vocabulary, labels }, engine)('w3 w5').label;
    };
    assert.equal(answer([1, -1, 2]), 'a|c');
    assert.equal(answer([-1, 3, 0]), 'b');
    assert.equal(answer([-1, -2, -3]), '');
  });

  describe('of a recipe', () => {
    const words = { news: 'election', sport: 'goal', music: 'song' };
    function data(count: number, seed: number): string {
      const own = new Random(seed);
      const lines = Array.from({ length: count }, () => {
        const labels = Object.keys(words).filter(() => own.uniform() < 0.4) as (keyof typeof words)[];
        const tokens = ['the', ...labels.map((label) => words[label]), `filler${own.integer(9)}`];
        return `${labels.join('|')}\t${tokens.join(' ')}`;
      });
      return ['label\ttext', ...lines, ''].join('\n');
    }

    const files = {
      train: { path: 'train.tsv', format: 'tsv', labelSeparator: '|' },
      test: { path: 'test.tsv', format: 'tsv' },
    };

    before(async () => {
      await writeFile(join(folder, 'train.tsv'), data(300, 1));
      await writeFile(join(folder, 'test.tsv'), data(100, 2));
    });

    it('are learnt, factorized, and compared', async () => {
      const json = {
        train: {
          architecture: 'dan',
          hidden: [],
          embedding: { dimension: 6 },
          epochs: 15,
          batchSize: 16,
          schedule: { name: 'constant', rate: 0.05 },
        },
        data: files,
        compress: { metric: 'task', ranks: [3] },
        retrain: { epochs: 2, batchSize: 16, distillation: {} },
      };
      const recipe = parseRecipe(JSON.stringify(json), join(folder, 'labels.press.json'));
      const runner = createTrialRunner({ recipe, engine: 'wasm' });
      const prepared = await runner.prepare();
      assert.equal(prepared.spec.head, 'multi-label');
      assert.equal(prepared.spec.classes, 3);
      const memory = new MemoryStorage();
      const results: TrialResult[] = [];
      for (const trial of planTrials(recipe, prepared.spec.embedding.rows, 6).trials) {
        const result = await runner.run(trial, memory, () => undefined);
        results.push({ ...result, ...(await runner.report(trial, memory)) });
      }
      for (const { trial, testAccuracy, macroF1, confusion } of results) {
        assert.ok(testAccuracy! > 0.95, `${trial}: ${testAccuracy}`);
        assert.ok(macroF1! > 0.9, `${trial}: ${macroF1}`);
        assert.equal(
          confusion!.flat().reduce((a, b) => a + b),
          3 * 100,
        );
      }
      const [before, after] = [memory.best.get('baseline-s1')!, memory.best.get('task-k3-s1')!];
      const compared = await differences({ recipe, before, after, part: 'test', engine });
      assert.equal(compared.confusionBefore, undefined);
      const figures = compared.labels!;
      const written = (await readFile(join(folder, 'test.tsv'), 'utf8')).split('\n').slice(1);
      for (const { name, sentences } of figures) {
        const having = written.filter((line) => line.split('\t')[0]!.split('|').includes(name));
        assert.equal(sentences, having.length);
      }
      for (const [at, model] of [
        ['before', 'baseline-s1'],
        ['after', 'task-k3-s1'],
      ] as const) {
        const mean = figures.reduce((sum, one) => sum + one[at], 0) / figures.length;
        assert.ok(Math.abs(mean - results.find(({ trial }) => trial === model)!.macroF1!) < 1e-12);
      }
      for (const { label, before: first, after: second } of compared.flips) {
        assert.notEqual(first, second);
        for (const index of [label, first, second]) {
          assert.match(compared.classes[index]!, /^((music|news|sport)(\||$))*$/);
        }
      }
      assert.equal(compared.corrected + compared.broken + compared.otherwise, compared.flips.length);
    });

    it('are the same for the next process, and held out also where each sentence has labels of its own', async () => {
      const ofBits = (bits: number): string[] => 'abcdef'.split('').filter((_, i) => (bits >> i) & 1);
      const lines = Array.from({ length: 60 }, (_, i) => `${ofBits(i).join('|')}\tword${i}`);
      await writeFile(join(folder, 'unlike.tsv'), ['label\ttext', ...lines, ''].join('\n'));
      const json = {
        train: { architecture: 'dan', hidden: [], embedding: { dimension: 2 } },
        data: {
          train: { path: 'unlike.tsv', format: 'tsv', labelSeparator: '|' },
          validation: { fraction: 0.2 },
          test: { fold: 1, folds: 5 },
        },
        compress: { ranks: [1] },
      };
      const recipe = parseRecipe(JSON.stringify(json), join(folder, 'unlike.press.json'));
      const place = join(folder, 'encoded');
      for (const prepared of [
        await prepareData(recipe, undefined, place),
        await prepareData(recipe, undefined, place),
      ]) {
        const found = [prepared.train, prepared.validation, prepared.test!].map((part) =>
          [...sentencesOf(part)].map(({ label, line }) => {
            const names = Array.from(part.labelSets![label]!, (index) => prepared.labels[index]!);
            assert.deepEqual(names, ofBits(line - 2));
            return line;
          }),
        );
        assert.deepEqual(
          found.map((of) => of.length),
          [36, 12, 12],
        );
        assert.equal(new Set(found.flat()).size, 60);
      }
    });

    it('are refused for a model of one label a sentence', async () => {
      const single: Checkpoint = {
        spec: { ...spec, head: 'softmax' },
        weights: weightsOf(),
        text,
        vocabulary,
        labels: ['music', 'news', 'sport'],
      };
      await writeCheckpoint(join(folder, 'single'), single);
      const json = { model: 'single', data: files, compress: { ranks: [2] } };
      const recipe = parseRecipe(JSON.stringify(json), join(folder, 'single.press.json'));
      await assert.rejects(
        createTrialRunner({ recipe, engine: 'wasm' }).prepare(),
        rejectsWith('label-separator', /the model gives each one/),
      );
    });
  });
});
