import assert from 'node:assert/strict';
import { applyEdits } from 'jsonc-parser/lib/esm/main.js';
import { UserError } from '../../src/core/errors.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import type { TrainingSettings } from '../../src/core/recipe/recipe.ts';
import { validateRecipe } from '../../src/core/recipe/validateRecipe.ts';
import { describeEstimate, roundDuration } from '../../src/editor/recipe/estimateText.ts';
import { fixesOf, pathFixes } from '../../src/editor/recipe/fixes.ts';
import { landingOf } from '../../src/editor/recipe/landing.ts';
import { namedFiles } from '../../src/editor/recipe/namedFiles.ts';
import { ownErrors } from '../../src/editor/recipe/ownErrors.ts';
import { describeRates, scheduleAt } from '../../src/editor/recipe/plannedRates.ts';
import { effectOf, rankOf, trainedModel } from '../../src/editor/recipe/rankEffect.ts';
import { describeEntry, describeEntries, ranksAt } from '../../src/editor/recipe/rankHover.ts';
import { RecipeText } from '../../src/editor/recipe/recipeText.ts';
import { describeSetting, settingAt } from '../../src/editor/recipe/settingHover.ts';

const file = '/ws/a.press.json';
const good = `{
  // what was trained in spring
  "model": "models/spam",
  "data": { "train": { "path": "data/train.tsv", "format": "tsv" } },
  "compress": { "metric": "task", "reductions": [0.9, 0.95], "ranks": [3] }
}
`;

/** The text that a span covers. */
const covered = (text: string, { offset, length }: { offset: number; length: number }): string =>
  text.slice(offset, offset + length);

describe('what is said of a recipe besides VS Code’s own problems', () => {
  it('is nothing that its schema says, nor its JSON', () => {
    for (const text of [
      good,
      good.replace('"metric"', '"metrc"'),
      good.replace('"task"', '"tsk"'),
      good.replace('0.95', '1.5'),
      good.replace('[3]', '[3,'),
      good.replace('"compress"', '"model"'),
    ]) {
      assert.deepEqual(ownErrors(text, file), []);
    }
  });

  it('is what ties fields together', () => {
    const both = good.replace('"data"', '"train": { "architecture": "dan" },\n  "data"');
    assert.deepEqual(
      ownErrors(both, file).map(({ code }) => code),
      ['model-and-train'],
    );
    assert.equal(ownErrors('', file).length, 1, 'an empty recipe');
  });
});

describe('a fix of a recipe', () => {
  for (const [name, from, to] of [
    ['a field', '"metric"', '"metrc"'],
    ['a field with its value', '"data": {', '"dta": {'],
    ['a value', '"task"', '"tsk"'],
    ['a value in an object', '"format": "tsv"', '"format": "tvs"'],
  ] as const) {
    it(`mends the spelling of ${name}, and that alone`, () => {
      const text = good.replace(from, to);
      const [fix, ...others] = fixesOf(text, file);
      assert.ok(fix);
      assert.equal(others.length, 0);
      assert.equal(applyEdits(text, [...fix.edits]), good);
      assert.ok(to.includes(covered(text, fix.span)));
    });
  }

  it('removes what has no place, so that nothing is wrong any more', () => {
    for (const text of [
      good.replace('"data"', '"train": { "architecture": "dan" },\n  "data"'),
      good.replace('"metric"', '"zzzzzzzzz": 1, "metric"'),
      good.replace('[0.9, 0.95]', '[0.9, 0.95, 0.9]'),
      good
        .replace('"model": "models/spam"', '"train": { "architecture": "dan", "units": 3 }')
        .replace('"data"', '"data"'),
      good.replace('"model": "models/spam"', '"train": { "architecture": "dan" }, "expectedAccuracy": 0.9'),
    ]) {
      const fixes = fixesOf(text, file);
      assert.ok(fixes.length > 0, text);
      for (const { edits } of fixes) {
        const mended = applyEdits(text, [...edits]);
        assert.deepEqual(validateRecipe(mended, file), [], mended);
      }
    }
  });

  it('finds the file that was meant in its folder', () => {
    const text = good.replace('data/train.tsv', 'data/trian.tsv');
    const [fix] = pathFixes(text, ['data', 'train', 'path'], file, '/ws/data/trian.tsv', [
      'labels.txt',
      'train.tsv',
    ]);
    assert.ok(fix);
    assert.equal(applyEdits(text, [...fix.edits]), good);
    assert.deepEqual(pathFixes(text, ['data', 'train', 'path'], file, '/ws/data/trian.tsv', ['q.bin']), []);
  });
});

