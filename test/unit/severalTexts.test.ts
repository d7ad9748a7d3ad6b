import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { TokenInput } from '../../src/core/checkpoint/graphBody.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import type { DataSource, Recipe, TextSettings } from '../../src/core/recipe/recipe.ts';
import { differences } from '../../src/core/report/differences.ts';
import { encodeRecipe } from '../../src/core/sweep/encodeRecipe.ts';
import { evaluationBatches } from '../../src/core/text/batches.ts';
import { encodeText, sentenceEncoder } from '../../src/core/text/encode.ts';
import { sentencesOf, type EncodedDataset } from '../../src/core/text/encoded.ts';
import { Vocabulary } from '../../src/core/text/vocabulary.ts';
import { node } from '../support/graphs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { embedding } from '../support/severalInputs.ts';

const vocabulary = ['<pad>', '<unk>', 'one', 'two', 'three', 'four', 'five'];
const text: TextSettings = { ...textDefaults, maxLength: 4 };
const two: readonly TokenInput[] = [{ name: 'title', length: 3 }, { name: 'body' }];

/** The table of the second input where it has one of its own; else both read one. */
const ownTable = { input_dim: 5, output_dim: 2, input: 1 };

/** A model of two inputs: the means of both, side by side. */
function model(parts: Partial<Checkpoint> = {}, ofBody?: typeof ownTable): Checkpoint {
  const checkpoint = randomCheckpoint({
    embedding: { rows: vocabulary.length, dimension: 2 },
    body: {
      kind: 'graph',
      nodes: [
        ofBody ? embedding('words', ofBody) : embedding('words', { input: 1 }, 'embedding'),
        node('GlobalAveragePooling1D', 'mean of title', 'embedding'),
        node('GlobalAveragePooling1D', 'mean of body', 'words'),
        node('Concatenate', 'both', ['mean of title', 'mean of body'], { axis: -1 }),
      ],
      hidden: [],
      inputs: two,
      maskZero: false,
      dialect: 'keras',
    },
    head: 'softmax',
    classes: 2,
    masked: false,
  });
  return { ...checkpoint, text, vocabulary, labels: ['no', 'yes'], ...parts };
}

function idsOf(data: EncodedDataset): number[][] {
  return Array.from(sentencesOf(data), ({ ids }) => Array.from(ids));
}

function rejectsWith(code: string, item: string, ...parts: RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.deepEqual([error.code, error.place?.item], [code, item]);
    for (const part of parts) assert.match(error.format(), part);
    return true;
  };
}

