import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { parseRecipe, readRecipe } from '../../src/core/recipe/readRecipe.ts';
import { validateRecipe } from '../../src/core/recipe/validateRecipe.ts';

/** A recipe of fifteen lines, right as it stands. */
const good = `{
  // comments are allowed
  "model": "models/spam",
  "data": {
    "train": { "path": "train.tsv", "format": "tsv" },
    "test": { "path": "test.tsv", "format": "tsv" },
  },
  "compress": {
    "metric": ["task", "spectrum"],
    "reductions": [0.9, 0.95],
    "ranks": [3]
  },
  "retrain": { "epochs": 5, "optimizer": { "name": "adam", "epsilon": 0.01 }, "schedule": "calr" }
}
`;
/** A recipe that trains, of seven lines. */
const training = `{
  "train": { "architecture": "dan", "hidden": [30, 25] },
  "data": {
    "train": { "path": "train.tsv", "format": "tsv" },
    "validation": { "fraction": 0.1 }
  }
}`;

interface Bad {
  readonly name: string;
  readonly from?: string;
  readonly change: readonly [from: string, to: string];
  readonly code: string;
  readonly line: number;
  readonly column?: number;
  readonly says: RegExp;
}

/** The first line of `good`, with an architecture of what is given. */
const architecture = (fields: string): readonly [string, string] => [
  '// comments are allowed',
  `"architecture": { ${fields} },`,
];

/** The `compress` of `training`, an `auto` with what is given. */
const auto = (fields: string, retrain = ''): readonly [string, string] => [
  '"data": {',
  `"compress": { "method": "auto", ${fields} }, ${retrain}\n  "data": {`,
];