describe('the place of an error found in the data', () => {
  const names = namedFiles(good, file);
  const land = (place: UserError['place']) =>
    landingOf(new UserError('code', 'Wrong.', 'Mend it.', place), { text: good, file, names });

  it('is a line of the file, which the recipe names', () => {
    const landing = land({ file: '/ws/data/train.tsv', line: 7 });
    assert.ok(landing.in === 'file');
    assert.deepEqual([landing.file, landing.line, landing.column], ['/ws/data/train.tsv', 7, 1]);
    assert.equal(covered(good, landing.namedAt), '"data/train.tsv"');
  });

  it('is where the recipe names it for a whole file, also one in a folder that it names', () => {
    for (const [path, name] of [
      ['/ws/data/train.tsv', '"data/train.tsv"'],
      ['/ws/models/spam/vocab.txt', '"models/spam"'],
    ] as const) {
      const landing = land({ file: path });
      assert.ok(landing.in === 'recipe');
      assert.equal(covered(good, landing.span), name);
      assert.match(landing.message, /^\w+\.\w+: Wrong\. Mend it\.$/);
    }
  });

  it('is the recipe’s item, or its beginning', () => {
    const item = land({ file, item: 'compress.ranks[0]' });
    assert.ok(item.in === 'recipe');
    assert.equal(covered(good, item.span), '3');
    const nowhere = land(undefined);
    assert.ok(nowhere.in === 'recipe');
    assert.equal(covered(good, nowhere.span), '{');
  });
});

describe('the hover on a rank', () => {
  const recipe = new RecipeText(good);
  const spec = {
    embedding: { rows: 10_000, dimension: 100 },
    body: { kind: 'dan', hidden: [] },
    head: 'softmax',
    classes: 2,
    masked: true,
  } as const;
  const model = { rows: 10_000, dimension: 100, spec, meanLength: 20 };

  it('is on each entry, on the list and its name, and nowhere else', () => {
    const at = (text: string) => ranksAt(recipe, good.indexOf(text));
    assert.deepEqual(at('0.95')?.entries, [{ kind: 'reduction', value: 0.95 }]);
    assert.deepEqual(at('3]')?.entries, [{ kind: 'rank', value: 3 }]);
    assert.equal(at('"reductions"')?.entries.length, 2);
    assert.equal(at('"metric"'), undefined);
    assert.equal(at('// what'), undefined);
  });

  it('tells what the cost of the model says', () => {
    const effect = effectOf(rankOf(0.9, model), model);
    assert.ok(effect?.modelBytes && effect.flopsPerSentence);
    const { embeddingBytes, modelBytes } = effect;
    assert.ok(effect.reduction >= 0.9);
    assert.equal(
      modelBytes.before - embeddingBytes.before,
      modelBytes.after - embeddingBytes.after,
      'the rest of the model stays',
    );
    const text = describeEntry({ kind: 'reduction', value: 0.9 }, model);
    assert.match(text, /\*\*Rank 9\*\* removes 90\.9 % of the 10,000 × 100 table/);
    assert.match(text, /Embedding\s*\|4\.0 MB\s*\|363\.6 kB/);
    assert.match(text, /FLOPs/);
    assert.match(describeEntry({ kind: 'rank', value: 100 }, model), /larger/);
    assert.match(describeEntry({ kind: 'rank', value: 101 }, model), /smaller side/);
  });

  it('says what it cannot know before the data are read', () => {
    const train = {
      body: { kind: 'dan', hidden: [30] },
      embedding: { dimension: 100, mode: 'non-static' },
      epochs: 1,
      batchSize: 1,
      optimizer: { name: 'sgd' },
      schedule: { name: 'constant', rate: 1 },
      dropout: 0,
      wordDropout: 0,
      trainable: 'all',
    } as const;
    const unread = trainedModel(train, undefined);
    assert.equal(effectOf(9, unread), undefined);
    assert.match(describeEntry({ kind: 'reduction', value: 0.9 }, unread), /rank 10.*40 of 400 bytes/s);
    assert.match(describeEntries([{ kind: 'reduction', value: 0.9 }], unread), /not counted/);
    const read = trainedModel(train, {
      train: 1000,
      vocabulary: 5000,
      dimension: 100,
      meanLength: 9,
      classes: ['a', 'b'],
    });
    assert.ok(effectOf(9, read)?.flopsPerSentence);
  });
});

