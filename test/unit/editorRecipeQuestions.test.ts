import assert from 'node:assert/strict';
import { CancelledError } from '../../src/core/errors.ts';
import { formatRecipe } from '../../src/core/recipe/formatRecipe.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { recipeFromAnswers } from '../../src/editor/recipeFromAnswers.ts';
import { wrongName } from '../../src/editor/recipe/recipeName.ts';
import { askInSteps, back, type Steps } from '../../src/editor/recipe/steps.ts';
import { dimensionOf } from '../../src/editor/recipe/vectorsDimension.ts';

/** Answers the questions one after the other, and notes what was asked. */
function answering(...answers: (string | typeof back | undefined)[]) {
  const asked: string[] = [];
  const ask = (steps: Steps, question: string): Promise<string> =>
    steps.ask<string>(({ canGoBack, previous }) => {
      asked.push(`${question}${canGoBack ? ' <' : ''}${previous === undefined ? '' : ` (${previous})`}`);
      return Promise.resolve(answers.shift());
    });
  return { asked, ask };
}

describe('questions in steps', () => {
  it('go back to the one before, and into another branch', async () => {
    const { asked, ask } = answering('model', back, 'train', 'a.tsv');
    const answer = await askInSteps(async (steps) => {
      const subject = await ask(steps, 'what');
      return subject === 'model' ? ask(steps, 'which model') : ask(steps, 'which data');
    });
    assert.equal(answer, 'a.tsv');
    assert.deepEqual(asked, ['what', 'which model <', 'what (model)', 'which data <']);
  });

  it('go back over what was done once, and do it anew', async () => {
    const { asked, ask } = answering('a', 'x', back, back, 'b', 'y');
    const done: string[] = [];
    const answer = await askInSteps(async (steps) => {
      const first = await ask(steps, 'first');
      await steps.once(() => Promise.resolve(done.push(first)));
      return `${first}${await ask(steps, 'second')}${await ask(steps, 'third')}`.slice(0, 2);
    }).catch((error: unknown) => error);
    assert.ok(answer instanceof CancelledError, 'the third question is left unanswered in the end');
    assert.deepEqual(done, ['a', 'b'], 'not again when a later question is gone back from');
    assert.deepEqual(asked, [
      'first',
      'second <',
      'third <',
      'second < (x)',
      'first (a)',
      'second <',
      'third <',
    ]);
  });

  it('end where one is left unanswered', async () => {
    const { ask } = answering(undefined);
    await assert.rejects(
      askInSteps((steps) => ask(steps, 'what')),
      CancelledError,
    );
  });
});

describe('a recipe that trains', () => {
  it('reads back as what was answered', () => {
    const raw = recipeFromAnswers(
      {
        classifier: { architecture: 'lstm', dimension: 300, vectors: '/ws/glove.txt' },
        train: { path: '/ws/data/a.csv', format: 'csv', encoding: 'utf-8', textColumn: 0, labelColumn: 1 },
        compress: { reductions: [0.9] },
      },
      '/ws/data',
    );
    const recipe = parseRecipe(formatRecipe(raw), '/ws/data/lstm.press.json');
    assert.equal(recipe.train?.body.kind, 'lstm');
    assert.equal(recipe.train.embedding.dimension, 300);
    assert.equal(recipe.train.embedding.vectors, '/ws/glove.txt');
    assert.equal(recipe.data.train.path, '/ws/data/a.csv');
  });

  it('has the dimension of its vectors', () => {
    assert.equal(dimensionOf('341479 100\nthe ...'), 100);
    assert.equal(dimensionOf('the 0.1 -2e-3 3\n'), 3);
    assert.equal(dimensionOf('no vectors here\n'), undefined);
    assert.equal(dimensionOf(''), undefined);
  });
});

describe('the name of a recipe', () => {
  const wrong = (text: string) => wrongName(text, (name) => name === 'taken.press.json');

  it('makes a new file in the folder, whatever is typed', () => {
    for (const name of ['spam', 'spam.press.json', 'Spam filter 2']) assert.equal(wrong(name), undefined);
    for (const name of [
      '',
      ' ',
      '../spam',
      'a/b',
      'C:\\a',
      '..',
      '.press.json',
      'taken',
      'taken.press.json',
    ]) {
      assert.notEqual(wrong(name), undefined, name);
    }
  });
});
