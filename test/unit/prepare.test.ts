import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { UserError } from '../../src/core/errors.ts';
import type { DataSource, Recipe, TextSettings, TrainSettings } from '../../src/core/recipe/recipe.ts';
import { prepareData, type PreparedData } from '../../src/core/sweep/prepare.ts';
import { sentencesOf, type EncodedDataset } from '../../src/core/text/encoded.ts';

const datasets = path.resolve(import.meta.dirname, '../../../shared/datasets');

const text: TextSettings = {
  tokenizer: 'whitespace',
  lowercase: true,
  maxLength: 6,
  padding: 'left',
  outOfVocabularyToken: '<unk>',
};

const phase = {
  epochs: 1,
  batchSize: 4,
  dropout: 0,
  wordDropout: 0,
  optimizer: { name: 'sgd' },
  schedule: { name: 'constant', rate: 0.1 },
  trainable: 'all',
} as const;

const train: TrainSettings = {
  ...phase,
  body: { kind: 'dan', hidden: [] },
  embedding: { dimension: 2, mode: 'non-static' },
};

let folder = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'press-prepare-'));
});

after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, content);
  return target;
}

async function source(name: string, content: string): Promise<DataSource> {
  return {
    path: await file(name, content),
    format: 'label-text',
    textColumn: 'text',
    labelColumn: 'label',
    encoding: 'utf-8',
  };
}

function recipeOf(parts: Partial<Recipe> & Pick<Recipe, 'data'>): Recipe {
  const retrain = { ...phase, seeds: [1] };
  return { path: path.join(folder, 'r.press.json'), name: 'r', compress: [], retrain, ...parts };
}

async function smallData(): Promise<Recipe['data']> {
  return {
    train: await source('train', '10 Good film\n9 bad film\n10 good plot here\n'),
    validation: await source('validation', '9 bad plot unseen\n'),
    test: await source('test', '10 film\n'),
    seed: 1,
  };
}

function checkpoint(rows: number, parts: Partial<Checkpoint> = {}, masked = true): Checkpoint {
  return {
    spec: {
      embedding: { rows, dimension: 2 },
      body: { kind: 'dan', hidden: [] },
      head: 'softmax',
      classes: 2,
      masked,
    },
    weights: new Map(),
    text,
    vocabulary: undefined,
    labels: undefined,
    ...parts,
  };
}

function sentences(data: EncodedDataset, vocabulary: readonly string[] | undefined): string[] {
  return Array.from(sentencesOf(data), ({ ids }) =>
    Array.from(ids, (id) => vocabulary?.[id] ?? id).join(' '),
  );
}

function labelsOf(data: EncodedDataset): number[] {
  return Array.from(sentencesOf(data), ({ label }) => label);
}

function withUnknown(data: EncodedDataset): boolean[] {
  return Array.from(sentencesOf(data), ({ withUnknown }) => withUnknown);
}

function idsOf(data: EncodedDataset): number[] {
  return Array.from(sentencesOf(data), ({ ids }) => Array.from(ids)).flat();
}

async function fails(prepared: Promise<PreparedData>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(prepared, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.format(), message);
    return true;
  });
}