describe('several texts a sentence', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-texts-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function recipe(
    content: string,
    source: Partial<DataSource>,
    parts: Partial<Recipe['data']> = {},
  ): Promise<Recipe> {
    const path = join(folder, 'data');
    await writeFile(path, content);
    const train: DataSource = {
      path,
      format: 'tsv',
      textColumn: ['title', 'body'],
      labelColumn: 'label',
      encoding: 'utf-8',
      ...source,
    };
    const json = JSON.stringify({
      model: 'model',
      data: { train: { path: 'data', format: 'tsv' } },
      compress: {},
    });
    const read = parseRecipe(json, join(folder, 'r.press.json'));
    return { ...read, data: { train, validation: train, seed: 1, ...parts } };
  }

  const files: readonly (readonly [name: string, content: string, source: Partial<DataSource>])[] = [
    ['tsv', 'body\tlabel\ttitle\ntwo three\tyes\tone\nfour\tno\tnine five\n', {}],
    [
      'tsv without a header',
      'two three\tyes\tone\nfour\tno\tnine five\n',
      { textColumn: [2, 0], labelColumn: 1 },
    ],
    ['csv', 'label,body,title\nyes,"two,\nthree",one\nno,four,nine five\n', { format: 'csv' }],
    [
      'jsonl',
      '{"title": "one", "label": "yes", "body": "two three"}\n{"body": "four", "title": "nine five", "label": "no"}\n',
      { format: 'jsonl' },
    ],
  ];
  for (const [name, content, source] of files) {
    it(`are read from ${name}, in the order of the model's inputs`, async () => {
      // The comma of the csv is a token without a word.
      const second = name === 'csv' ? [3, 1, 4, 0] : [3, 4, 0, 0];
      const { encoded } = await encodeRecipe(await recipe(content, source), model());
      const expected = [
        [2, 0, 0, ...second],
        [1, 6, 0, 5, 0, 0, 0],
      ];
      assert.deepEqual(idsOf(encoded.train), expected);
      assert.deepEqual(idsOf(encoded.validation), expected, 'as the training data, not padded again');
      assert.deepEqual(
        Array.from(sentencesOf(encoded.train), ({ label, withUnknown }) => [label, withUnknown]),
        [
          [1, name === 'csv'],
          [0, true],
        ],
      );
    });
  }

  it('are rows of the table already, in lists', async () => {
    const content = '{"a": [2, 3, 4, 5], "b": [6], "label": 1}\n{"a": [], "b": "0,3,0", "label": 0}\n';
    const source = { format: 'jsonl', textColumn: ['a', 'b'] } as const;
    const ids = { ...text, tokenizer: 'ids' } as const;
    const of = await recipe(content, source);
    const { encoded } = await encodeRecipe(
      of,
      model({ text: ids, vocabulary: undefined, labels: ['0', '1'] }),
    );
    assert.deepEqual(idsOf(encoded.train), [
      [2, 3, 4, 6, 0, 0, 0],
      [0, 0, 0, 3, 0, 0, 0],
    ]);
  });

  it('have rows of the tables that read them', async () => {
    const content = '{"a": [6], "b": [4], "label": 1}\n{"a": [5], "b": [5], "label": 0}\n';
    const of = await recipe(content, { format: 'jsonl', textColumn: ['a', 'b'] });
    const ids = { ...text, tokenizer: 'ids' } as const;
    // The words beside it are not read.
    const indexed = model({ text: ids, labels: ['0', '1'] }, ownTable);
    await assert.rejects(encodeRecipe(of, indexed), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.format(), /data:2: The row 5 on line 2 is outside the table, which has 5 rows/);
      return true;
    });
    const predict = createPredictor(indexed, createWasmEngine());
    assert.throws(() => predict('5', '5'), { code: 'id-outside-table' });
    assert.equal(predict('6', '4').tokens, 2);
  });

  it('have all words in each of their tables', async () => {
    const of = await recipe('title\tbody\tlabel\none\ttwo\tyes\none\ttwo\tno\n', {});
    const said = /input 'body' is read by a table of 5 rows, and the vocabulary has 7 words/;
    await assert.rejects(
      encodeRecipe(of, model({}, ownTable)),
      rejectsWith('vocabulary-size', 'model', said),
    );
    assert.throws(() => createPredictor(model({}, ownTable), createWasmEngine()), said);
  });

  it('may be one text for several inputs', async () => {
    const same = await recipe('text\tlabel\none two three four five\tyes\ntwo\tno\n', {
      textColumn: ['text', 'text'],
    });
    const { encoded } = await encodeRecipe(same, model());
    assert.deepEqual(idsOf(encoded.train), [
      [2, 3, 4, 2, 3, 4, 5],
      [3, 0, 0, 3, 0, 0, 0],
    ]);
  });

  const words = new Vocabulary(vocabulary, '<unk>');
  const layoutsOf = (...lengths: number[]) => lengths.map((length) => ({ length, rows: words.size }));
  const layouts: readonly (readonly [Partial<TextSettings>, readonly number[]])[] = [
    [{ padding: 'right', truncation: 'right' }, [2, 3, 4, 6, 5, 0, 0, 0, 0]],
    [{ padding: 'left', truncation: 'right' }, [2, 3, 4, 0, 0, 6, 5, 0, 0]],
    [{ padding: 'right', truncation: 'left' }, [3, 4, 5, 6, 5, 0, 0, 0, 0]],
    [{ padding: 'left', truncation: 'left' }, [3, 4, 5, 0, 0, 6, 5, 0, 0]],
  ];
  for (const [sides, expected] of layouts) {
    it(`are each padded on the ${sides.padding} and cut on the ${sides.truncation}`, () => {
      const encode = sentenceEncoder({ text: { ...text, ...sides }, words, layouts: layoutsOf(3, 4, 2) });
      const encoded = encode(['one two three four', 'five four', '']);
      assert.deepEqual(Array.from(encoded.ids), expected);
      // The third text is padding alone, and counts nothing.
      assert.deepEqual([encoded.tokens, encoded.unknown], [5, 0]);
    });
  }

  it('count the unknown words of each', () => {
    const encode = sentenceEncoder({ text, words, layouts: layoutsOf(3, 4) });
    const { tokens, unknown } = encode(['nine one', 'ten ten two']);
    assert.deepEqual([tokens, unknown], [5, 3]);
  });

  it('leave one text as it was', () => {
    const encode = sentenceEncoder({ text, words });
    for (const one of ['one nine two three four five', '', 'nine']) {
      assert.deepEqual(encode([one]), encodeText(one, { text, words }));
    }
  });

  it('must be as many columns as the model has inputs', async () => {
    const content = 'title\tbody\tlabel\none\ttwo\tyes\none\ttwo\tno\n';
    const encode = async (source: Partial<DataSource>, of = model(), parts?: Partial<Recipe['data']>) =>
      encodeRecipe(await recipe(content, source, parts), of);
    const names = /2 inputs: 'title', 'body'.*list of 2 columns, one for each/s;
    await assert.rejects(
      encode({ textColumn: 'title' }),
      rejectsWith('text-columns', 'data.train.textColumn', /names 1 column, /, names),
    );
    await assert.rejects(
      encode({ textColumn: ['title', 'body', 'title'] }),
      rejectsWith('text-columns', 'data.train.textColumn', /names 3 columns, /, names),
    );
    await assert.rejects(
      encode({ format: 'label-text' }),
      rejectsWith('text-columns', 'data.train.format', /have one text/, /tsv, csv or jsonl/, names),
    );
    const { data } = await recipe(content, { textColumn: 'title' });
    await assert.rejects(
      encode({}, model(), { test: data.train }),
      rejectsWith('text-columns', 'data.test.textColumn', names),
    );
    const plain = model();
    const single = { ...plain, spec: { ...plain.spec, body: { kind: 'dan', hidden: [] } } } as const;
    await assert.rejects(
      encode({}, single),
      rejectsWith('text-columns', 'data.train.textColumn', /2 columns, and the model has one input/),
    );
    await assert.rejects(encode({ textColumn: ['title', 'bdoy'] }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.format(), /no column 'bdoy'.*Did you mean 'body'.*"textColumn"/s);
      return true;
    });
  });

  it('are predicted as the data are read', async () => {
    const checkpoint = model({ text: { ...text, padding: 'left', truncation: 'left' } });
    const engine = createWasmEngine();
    const texts = [
      ['one nine', 'two'],
      ['one two three four five', ''],
      ['four', 'one two three four five'],
    ] as const;
    const rows = texts.map((each, i) => `${each.join('\t')}\t${i === 0 ? 'yes' : 'no'}\n`);
    const { encoded } = await encodeRecipe(
      await recipe(`title\tbody\tlabel\n${rows.join('')}`, {}),
      checkpoint,
    );
    const [batch] = evaluationBatches(encoded.train, texts.length);
    assert.ok(batch);
    const ofData = new Classifier(engine, checkpoint.spec, checkpoint.weights).predict(batch);
    const predict = createPredictor(checkpoint, engine);
    const predictions = texts.map((each) => predict(...each));
    const order = batch.lines.map((line) => line - 2);
    assert.deepEqual(
      Array.from(order, (i) => predictions[i]!.probabilities.map(({ probability }) => probability)).flat(),
      [...ofData.data],
    );
    assert.deepEqual([predictions[0]?.tokens, predictions[0]?.unknownTokens], [3, 1]);
  });

  it('must be as many as the model takes', () => {
    const predict = createPredictor(model(), createWasmEngine());
    assert.throws(
      () => predict('one'),
      (error) =>
        error instanceof UserError &&
        error.code === 'text-count' &&
        /2 texts, and 1 was given.*'title', 'body'/s.test(error.format()),
    );
    const { spec, ...rest } = model();
    const dan = randomCheckpoint({ ...spec, body: { kind: 'dan', hidden: [] }, masked: true });
    const single = createPredictor({ ...rest, ...dan, text, vocabulary }, createWasmEngine());
    assert.throws(() => single('one', 'two'), { code: 'text-count' });
  });

  it('are shown side by side where a prediction changed', async () => {
    const content = 'title\tbody\tlabel\none\ttwo three\tyes\ntwo\tone\tno\n';
    const before = model();
    const head = before.weights.get('head/kernel')!;
    const opposite = { ...head, data: head.data.map((value) => -value) };
    const after = { ...before, weights: new Map([...before.weights, ['head/kernel', opposite] as const]) };
    const { flips } = await differences({
      recipe: await recipe(content, {}),
      before,
      after,
      part: 'validation',
      engine: createWasmEngine(),
    });
    assert.deepEqual(
      flips.map((flip) => flip.text),
      ['one ‖ two three', 'two ‖ one'],
    );
  });
});
