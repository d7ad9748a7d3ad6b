import assert from 'node:assert/strict';
import { describeData } from '../../src/editor/dataPreview.ts';
import { freeRecipePath, recipeFromAnswers, recipePlace } from '../../src/editor/recipeFromAnswers.ts';
import { formatRecipe } from '../../src/core/recipe/formatRecipe.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';

function describeText(text: string, path: string) {
  return describeData(Buffer.from(text), true, path);
}

describe('the recipe made from answers', () => {
  const train = {
    path: '/ws/data/train.tsv',
    format: 'tsv',
    encoding: 'utf-8',
    textColumn: 'review',
    labelColumn: 'stars',
  } as const;

  it('is one that reads back as what was answered', () => {
    const raw = recipeFromAnswers(
      {
        model: '/ws/models/spam/model.json',
        train,
        test: { fraction: 0.1 },
        compress: { reductions: [0.9, 0.98] },
      },
      '/ws/models',
    );
    const recipe = parseRecipe(formatRecipe(raw), '/ws/models/spam.press.json');
    assert.equal(recipe.model, '/ws/models/spam');
    assert.deepEqual(recipe.data.train, train);
    assert.deepEqual(recipe.data.test, { fraction: 0.1 });
    const [compress] = recipe.compress;
    assert.ok(compress?.method === 'low-rank');
    assert.deepEqual(compress.reductions, [0.9, 0.98]);
    assert.equal(recipe.vocabulary, undefined);
  });

  it('has several methods as they were chosen', () => {
    const compress = [
      { metric: ['task', 'spectrum'], reductions: [0.9] },
      { method: 'fixed-point' },
    ] as const;
    const raw = recipeFromAnswers({ model: '/ws/m/model.json', train, compress }, '/ws');
    const recipe = parseRecipe(formatRecipe(raw), '/ws/m.press.json');
    assert.deepEqual(
      recipe.compress.map(({ method }) => method),
      ['low-rank', 'fixed-point'],
    );
  });

  it('names a vocabulary, or says that the rows are indexed', () => {
    const answers = { model: '/ws/m/model.json', train, compress: { reductions: [0.9] } };
    const named = recipeFromAnswers({ ...answers, vocabulary: { path: '/ws/words.txt' } }, '/ws');
    assert.deepEqual(parseRecipe(formatRecipe(named), '/ws/m.press.json').vocabulary, {
      path: '/ws/words.txt',
    });
    const indexed = recipeFromAnswers({ ...answers, vocabulary: 'ids' }, '/ws');
    assert.equal(parseRecipe(formatRecipe(indexed), '/ws/m.press.json').text?.tokenizer, 'ids');
  });

  it('needs no columns for label-text, and keeps Latin-1', () => {
    const data = { path: '/ws/t.txt', format: 'label-text', encoding: 'latin1' } as const;
    const raw = recipeFromAnswers(
      { model: '/ws/model.json', train: data, compress: { reductions: [0.5] } },
      '/ws',
    );
    const recipe = parseRecipe(formatRecipe(raw), '/ws/ws.press.json');
    assert.equal(recipe.model, '/ws');
    assert.equal(recipe.data.train.encoding, 'latin1');
  });

  it('lies beside the model’s folder, never outside the workspace, never over a file', () => {
    assert.deepEqual(recipePlace('/ws/models/spam/model.json', '/ws'), {
      folder: '/ws/models',
      name: 'spam',
    });
    assert.deepEqual(recipePlace('/ws/model.json', '/ws'), { folder: '/ws', name: 'ws' });
    const taken = new Set(['/ws/a.press.json', '/ws/a-2.press.json']);
    assert.equal(
      freeRecipePath('/ws', 'a', (path) => taken.has(path)),
      '/ws/a-3.press.json',
    );
  });
});

describe('the preview of a data file', () => {
  it('tells a header from a first row', () => {
    const named = describeText('text\tlabel\nA fine film.\tpositive\n', 'a.tsv');
    assert.equal(named?.hasHeader, true);
    assert.deepEqual(
      named.columns.map(({ name }) => name),
      ['text', 'label'],
    );
    assert.equal(named.sample, 'A fine film. · positive');
    const bare = describeText('A fine film.\tpositive\nA dull one.\tnegative\n', 'a.tsv');
    assert.equal(bare?.hasHeader, false);
    assert.equal(bare.sample, 'A fine film. · positive');
  });

  it('reads quoted commas and line breaks, keys, and labels before texts', () => {
    const csv = describeText('sentence,class\n"Well, no.\nNo!",1\n', 'a.csv');
    assert.equal(csv?.columns[0]?.second, 'Well, no. No!');
    const jsonl = describeText('{"body": "Hi there", "spam": true}\n', 'a.jsonl');
    assert.deepEqual(
      jsonl?.columns.map(({ name, second }) => [name, second]),
      [
        ['body', 'Hi there'],
        ['spam', 'true'],
      ],
    );
    assert.equal(describeText('1 a fine film\n', 'sst.train')?.format, 'label-text');
    assert.equal(describeText('1\ta fine film\n', 'sst.txt')?.format, 'tsv');
  });

  it('sees Latin-1, an empty file, and a line that is cut', () => {
    assert.equal(describeData(Buffer.from('1 caf\xe9\n', 'latin1'), true, 'a.txt')?.encoding, 'latin1');
    assert.equal(describeText('\n \n', 'a.tsv'), undefined);
    const cut = Buffer.from('1 déjà vu\n0 dé').subarray(0, -1);
    assert.equal(describeData(cut, false, 'a.txt')?.encoding, 'utf-8');
    assert.equal(describeText('{"text": ', 'a.jsonl')?.columns.length, 0);
  });
});
