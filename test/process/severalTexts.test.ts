import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { Prediction } from '../../src/core/model/predictor.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import type { Differences } from '../../src/core/report/reports.ts';
import type { Results, RunEvent } from '../../src/core/sweep/trial.ts';
import { runPaths, runsBeside } from '../../src/process/runFolder.ts';
import { listRuns } from '../../src/process/runStatus.ts';
import { node } from '../support/graphs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { embedding } from '../support/severalInputs.ts';
import { commandLine, withTemporaryFolder } from './bundles.ts';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);

/** A sentence is "yes" where both of its texts are of the same half of the words. */
function sentences(
  count: number,
): { readonly title: string; readonly body: string; readonly label: string }[] {
  const text = (i: number, half: number): string =>
    Array.from({ length: 1 + (i % 4) }, (_, t) => words[20 * half + ((7 * i + 3 * t) % 20)]).join(' ');
  return Array.from({ length: count }, (_, i) => {
    const [first, second] = [i % 2, (i >> 1) % 2];
    return { title: text(i, first), body: text(i + 5, second), label: first === second ? 'yes' : 'no' };
  });
}

describe('a model of two inputs, from the command line', function () {
  this.timeout(120_000);
  const call = commandLine();

  it('is retrained and compressed with two texts a sentence, and asked for both', () =>
    withTemporaryFolder(async (folder) => {
      const model = randomCheckpoint({
        embedding: { rows: words.length + 2, dimension: 6 },
        body: {
          kind: 'graph',
          inputs: [{ name: 'title', length: 4 }, { name: 'body' }],
          nodes: [
            embedding('again', { input: 1 }, 'embedding'),
            node('GlobalAveragePooling1D', 'mean of title', 'embedding'),
            node('GlobalAveragePooling1D', 'mean of body', 'again'),
            node('Concatenate', 'both', ['mean of title', 'mean of body'], { axis: -1 }),
            node('Dense', 'dense', 'both', { units: 16, activation: 'relu' }),
          ],
          hidden: [],
          maskZero: true,
          dialect: 'keras',
        },
        head: 'softmax',
        classes: 2,
        masked: false,
      });
      await writeCheckpoint(
        join(folder, 'model'),
        {
          ...model,
          vocabulary: ['<pad>', '<unk>', ...words],
          labels: ['no', 'yes'],
          text: { ...textDefaults, maxLength: 5 },
        },
        'keras',
      );
      const train = sentences(400).map(({ title, body, label }) => `${title}\t${label}\t${body}\n`);
      await writeFile(join(folder, 'train.tsv'), train.join(''));
      const test = sentences(81).map((sentence) => `${JSON.stringify(sentence)}\n`);
      await writeFile(join(folder, 'test.jsonl'), test.join(''));
      const recipe = {
        model: 'model',
        data: {
          train: { path: 'train.tsv', format: 'tsv', textColumn: [0, 2], labelColumn: 1 },
          test: { path: 'test.jsonl', format: 'jsonl', textColumn: ['title', 'body'] },
        },
        compress: { ranks: [3] },
        retrain: { epochs: 20, batchSize: 16, schedule: { name: 'constant', rate: 0.01 }, dropout: 0 },
        output: 'out',
      };
      await writeFile(join(folder, 'two.press.json'), JSON.stringify(recipe));

      const shown = call(folder, 'inspect', 'model');
      assert.match(shown.stdout, /^Texts: title \(4 tokens\), body$/m);
      const run = call(folder, 'run', 'two.press.json', '--engine', 'wasm', '--jobs', '1');
      assert.equal(run.status, 0, run.stderr);
      const [found] = await listRuns(runsBeside(folder));
      const paths = runPaths(found!.folder);
      const { control, points } = JSON.parse(await readFile(paths.results, 'utf8')) as Results;
      // No text alone tells the label.
      assert.ok(control!.testAccuracy! > 0.9 && points[0]!.testAccuracy! > 0.9, run.stdout);
      const events = (await readFile(paths.events, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as RunEvent);
      const plan = events.find((event) => event.type === 'plan');
      assert.deepEqual(plan?.inputs, ['title', 'body']);

      const ask = (...texts: string[]): string =>
        (JSON.parse(call(folder, 'predict', 'out/task-k3', '--json', '--', ...texts).stdout) as Prediction)
          .label;
      for (const { title, body, label } of sentences(2)) assert.equal(ask(title, body), label);
      const few = call(folder, 'predict', 'out/task-k3', 'w1');
      assert.equal(few.status, 2);
      assert.match(few.stderr, /takes 2 texts, and 1 was given\. .*'title', 'body'/);

      const told = call(folder, 'differences', found!.folder, 'task-k3-s1', '--json');
      const { flips, sentences: all } = JSON.parse(told.stdout) as Differences;
      assert.equal(all, 81);
      assert.ok(flips.length > 10, 'a random model is right half of the time');
      for (const { text, line } of flips) {
        const { title, body } = sentences(81)[line - 1]!;
        assert.equal(text, `${title} ‖ ${body}`);
      }

      const { data } = recipe;
      const alone = { ...recipe, data: { ...data, test: { ...data.test, textColumn: 'title' } } };
      await writeFile(join(folder, 'two.press.json'), JSON.stringify(alone));
      const wrong = call(folder, 'validate', 'two.press.json');
      assert.equal(wrong.status, 2);
      assert.match(wrong.stderr, /data\.test\.textColumn names 1 column, .* 2 inputs: 'title', 'body'/);
    }));
});