describe('prepareData for training', () => {
  it('makes the vocabulary of the training words, sorts the labels and encodes the rest with both', async () => {
    const recipe = recipeOf({ train, text, data: await smallData() });
    const prepared = await prepareData(recipe);
    assert.deepEqual(prepared.vocabulary, ['<pad>', '<unk>', 'good', 'film', 'bad', 'plot', 'here']);
    assert.deepEqual(prepared.labels, ['9', '10']);
    assert.deepEqual(labelsOf(prepared.train), [1, 0, 1]);
    assert.deepEqual(sentences(prepared.train, prepared.vocabulary), [
      'good film',
      'bad film',
      'good plot here',
    ]);
    assert.deepEqual(sentences(prepared.validation, prepared.vocabulary), ['bad plot <unk>']);
    assert.deepEqual(withUnknown(prepared.validation), [true]);
    assert.deepEqual(withUnknown(prepared.test!), [false]);
    assert.equal(prepared.initialTable?.rows, 7);
    assert.deepEqual(prepared.warnings, []);
    assert.deepEqual(await prepareData(recipe), prepared);
  });

  it('keeps the training words that have a vector', async () => {
    const vectors = await file('v.txt', 'unseen 9 9\nfilm 1 2\ngood 3 4\nother 5 5\n');
    const embedding = { dimension: 2, vectors, mode: 'non-static' } as const;
    const prepared = await prepareData(
      recipeOf({ train: { ...train, embedding }, text, data: await smallData() }),
    );
    assert.deepEqual(prepared.vocabulary, ['<pad>', '<unk>', 'good', 'film']);
    assert.deepEqual([...prepared.initialTable!.data], [0, 0, 2, 3, 3, 4, 1, 2]);
    assert.deepEqual(sentences(prepared.train, prepared.vocabulary)[2], 'good <unk> <unk>');
    assert.deepEqual(withUnknown(prepared.train), [false, true, true]);
    assert.match(prepared.warnings.join(), /43 % of the training tokens/);
    const nothing = { ...embedding, vectors: await file('n.txt', 'x 1 2\n') };
    await fails(
      prepareData(recipeOf({ train: { ...train, embedding: nothing }, text, data: await smallData() })),
      'no-vector-matches',
      /n\.txt/,
    );
    const wide = { ...embedding, dimension: 3 };
    await fails(
      prepareData(recipeOf({ train: { ...train, embedding: wide }, text, data: await smallData() })),
      'wrong-dimension',
      /2 dimensions, where the recipe has 3/,
    );
  });

  it('gives every word its vector twice where there are two channels', async () => {
    const vectors = await file('c.txt', 'film 1 2\ngood 3 4\n');
    const embedding = { dimension: 2, vectors, mode: 'multichannel' } as const;
    const recipe = recipeOf({ train: { ...train, embedding }, text, data: await smallData() });
    const { initialTable } = await prepareData(recipe);
    assert.equal(initialTable?.dimension, 4);
    assert.deepEqual([...initialTable.data.subarray(8)], [3, 4, 3, 4, 1, 2, 1, 2]);
  });

  it('takes all words that have a vector, or those of a file', async () => {
    const vectors = await file('a.txt', 'unseen 9 9\n<pad> 7 7\nfilm 1 2\n');
    const withVectors = { ...train, embedding: { ...train.embedding, vectors } };
    const data = await smallData();
    const all = await prepareData(recipeOf({ train: withVectors, vocabulary: 'all-vectors', text, data }));
    assert.deepEqual(all.vocabulary, ['<pad>', '<unk>', 'unseen', 'film']);
    assert.deepEqual([...all.initialTable!.data], [0, 0, 5, 5.5, 9, 9, 1, 2]);
    const list = { path: await file('list.txt', 'film\nbad\ngood\n') };
    const listed = await prepareData(recipeOf({ train: withVectors, vocabulary: list, text, data }));
    assert.deepEqual(listed.vocabulary, ['film', 'bad', 'good']);
    assert.deepEqual(sentences(listed.train, listed.vocabulary), ['good', 'bad', 'good']);
    assert.match(listed.warnings.join(), /Row 0 .*'film'.*no out-of-vocabulary token '<unk>'/);
    await fails(
      prepareData(recipeOf({ train, vocabulary: 'all-vectors', text, data })),
      'no-vectors',
      /all-vectors/,
    );
  });

  it('takes the words of all its data that have a vector, and calls what training lacks unknown', async () => {
    const vectors = await file('all.txt', 'film 1 2\nunseen 9 9\ngood 3 4\nfair 5 6\nnowhere 7 7\n');
    const withVectors = { ...train, embedding: { ...train.embedding, vectors } };
    const data = {
      train: await source('train-all', 'pos good film\nneg bad film\n'),
      validation: await source('validation-all', 'pos fair film\n'),
      test: await source('test-all', 'pos unseen\nneg absent film\npos good\n'),
      seed: 1,
    };
    const prepared = await prepareData(recipeOf({ train: withVectors, vocabulary: 'all-data', text, data }));
    assert.deepEqual(prepared.vocabulary, ['<pad>', '<unk>', 'good', 'film', 'fair', 'unseen']);
    assert.deepEqual(sentences(prepared.test!, prepared.vocabulary), ['unseen', '<unk> film', 'good']);
    const unknown = [...prepared.test!.chunks()].flatMap(({ withUnknown }) => [...withUnknown]);
    assert.deepEqual(unknown, [1, 1, 0]);
  });

  it('holds fractions out, stratified, and out of the vocabulary', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `${i % 4 === 0 ? 'a' : 'b'} word${i}`);
    const data = {
      train: await source('many', lines.join('\n')),
      validation: { fraction: 0.2 },
      test: { fraction: 0.12 },
      seed: 7,
    };
    const prepared = await prepareData(recipeOf({ train, text, data }));
    const { train: kept, validation, test, vocabulary } = prepared;
    assert.deepEqual(
      [kept, validation, test!].map((part) => part.sentences),
      [68, 20, 12],
    );
    assert.equal(labelsOf(validation).filter((label) => label === 0).length, 5);
    assert.equal(labelsOf(test!).filter((label) => label === 0).length, 3);
    assert.equal(vocabulary?.length, 2 + 68);
    assert.ok(idsOf(kept).every((id) => id > 1) && withUnknown(validation).every((unknown) => unknown));
    const again = await prepareData(recipeOf({ train, text, data }));
    assert.deepEqual(again, prepared);
    const other = await prepareData(recipeOf({ train, text, data: { ...data, seed: 8 } }));
    assert.notDeepEqual(other.vocabulary, vocabulary);
    const half = { fraction: 0.5 };
    await fails(
      prepareData(recipeOf({ train, text, data: { ...data, validation: half, test: half } })),
      'fraction',
      /no sentence for training/,
    );
    await fails(
      prepareData(recipeOf({ train, text, data: { ...data, validation: { fraction: 0.001 } } })),
      'fraction',
      /empty part of 100/,
    );
  });

  it('gives the same data again to a trial that starts from a checkpoint of the same recipe', async () => {
    const data = { ...(await smallData()), validation: { fraction: 0.34 } };
    const recipe = recipeOf({ train, text, data });
    const first = await prepareData(recipe);
    const { vocabulary, labels, initialTable, ...rest } = first;
    const parent = checkpoint(initialTable!.rows, { vocabulary, labels });
    const again = await prepareData(recipe, parent);
    assert.deepEqual(again, { vocabulary, labels, ...rest });
  });

  it('gives the same to the processes of a run, also when the files have changed since', async () => {
    const vectors = await file('s.txt', 'film 1 2\ngood 3 4\n');
    const embedding = { dimension: 2, vectors, mode: 'non-static' } as const;
    const data = { ...(await smallData()), validation: { fraction: 0.34 } };
    const recipe = recipeOf({ train: { ...train, embedding }, text, data });
    const alone = await prepareData(recipe);
    const shared = path.join(folder, 'shared');
    assert.deepEqual(await prepareData(recipe, undefined, shared), alone);
    await writeFile(data.train.path, '');
    assert.deepEqual(await prepareData(recipe, undefined, shared), alone);
    const { vocabulary, labels, initialTable, ...rest } = alone;
    const parent = checkpoint(initialTable!.rows, { vocabulary, labels });
    assert.deepEqual(await prepareData(recipe, parent, shared), { vocabulary, labels, ...rest });
  });

  it('sizes the table by the rows of data that is indexed already', async () => {
    const ids: TextSettings = { ...text, tokenizer: 'ids' };
    const data = {
      train: await source('ids', 'a 3 4\nb 7 0 0\n'),
      validation: await source('ids.v', 'a 8\n'),
      seed: 1,
    };
    await fails(
      prepareData(recipeOf({ train, text: ids, data })),
      'id-outside-table',
      /ids\.v:1: The row 8 .* 8 rows/,
    );
    const fitting = { ...data, validation: await source('ids.w', 'a 7\n') };
    const prepared = await prepareData(recipeOf({ train, text: ids, data: fitting }));
    assert.equal(prepared.vocabulary, undefined);
    assert.equal(prepared.initialTable?.rows, 8);
    assert.deepEqual(idsOf(prepared.train), [3, 4, 7]);
    const vectors = await file('i.txt', 'a 1 2\n');
    await fails(
      prepareData(
        recipeOf({ train: { ...train, embedding: { ...train.embedding, vectors } }, text: ids, data }),
      ),
      'ids-without-vocabulary',
      /r\.press\.json/,
    );
  });

  it('refuses data with one label, and a label that the training data lacks', async () => {
    const data = await smallData();
    const one = { ...data, train: await source('one', '1 a\n1 b\n') };
    await fails(prepareData(recipeOf({ train, text, data: one })), 'one-label', /one: .*'1'/);
    const other = { ...data, test: await source('other', '9 a\n8 b\n') };
    await fails(
      prepareData(recipeOf({ train, text, data: other })),
      'unknown-label',
      /other:2: .*'8'.*'9', '10'/,
    );
  });

  it('reads the shared TREC questions', async function () {
    if (!existsSync(datasets)) return this.skip();
    const trec = (name: string): DataSource => ({
      path: path.join(datasets, name),
      format: 'label-text',
      encoding: 'latin1',
      textColumn: 0,
      labelColumn: 0,
    });
    const data = {
      train: trec('TREC.train.all'),
      validation: { fraction: 0.1 },
      test: trec('TREC.test.all'),
      seed: 1,
    };
    const prepared = await prepareData(recipeOf({ train, text: { ...text, maxLength: 40 }, data }));
    assert.deepEqual(prepared.labels, ['0', '1', '2', '3', '4', '5']);
    assert.equal(prepared.train.sentences + prepared.validation.sentences, 5452);
    assert.equal(prepared.validation.sentences, 545);
    assert.equal(prepared.test?.sentences, 500);
  });
});

