import assert from 'node:assert/strict';
import type { Differences, Flip } from '../../src/core/report/reports.ts';
import { Answers } from '../../webview/answers.ts';
import { QueryError } from '../../webview/queries.ts';
import { classFigures, findFlips, flipKind, summarize } from '../../webview/differencesFigures.ts';

const flips: Flip[] = [
  { text: 'A Fine film', line: 1, label: 0, before: 1, after: 0 },
  { text: 'a dull one', line: 2, label: 1, before: 1, after: 2 },
  { text: 'so so', line: 3, label: 2, before: 0, after: 1 },
];
const differences = {
  part: 'validation',
  sentences: 1200,
  classes: ['good', 'bad', 'so'],
  confusionBefore: [
    [3, 1, 0],
    [0, 5, 0],
    [0, 0, 0],
  ],
  confusionAfter: [
    [4, 0, 0],
    [0, 4, 1],
    [0, 0, 0],
  ],
  corrected: 1,
  broken: 1,
  otherwise: 1,
  flips,
} as const satisfies Differences;

describe('what changed', () => {
  it('is corrected, broken or otherwise, and each flip is one of them', () => {
    assert.deepEqual(flips.map(flipKind), ['corrected', 'broken', 'otherwise']);
    const parts = (['corrected', 'broken', 'otherwise'] as const).map((kind) => findFlips(flips, kind, ''));
    assert.equal(parts.flat().length, flips.length);
    assert.deepEqual(findFlips(flips, 'all', '').length, flips.length);
  });

  it('is found by what a sentence says, however it is cased', () => {
    assert.deepEqual(findFlips(flips, 'all', ' fINE '), [flips[0]]);
    assert.deepEqual(findFlips(flips, 'broken', 'fine'), []);
  });

  it('says the part of the data in its summary', () => {
    assert.equal(
      summarize(differences),
      'Of 1,200 validation sentences 3 changed: 1 corrected, 1 broken, 1 otherwise.',
    );
    const none = { ...differences, part: 'test', corrected: 0, broken: 0, otherwise: 0 } as const;
    assert.equal(summarize(none), 'All 1,200 test sentences are classified as before.');
  });

  it('counts each class by its true sentences; a class without any has no accuracy', () => {
    assert.deepEqual(classFigures(differences), [
      { name: 'good', sentences: 4, before: 0.75, after: 1 },
      { name: 'bad', sentences: 5, before: 1, after: 0.8 },
      { name: 'so', sentences: 0, before: undefined, after: undefined },
    ]);
  });
});

describe('the page’s answers', () => {
  /** Questions that the test answers when it wants to. */
  class Asked {
    readonly questions: { key: string; resolve(value: string): void; reject(error: Error): void }[] = [];
    changes = 0;
    readonly answers = new Answers<string>(() => this.changes++);

    ask(key: string, retry = false): void {
      const put = (): Promise<string> =>
        new Promise((resolve, reject) => {
          this.questions.push({ key, resolve, reject });
        });
      if (retry) this.answers.retry(key, put);
      else this.answers.ask(key, put);
    }
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('are asked for once and kept', async () => {
    const asked = new Asked();
    asked.ask('a');
    asked.ask('a');
    assert.equal(asked.questions.length, 1);
    asked.questions[0]?.resolve('yes');
    await settled();
    asked.ask('a');
    assert.equal(asked.questions.length, 1);
    assert.deepEqual(asked.answers.get('a'), { state: 'answered', value: 'yes' });
    assert.equal(asked.changes, 1);
  });

  it('are asked for again where the next question came before', async () => {
    const asked = new Asked();
    asked.ask('a');
    asked.ask('b');
    assert.equal(asked.answers.get('a'), undefined);
    asked.questions[0]?.resolve('too late');
    await settled();
    assert.equal(asked.answers.get('a'), undefined);
    asked.ask('a');
    assert.deepEqual(
      asked.questions.map(({ key }) => key),
      ['a', 'b', 'a'],
    );
  });

  it('stay failed until they are retried, with all that the failure says', async () => {
    const asked = new Asked();
    asked.ask('a');
    const error = { message: 'no', hint: 'try', place: 'test.tsv, line 7' };
    asked.questions[0]?.reject(new QueryError(error));
    await settled();
    asked.ask('a');
    assert.equal(asked.questions.length, 1);
    assert.deepEqual(asked.answers.get('a'), { state: 'failed', error });
    asked.ask('a', true);
    assert.deepEqual(asked.answers.get('a'), { state: 'asking' });
  });

  it('of a former run are forgotten, also those that come later', async () => {
    const asked = new Asked();
    asked.ask('a');
    asked.answers.clear();
    asked.questions[0]?.resolve('old');
    await settled();
    assert.equal(asked.answers.get('a'), undefined);
    assert.equal(asked.changes, 0);
  });
});