describe('the hover on what a method tries', () => {
  const text = good.replace(
    /"compress": .*/,
    '"compress": [{ "ranks": [3] }, { "method": "fixed-point", "bits": [8, 4] }]',
  );
  const recipe = new RecipeText(text);
  const model = { rows: 10_000, dimension: 100 };

  it('finds ranks in a list of methods, and the settings of the others', () => {
    assert.deepEqual(ranksAt(recipe, text.indexOf('3]'))?.entries, [{ kind: 'rank', value: 3 }]);
    for (const part of ['"bits"', '8, 4', '4]']) {
      assert.equal(settingAt(recipe, text.indexOf(part))?.entry, 1, part);
    }
    assert.equal(settingAt(recipe, text.indexOf('"method"')), undefined);
    assert.equal(settingAt(recipe, text.indexOf('3]')), undefined);
  });

  it('finds them in what a search is among', () => {
    const searching = good.replace(
      /"compress": .*/,
      '"compress": { "method": "auto", "loseAtMost": 0.01, "minutes": 1, "among": [{ "ranks": [3], "bits": [8, 4] }] }',
    );
    const among = new RecipeText(searching);
    assert.deepEqual(ranksAt(among, searching.indexOf('3]'))?.entries, [{ kind: 'rank', value: 3 }]);
    assert.equal(settingAt(among, searching.indexOf('8, 4'))?.entry, 0);
  });

  it('lists the bytes of each', () => {
    const [, settings] = parseRecipe(text, file).compress;
    assert.ok(settings);
    const markdown = describeSetting(settings, { file, entry: 1 }, model);
    assert.match(markdown, /Fixed point, 8 bits\s*\|1\.0 MB\s*\|75\.0 %/);
    assert.match(markdown, /Fixed point, 4 bits\s*\|500\.\d kB\s*\|87\.5 %/);
    assert.match(describeSetting(settings, { file, entry: 1 }, { ...model, rows: undefined }), /counted/);
  });
});

describe('the hover on a schedule', () => {
  const text = good.replace(
    /\n\}\n$/,
    ',\n  "retrain": { "epochs": 5, "schedule": { "name": "calr", "rate": 0.01 } }\n}\n',
  );
  const settings = (schedule: unknown, epochs = 5): TrainingSettings =>
    parseRecipe(
      JSON.stringify({
        model: 'm',
        data: { train: { path: 'x', format: 'tsv' } },
        retrain: { schedule, epochs },
      }),
      file,
    ).retrain;
  /** The chart's rows, without the row of epochs. */
  const chart = (text: string): string[] => text.split('\n').slice(3, -2);

  it('is on its name and its value, and nowhere else', () => {
    const phaseAt = (part: string) => scheduleAt(new RecipeText(text), text.indexOf(part) + 2)?.phase;
    for (const part of ['"schedule"', '"calr"', '0.01']) assert.equal(phaseAt(part), 'retrain', part);
    for (const part of ['"epochs"', '// what', '"model"', '"retrain"'])
      assert.equal(phaseAt(part), undefined);
  });

  it('draws the rates over the epochs, highest at the top', () => {
    assert.deepEqual(chart(describeRates(settings('constant'), 1000)), new Array(4).fill('█'.repeat(60)));
    const falling = chart(describeRates(settings({ name: 'step-decay', decayEpochs: 1 }), undefined));
    // Epochs of 12 columns: the rate, then a half, a quarter, an eighth and a sixteenth of it.
    assert.deepEqual(falling, [
      '█'.repeat(12),
      '█'.repeat(12),
      '█'.repeat(24),
      '█'.repeat(36) + '▄'.repeat(12) + '▂'.repeat(12),
    ]);
  });

  it('tells the bounds, the epochs, and how long they are once the sentences are counted', () => {
    const unread = describeRates(settings('triangular'), undefined);
    assert.match(unread, /\*\*triangular\*\*: Learning rate between 1e−4 and 1e−3\. Epochs: 5\./);
    assert.match(describeRates(settings('triangular'), 6920), /Epochs: 5, each of 109 iterations\./);
    assert.equal(
      describeRates(settings('triangular'), 6920).split('\n').at(-2),
      '1           2           3           4           5',
    );
  });

  it('says where the rates depend on the sentences, or are none', () => {
    const paper = settings({ name: 'calr', stepSize: 'paper' });
    assert.match(describeRates(paper, undefined), /once the sentences are counted/);
    // 1,000 iterations are not reached in 5 epochs of 109.
    assert.match(describeRates(paper, 6920), /between 1\.3e−4 and /);
    assert.match(describeRates(settings('calr', 0), 6920), /Nothing is trained/);
  });

  it('draws thousands of epochs in the same width', () => {
    const rows = chart(describeRates(settings({ name: 'sgdr', cycleGrowth: 1 }, 10_000), 100_000));
    assert.ok(rows.every((row) => row.length <= 60));
  });
});

describe('an estimate', () => {
  const estimate = {
    trials: 14,
    epochs: 70,
    seconds: 118,
    diskBytes: 48.2e6,
    jobs: 1,
    engine: 'wasm',
    sentences: { train: 90, validation: 10, test: 0 },
    warnings: [],
  };

  it('is one line', () => {
    assert.equal(describeEstimate(estimate), '14 models, 70 epochs, about 2 min, 48 MB of disk');
    assert.match(describeEstimate({ ...estimate, trials: 1, epochs: 1 }), /^1 model, 1 epoch, /);
  });

  it('has one unit of time, never zero', () => {
    assert.deepEqual([0, 89, 90, 5399, 5400].map(roundDuration), ['1 s', '89 s', '2 min', '90 min', '2 h']);
  });
});