const bad: readonly Bad[] = [
  {
    name: 'a search without a time',
    from: training,
    change: auto('"loseAtMost": 0.01'),
    code: 'missing-field',
    line: 3,
    says: /compress needs the field "minutes"/,
  },
  {
    name: 'a search without a target',
    from: training,
    change: auto('"minutes": 1'),
    code: 'search-target',
    line: 3,
    says: /one of "loseAtMost" and "bytesAtMost", found neither/,
  },
  {
    name: 'a search with two targets',
    from: training,
    change: auto('"minutes": 1, "loseAtMost": 0.01, "bytesAtMost": 1000'),
    code: 'search-target',
    line: 3,
    says: /found both/,
  },
  {
    name: 'a search with the settings of a method',
    from: training,
    change: auto('"minutes": 1, "loseAtMost": 0.01, "ranks": [1]'),
    code: 'useless-field',
    line: 3,
    says: /compress\.ranks has no meaning where method is "auto"/,
  },
  {
    name: 'a search among searches',
    from: training,
    change: auto(
      '"minutes": 1, "loseAtMost": 0.01, "among": [{ "method": "auto", "minutes": 1, "loseAtMost": 0.01 }]',
    ),
    code: 'search-in-list',
    line: 3,
    says: /compress\.among\[0\]\.method is "auto", which stands alone/,
  },
  {
    name: 'a wrong method of a search',
    from: training,
    change: auto('"minutes": 1, "loseAtMost": 0.01, "among": [{ "ranks": [] , "reductions": [] }]'),
    code: 'nothing-to-compress',
    line: 3,
    says: /compress\.among\[0\] has neither reductions nor ranks/,
  },
  {
    name: 'a range from high to low',
    from: training,
    change: ['"hidden": [30, 25]', '"randomSearch": { "dropout": [0.5, 0] }'],
    code: 'range-upside-down',
    line: 2,
    says: /train\.randomSearch\.dropout must go from the lowest value to the highest, found 0\.5 and 0/,
  },
  {
    name: 'a range of one value',
    from: training,
    change: ['"hidden": [30, 25]', '"randomSearch": { "rate": [0.1] }'],
    code: 'bad-value',
    line: 2,
    says: /train\.randomSearch\.rate must have at least 2 items/,
  },
  {
    name: 'a range out of bounds',
    from: training,
    change: ['"hidden": [30, 25]', '"randomSearch": { "rate": [0, 1] }'],
    code: 'bad-value',
    line: 2,
    says: /train\.randomSearch\.rate\[0\] must be above 0/,
  },
  {
    name: 'a random search of a retraining where nothing is compressed',
    from: training,
    change: ['"data": {', '"retrain": { "randomSearch": {} },\n  "data": {'],
    code: 'random-search-of-nothing',
    line: 3,
    says: /no meaning where nothing is compressed/,
  },
  {
    name: 'a search with several seeds',
    from: training,
    change: auto('"minutes": 1, "loseAtMost": 0.01', '"retrain": { "seeds": [1, 2] },'),
    code: 'search-seeds',
    line: 3,
    says: /one seed where the method is "auto", found 2/,
  },
  {
    name: 'an architecture where there is no model',
    from: training,
    change: ['"data"', '"architecture": { "kind": "dan" }, "data"'],
    code: 'architecture-without-model',
    line: 3,
    says: /no meaning without "model"/,
  },
  {
    name: 'an architecture without the pooling of a recurrence',
    change: architecture('"kind": "bilstm"'),
    code: 'architecture-pooling',
    line: 2,
    says: /architecture\.pooling is missing, which the tensors of a bilstm do not tell/,
  },
  {
    name: 'the pooling of an average',
    change: architecture('"kind": "dan", "pooling": "mean"'),
    code: 'architecture-field',
    line: 2,
    says: /architecture\.pooling has no meaning for a dan/,
  },
  {
    name: 'convolutions of an LSTM',
    change: architecture('"kind": "lstm", "pooling": "last", "tensors": { "convolutions": ["a"] }'),
    code: 'architecture-field',
    line: 2,
    says: /architecture\.tensors\.convolutions has no meaning for a lstm/,
  },
  {
    name: 'a padding row that is no row',
    change: architecture('"kind": "dan", "paddingRow": "no"'),
    code: 'bad-value',
    line: 2,
    says: /architecture\.paddingRow must be "none", found "no"/,
  },
  {
    name: 'no padding row where padding counts',
    change: architecture('"kind": "dan", "masked": false, "paddingRow": "none"'),
    code: 'padding-without-row',
    line: 2,
    says: /"none", but the model counts its padding/,
  },
  {
    name: 'rows that move below texts that are indexed',
    change: architecture('"kind": "dan", "paddingRow": 1 }, "text": { "tokenizer": "ids"'),
    code: 'ids-and-padding-row',
    line: 2,
    says: /texts that are indexed already do not follow/,
  },
  {
    name: 'an unknown field near a known one',
    change: ['"epochs": 5', '"epoch": 5'],
    code: 'unknown-field',
    line: 13,
    column: 16,
    says: /Unknown field "epoch" in retrain\. Did you mean "epochs"\?/,
  },
  {
    name: 'a misspelt field that is required',
    change: ['"train": {', '"trian": {'],
    code: 'unknown-field',
    line: 5,
    column: 5,
    says: /"trian" in data\. Did you mean "train"\?/,
  },
  {
    name: 'an unknown field near none',
    change: ['"metric"', '"zzzzzz"'],
    code: 'unknown-field',
    line: 9,
    says: /Known here: "method", "metric", "split", "reductions", "ranks", "bits", "taskSentences", "refreshAfter", "retrain", "tables", "words"\./,
  },
  {
    name: 'a misspelt field at the top',
    change: ['"model"', '"Modle"'],
    code: 'unknown-field',
    line: 3,
    column: 3,
    says: /Unknown field "Modle"\. Did you mean "model"\?/,
  },
  {
    name: 'a misspelt value',
    change: ['"spectrum"', '"spectrm"'],
    code: 'bad-value',
    line: 9,
    column: 24,
    says: /compress\.metric\[1\] must be "task", "spectrum", "frequency" or "task-frequency", found "spectrm"\. Did you mean "spectrum"\?/,
  },
  {
    name: 'a misspelt name in place of settings',
    change: ['"calr"', '"clar"'],
    code: 'bad-value',
    line: 13,
    says: /retrain\.schedule must be "calr", .* or "sgdr", found "clar"\. Did you mean "calr"\?/,
  },
  {
    name: 'a reduction above 1',
    change: ['0.95', '1.2'],
    code: 'bad-value',
    line: 10,
    column: 25,
    says: /compress\.reductions\[1\] must be above 0 and below 1, found 1\.2/,
  },
  {
    name: 'a reduction of 0',
    change: ['0.95', '0'],
    code: 'bad-value',
    line: 10,
    says: /above 0 and below 1, found 0\./,
  },
  {
    name: 'a reduction given twice',
    change: ['0.95', '0.90'],
    code: 'repeated-value',
    line: 10,
    column: 25,
    says: /compress\.reductions has 0\.9 twice/,
  },
  {
    name: 'neither reductions nor ranks',
    change: ['[0.9, 0.95],\n    "ranks": [3]', '[]'],
    code: 'nothing-to-compress',
    line: 10,
    says: /neither reductions nor ranks/,
  },
  {
    name: 'a rank of 0',
    change: ['[3]', '[0]'],
    code: 'bad-value',
    line: 11,
    says: /compress\.ranks\[0\] must be at least 1, found 0/,
  },
  {
    name: 'a rank that is not whole',
    change: ['[3]', '[2.5]'],
    code: 'bad-value',
    line: 11,
    says: /must be a whole number, found 2\.5/,
  },
  {
    name: 'text in place of a number',
    change: ['"epochs": 5', '"epochs": "5"'],
    code: 'bad-value',
    line: 13,
    says: /retrain\.epochs must be a whole number, found "5"/,
  },
  {
    name: 'a number beyond all numbers',
    change: ['"epsilon": 0.01', '"epsilon": 1e999'],
    code: 'bad-value',
    line: 13,
    says: /epsilon must be a number, found Infinity/,
  },
  {
    name: 'a dropout of 1',
    change: ['"epochs": 5', '"dropout": 1'],
    code: 'bad-value',
    line: 13,
    says: /retrain\.dropout must be at least 0 and below 1, found 1/,
  },
  {
    name: 'a setting of another optimizer',
    change: ['"adam"', '"sgd"'],
    code: 'useless-field',
    line: 13,
    says: /retrain\.optimizer\.epsilon has no meaning where name is "sgd"/,
  },
  {
    name: 'a setting of another schedule',
    change: ['"schedule": "calr"', '"schedule": { "name": "sgdr", "stepSize": "auto" }'],
    code: 'useless-field',
    line: 13,
    says: /retrain\.schedule\.stepSize has no meaning where name is "sgdr"/,
  },
  {
    name: 'bounds in the wrong order',
    change: ['"schedule": "calr"', '"schedule": { "name": "triangular", "lowerRate": 0.01 }'],
    code: 'lower-rate-too-high',
    line: 13,
    says: /retrain\.schedule\.lowerRate must be below the rate, 0\.001, found 0\.01/,
  },
  {
    name: 'an optimizer without a name',
    change: ['"name": "adam", ', ''],
    code: 'missing-field',
    line: 13,
    says: /retrain\.optimizer needs the field "name"/,
  },
  {
    name: 'a seed below 0',
    change: ['"epochs": 5', '"seeds": [1, -1]'],
    code: 'bad-value',
    line: 13,
    says: /retrain\.seeds\[1\] must be at least 0/,
  },
  {
    name: 'a seed given twice',
    change: ['"epochs": 5', '"seeds": [1, 2, 1]'],
    code: 'repeated-value',
    line: 13,
    says: /retrain\.seeds has 1 twice/,
  },
  {
    name: 'no seed',
    change: ['"epochs": 5', '"seeds": []'],
    code: 'bad-value',
    line: 13,
    says: /retrain\.seeds must have at least 1 item, found 0/,
  },
  {
    name: 'data without a format',
    change: [', "format": "tsv" },\n    "test"', ' },\n    "test"'],
    code: 'missing-field',
    line: 5,
    says: /data\.train needs the field "format"/,
  },
  {
    name: 'a column where the format has none',
    change: ['"path": "test.tsv", "format": "tsv"', '"path": "x", "format": "label-text", "textColumn": 1'],
    code: 'useless-field',
    line: 6,
    says: /data\.test\.textColumn has no meaning where format is "label-text"/,
  },
  {
    name: 'a list of one column',
    change: ['"path": "test.tsv", "format"', '"path": "x", "textColumn": ["a"], "format"'],
    code: 'bad-value',
    line: 6,
    says: /data\.test\.textColumn must have at least 2 items, found 1/,
  },
  {
    name: 'a column in a list that is none',
    change: ['"path": "test.tsv", "format"', '"path": "x", "textColumn": ["a", -1], "format"'],
    code: 'bad-value',
    line: 6,
    says: /data\.test\.textColumn\[1\] must be at least 0, found -1/,
  },
  {
    name: 'several texts for a model of one',
    from: training,
    change: ['"path": "train.tsv"', '"path": "train.tsv", "textColumn": ["a", "b"]'],
    code: 'text-columns',
    line: 4,
    says: /data\.train\.textColumn is a list, and a model that "train" makes has one input/,
  },
  {
    name: 'a fraction of the whole',
    change: ['{ "path": "test.tsv", "format": "tsv" }', '{ "fraction": 1 }'],
    code: 'bad-value',
    line: 6,
    says: /data\.test\.fraction must be above 0 and below 1, found 1/,
  },
  {
    name: 'fractions that leave no training data',
    change: ['{ "path": "test.tsv", "format": "tsv" }', '{ "fraction": 0.9 }'],
    code: 'fractions-too-large',
    line: 6,
    says: /must leave training data, found 1 in all/,
  },
  {
    name: 'a fraction of a file',
    change: ['"path": "test.tsv", "format": "tsv"', '"path": "test.tsv", "fraction": 0.1'],
    code: 'unknown-field',
    line: 6,
    says: /Unknown field "path" in data\.test/,
  },
  {
    name: 'an empty path',
    change: ['models/spam', ''],
    code: 'bad-value',
    line: 3,
    says: /model must not be empty/,
  },
  {
    name: 'no data',
    change: [
      `"data": {
    "train": { "path": "train.tsv", "format": "tsv" },
    "test": { "path": "test.tsv", "format": "tsv" },
  },`,
      '',
    ],
    code: 'missing-field',
    line: 1,
    says: /The recipe needs the field "data"/,
  },
  {
    name: 'neither model nor train',
    change: ['"model": "models/spam",', ''],
    code: 'no-model',
    line: 1,
    says: /needs "model" or "train", found neither/,
  },
  {
    name: 'both model and train',
    change: ['"data": {', '"train": { "architecture": "dan" },\n  "data": {'],
    code: 'model-and-train',
    line: 4,
    says: /either "model" or "train", found both/,
  },
  {
    name: 'the training vocabulary for a loaded model',
    change: ['"data": {', '"vocabulary": "training",\n  "data": {'],
    code: 'vocabulary-of-model',
    line: 4,
    says: /vocabulary must be a file where there is "model", found "training"/,
  },
  {
    name: 'one label',
    change: ['"data": {', '"labels": ["spam"],\n  "data": {'],
    code: 'bad-value',
    line: 4,
    says: /labels must have at least 2 items, found 1/,
  },
  {
    name: 'labels that are numbers',
    change: ['"data": {', '"labels": [0, 1],\n  "data": {'],
    code: 'bad-value',
    line: 4,
    says: /labels\[0\] must be a string, found 0/,
  },
  {
    name: 'an accuracy in percent',
    change: ['"data": {', '"expectedAccuracy": 92,\n  "data": {'],
    code: 'bad-value',
    line: 4,
    says: /expectedAccuracy must be at least 0 and at most 1, found 92/,
  },
  {
    name: 'a field given twice',
    change: ['"compress": {', '"model": "again",\n  "compress": {'],
    code: 'repeated-field',
    line: 8,
    column: 3,
    says: /The field "model" is given twice/,
  },
  {
    name: 'a missing comma',
    change: ['"models/spam",', '"models/spam"'],
    code: 'bad-json',
    line: 4,
    column: 3,
    says: /not valid JSON: a comma is expected/,
  },
  {
    name: 'an open string',
    change: ['"models/spam",', '"models/spam,'],
    code: 'bad-json',
    line: 3,
    says: /not valid JSON: a string is not closed/,
  },
  {
    name: 'text after the end',
    change: ['"calr" }\n}', '"calr" }\n} }'],
    code: 'bad-json',
    line: 14,
    says: /nothing may follow the closing brace/,
  },
  {
    name: 'an unknown architecture',
    from: training,
    change: ['"dan"', '"lstn"'],
    code: 'bad-value',
    line: 2,
    says: /train\.architecture must be "dan", "lstm", "bilstm", "gru" or "cnn", found "lstn"\. Did you mean "lstm"\?/,
  },
  {
    name: 'no architecture',
    from: training,
    change: ['"architecture": "dan", ', ''],
    code: 'missing-field',
    line: 2,
    says: /train needs the field "architecture"/,
  },
  {
    name: 'LSTM units of a DAN',
    from: training,
    change: ['"hidden": [30, 25]', '"units": 150'],
    code: 'useless-field',
    line: 2,
    says: /train\.units has no meaning where architecture is "dan"/,
  },
  {
    name: 'filters of a DAN',
    from: training,
    change: ['"hidden": [30, 25]', '"filterWidths": [3]'],
    code: 'useless-field',
    line: 2,
    says: /train\.filterWidths has no meaning where architecture is "dan"/,
  },
  {
    name: 'static vectors where there are none',
    from: training,
    change: ['"hidden": [30, 25]', '"embedding": { "mode": "static" }'],
    code: 'mode-without-vectors',
    line: 2,
    says: /mode is "static" but train\.embedding\.vectors is missing/,
  },
  {
    name: 'a hidden width of 0',
    from: training,
    change: ['[30, 25]', '[30, 0]'],
    code: 'bad-value',
    line: 2,
    says: /train\.hidden\[1\] must be at least 1/,
  },
  {
    name: 'the words of vectors that are not there',
    from: training,
    change: ['"data": {', '"vocabulary": "all-vectors",\n  "data": {'],
    code: 'vocabulary-without-vectors',
    line: 3,
    says: /train\.embedding\.vectors is missing/,
  },
  {
    name: 'a metric that would be refreshed when all is over',
    from: training,
    change: ['"data": {', '"compress": { "refreshAfter": 5 },\n  "data": {'],
    code: 'refresh-too-late',
    line: 3,
    says: /compress\.refreshAfter is 5, and retraining has 5 epochs/,
  },
  {
    name: 'factors trained alone where there are none',
    from: training,
    change: [
      '"data": {',
      '"compress": [{}, { "method": "pruning" }],\n  "retrain": { "trainable": "factors" },\n  "data": {',
    ],
    code: 'trainable-without-factors',
    line: 3,
    says: /compress\[1\]\.method is "pruning", which has no factors/,
  },
  {
    name: 'factors trained alone where nothing is retrained',
    from: training,
    change: [
      '"data": {',
      '"compress": { "method": "pruning", "retrain": false },\n  "retrain": { "trainable": "factors" },\n  "data": {',
    ],
    code: 'trainable-without-factors',
    line: 4,
    says: /no model of the method "low-rank" is retrained/,
  },
  {
    name: 'factors trained alone in a search among all methods',
    from: training,
    change: [
      '"data": {',
      '"compress": { "method": "auto", "loseAtMost": 0.01, "minutes": 1 },\n  "retrain": { "trainable": "factors" },\n  "data": {',
    ],
    code: 'trainable-without-factors',
    line: 4,
    says: /the method "auto" tries methods that have none/,
  },
  {
    name: 'a metric refreshed for a model that does not change',
    from: training,
    change: [
      '"data": {',
      '"compress": { "refreshAfter": 1 },\n  "retrain": { "trainable": "factors" },\n  "data": {',
    ],
    code: 'refresh-of-unchanged',
    line: 3,
    says: /leaves all but the factors as it was/,
  },
  {
    name: 'the words of all data without vectors',
    from: training,
    change: ['"data": {', '"vocabulary": "all-data",\n  "data": {'],
    code: 'vocabulary-without-vectors',
    line: 3,
    says: /vocabulary is "all-data" but train\.embedding\.vectors is missing/,
  },
  {
    name: 'indexed rows without their vocabulary',
    from: training,
    change: ['"data": {', '"text": { "tokenizer": "ids" },\n  "data": {'],
    code: 'ids-without-vocabulary',
    line: 3,
    column: 26,
    says: /text\.tokenizer is "ids" but the vocabulary is "training"/,
  },
  {
    name: 'an expected accuracy of a model yet to train',
    from: training,
    change: ['"data": {', '"expectedAccuracy": 0.9,\n  "data": {'],
    code: 'expected-accuracy-without-model',
    line: 3,
    says: /no meaning without "model"/,
  },
];

