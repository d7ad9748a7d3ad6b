import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { Prediction } from '../../src/core/model/predictor.ts';
import { Random } from '../../src/core/random.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import type { Results } from '../../src/core/sweep/trial.ts';
import { runPaths, runsBeside } from '../../src/process/runFolder.ts';
import { listRuns } from '../../src/process/runStatus.ts';
import { node } from '../support/graphs.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { again, embedding } from '../support/severalInputs.ts';
import { commandLine, withTemporaryFolder } from './bundles.ts';

const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const rows = words.length + 2;

/** The label is whether one of the first two words is in the second text. */
function sentences(count: number): string {
  const random = new Random(7);
  const some = (from: number): string => words[from + random.integer(words.length - from)]!;
  const lines = Array.from({ length: count }, (_, i) => {
    const word = i % 2 === 0 ? words[random.integer(2)]! : words[2 + random.integer(2)]!;
    return `${some(4)} ${some(4)}\t${some(4)} ${word} ${some(4)}\t${i % 2 === 0 ? 'yes' : 'no'}`;
  });
  return ['title\tbody\tlabel', ...lines, ''].join('\n');
}

describe('a model of several tables and a shared encoder, from the command line', function () {
  this.timeout(180_000);
  const callIn = commandLine();

  it('is compressed as a whole, exported and asked', () =>
    withTemporaryFolder(async (folder) => {
      const call = (...args: string[]) => callIn(folder, ...args);
      const encoder = node('LSTM', 'encoder', 'embedding', { units: 6 });
      const model = randomCheckpoint({
        embedding: { rows, dimension: 8 },
        body: {
          kind: 'graph',
          inputs: [{ name: 'title', length: 3 }, { name: 'body' }],
          input: 1,
          nodes: [
            embedding('title_words', { input_dim: rows, output_dim: 8, mask_zero: true, input: 0 }),
            encoder,
            again('encoder_again', encoder, 'title_words'),
            node('Concatenate', 'both', ['encoder', 'encoder_again'], { axis: -1 }),
          ],
          hidden: [],
          maskZero: true,
          dialect: 'keras',
          names: { input: 'title', embedding: 'body_words', head: 'classes' },
        },
        head: 'softmax',
        classes: 2,
        masked: false,
      });
      for (const { data } of model.weights.values()) data.forEach((x, i) => (data[i] = 0.3 * x));
      const text = { ...textDefaults, maxLength: 5 };
      const vocabulary = ['<pad>', '<unk>', ...words];
      await writeCheckpoint(
        join(folder, 'model'),
        { ...model, vocabulary, labels: ['no', 'yes'], text },
        'h5',
      );
      await writeFile(join(folder, 'train.tsv'), sentences(300));
      const recipe = {
        model: 'model',
        data: {
          train: { path: 'train.tsv', format: 'tsv', textColumn: ['title', 'body'] },
          test: { fraction: 0.2 },
        },
        compress: { reductions: [0.4] },
        retrain: { epochs: 8, batchSize: 16, schedule: { name: 'constant', rate: 0.02 }, dropout: 0 },
        output: 'out',
      };
      await writeFile(join(folder, 'two.press.json'), JSON.stringify(recipe));

      assert.match(
        call('inspect', 'model').stdout,
        /embedding 'body_words' 42 x 8, embedding 'title_words' 42 x 8/,
      );
      const run = call('run', 'two.press.json', '--engine', 'wasm', '--jobs', '1');
      assert.equal(run.status, 0, run.stderr);
      const [found] = await listRuns(runsBeside(folder));
      const { points } = JSON.parse(await readFile(runPaths(found!.folder).results, 'utf8')) as Results;
      const rank = Math.floor((0.6 * rows * 8) / (rows + 8));
      assert.deepEqual([points[0]?.rank, points[0]?.ranks], [rank, { title_words: rank }]);
      assert.equal(points[0]?.embeddingBytes, 2 * 4 * rank * (rows + 8));
      assert.ok(points[0].testAccuracy! > 0.9, run.stdout);

      const compressed = `out/${points[0].setting}`;
      const named = new RegExp(
        `'body_words' 42 x 8 at rank ${rank}, embedding 'title_words' 42 x 8 at rank ${rank}`,
      );
      assert.match(call('inspect', compressed).stdout, named);
      for (const [format, storage] of [
        ['tfjs', 'uint8'],
        ['keras', 'float32'],
        ['safetensors', 'float16'],
        ['safetensors', 'uint8'],
      ] as const) {
        const to = `${format}-${storage}`;
        const exported = call('export', compressed, to, '--format', format, '--storage', storage);
        assert.equal(exported.status, 0, exported.stderr);
        assert.match(call('inspect', to).stdout, named);
        const card = await readFile(join(folder, to, 'README.md'), 'utf8');
        assert.match(card, /the embedding body\\_words of 42 x 8/);
        for (const [word, label] of [
          ['w0', 'yes'],
          ['w2', 'no'],
        ] as const) {
          const told = call('predict', to, '--json', '--', 'w9 w10', `w11 ${word} w12`);
          assert.equal((JSON.parse(told.stdout) as Prediction).label, label);
        }
      }
    }));
});