describe('prepareData for a given model', () => {
  const vocabulary = ['<pad>', '<unk>', 'good', 'film'];

  it('takes vocabulary, labels and text settings from beside the model', async () => {
    const recipe = recipeOf({ model: '/m', data: await smallData() });
    const prepared = await prepareData(recipe, checkpoint(4, { vocabulary, labels: ['10', '9'] }));
    assert.deepEqual(prepared.labels, ['10', '9']);
    assert.deepEqual(labelsOf(prepared.train), [0, 1, 0]);
    assert.deepEqual(sentences(prepared.train, vocabulary)[1], '<unk> film');
    assert.equal(prepared.initialTable, undefined);
  });

  it("prefers the recipe's own", async () => {
    const list = { path: await file('m.json', '{"film": 3, "bad": 2, "oov": 1}') };
    const own: TextSettings = { ...text, outOfVocabularyToken: 'oov', maxLength: 1 };
    const recipe = recipeOf({ model: '/m', vocabulary: list, text: own, data: await smallData() });
    const prepared = await prepareData(recipe, checkpoint(4, { vocabulary }));
    assert.deepEqual(prepared.vocabulary, ['<pad>', 'oov', 'bad', 'film']);
    assert.deepEqual(sentences(prepared.train, prepared.vocabulary), ['oov', 'bad', 'oov']);
    assert.deepEqual(prepared.labels, ['9', '10']);
  });

  it('pads for a model that does not mask', async () => {
    const recipe = recipeOf({ model: '/m', data: await smallData() });
    const prepared = await prepareData(recipe, checkpoint(4, { vocabulary }, false));
    assert.deepEqual(idsOf(prepared.train).slice(0, 6), [0, 0, 0, 0, 2, 3]);
    assert.deepEqual(idsOf(prepared.test!), [0, 0, 0, 0, 0, 3]);
    assert.equal(prepared.validation.tokens, 6);
  });

  it('says what does not fit', async () => {
    const data = await smallData();
    const recipe = recipeOf({ model: '/m/model.json', data });
    await fails(
      prepareData(recipe, checkpoint(5, { vocabulary })),
      'vocabulary-size',
      /model\.json: .* 4 words, .* 5 rows/,
    );
    const list = { path: await file('short.txt', '<pad>\n<unk>\n') };
    await fails(
      prepareData({ ...recipe, vocabulary: list }, checkpoint(5, { vocabulary })),
      'vocabulary-size',
      /short\.txt: .* 2 words, .* 5 rows/,
    );
    await fails(prepareData(recipe, checkpoint(4)), 'no-vocabulary', /"vocabulary" in the recipe/);
    await fails(
      prepareData({ ...recipe, vocabulary: 'training' }, checkpoint(4, { vocabulary })),
      'vocabulary-of-model',
      /training/,
    );
    await fails(
      prepareData(recipe, checkpoint(4, { vocabulary, text: undefined })),
      'no-text-settings',
      /"text"/,
    );
    await fails(
      prepareData({ ...recipe, labels: ['9', '10', '11'] }, checkpoint(4, { vocabulary })),
      'label-count',
      /3 labels, .* 2 classes/,
    );
  });

  it('checks indexed data against the table and needs no vocabulary for it', async () => {
    const data = {
      train: await source('mi', 'a 1 2\nb 0 3\n'),
      validation: await source('mv', 'a 1\nb 2,4\n'),
      seed: 1,
    };
    const ids: TextSettings = { ...text, tokenizer: 'ids' };
    const recipe = recipeOf({ model: '/m', text: ids, data });
    const prepared = await prepareData(recipe, checkpoint(5));
    assert.deepEqual(idsOf(prepared.train), [1, 2, 3]);
    await fails(prepareData(recipe, checkpoint(4)), 'id-outside-table', /mv:2: The row 4 .* 4 rows/);
  });
});