describe('errors of a recipe', () => {
  it('finds none in the recipes that the bad ones are made of', () => {
    assert.deepEqual(validateRecipe(good, 'r.press.json'), []);
    assert.deepEqual(validateRecipe(training, 'r.press.json'), []);
  });

  for (const { name, from = good, change, code, line, column, says } of bad) {
    it(`names the place of ${name}`, () => {
      const text = from.replace(change[0], change[1]);
      assert.notEqual(text, from, 'the change must apply');
      assert.throws(
        () => parseRecipe(text, 'r.press.json'),
        (error: unknown) => {
          assert.ok(error instanceof UserError);
          assert.equal(error.code, code, error.format());
          assert.equal(error.place?.file, 'r.press.json');
          assert.equal(error.place.line, line, error.format());
          if (column !== undefined) assert.equal(error.place.column, column, error.format());
          assert.match(error.format(), says);
          return true;
        },
      );
    });
  }

  it('finds the same places with Windows line ends', () => {
    const text = good.replace('0.95', '1.2').replaceAll('\n', '\r\n');
    const { line, column } = validateRecipe(text, 'r')[0]?.place ?? {};
    assert.deepEqual([line, column], [10, 25]);
  });

  it('tells all errors at once, in the text’s order', () => {
    const text = good.replace('"epochs"', '"epoch"').replace('0.95', '1.2').replace('"models/spam"', '3');
    const lines = validateRecipe(text, 'r').map(({ place }) => place?.line);
    assert.deepEqual(lines, [3, 10, 13]);
  });

  for (const text of ['', ' \n', '[]', '3', 'null', '{', '{}', 'model: x']) {
    it(`refuses ${JSON.stringify(text)} in one sentence`, () => {
      assert.throws(
        () => parseRecipe(text, 'r'),
        (error) => error instanceof UserError && error.place?.line === 1,
      );
    });
  }

  describe('in a file', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'recipe-'));
    });
    after(() => rm(folder, { recursive: true }));

    it('says that it is missing', async () => {
      await assert.rejects(readRecipe(join(folder, 'none.press.json')), /The recipe does not exist/);
    });

    it('says that it is a folder', async () => {
      await assert.rejects(readRecipe(folder), /is a folder, expected a file/);
    });

    it('says that it is no UTF-8', async () => {
      const path = join(folder, 'latin.press.json');
      await writeFile(path, Buffer.from('{"model": "caf\xe9"}', 'latin1'));
      await assert.rejects(
        readRecipe(path),
        (error) => error instanceof UserError && error.code === 'invalid-utf8' && error.place?.file === path,
      );
    });

    it('reads one that starts with a byte order mark', async () => {
      const path = join(folder, 'bom.press.json');
      await writeFile(path, `\ufeff${good}`);
      assert.equal((await readRecipe(path)).name, 'bom');
    });
  });
});
