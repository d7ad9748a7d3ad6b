import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import { snippets } from '../../src/core/report/snippets.ts';
import { installedEngines } from '../support/engines.ts';
import { askPython, pythonWith } from './python.ts';

interface Answer {
  readonly outputs: readonly (readonly number[])[];
  readonly layer: { readonly config: Readonly<Record<string, unknown>>; readonly words: readonly string[] };
}

const corpus = [
  "The film isn't bad, it's GOOD!",
  'ein Über-Film: schön & gut (sehr gut)',
  'the the the good good film\tfilm\u00a0noir',
  '\u6f22\u5b57 \ud83d\ude00 e-mail me@home.org 3.5 of 5',
];
const vocabulary = ['the', 'film', 'good', 'its', "it's", 'schön', 'über', 'schön', '\u6f22\u5b57'];
const texts = [
  ...corpus,
  'A GOOD film?! The unseen word...',
  'one two the three four good five film six seven eight it good good',
  'unseen',
];

const labels = ['one', 'two', 'three'];

describe('models of Keras that begin with a TextVectorization', function () {
  this.timeout(900_000);
  let folder = '';

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('read text as in Keras, and have the layer as it was when they go back', async function () {
    const python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    folder = mkdtempSync(join(tmpdir(), 'press-text-'));
    const given = { corpus, vocabulary: [...new Set(vocabulary)], texts };
    const saved = askPython(python, 'textLayer.py', { ...given, folder }) as (Answer & { path: string })[];
    assert.equal(saved.length, 36);
    const copies: { path: string; expected: Answer }[] = [];
    for (const { path, ...expected } of saved) {
      const checkpoint = await readCheckpoint(path);
      assert.equal((await inspectCheckpoint(path)).vocabulary, checkpoint.spec.embedding.rows);
      for (const engine of installedEngines()) {
        const predict = createPredictor(checkpoint, engine);
        texts.forEach((text, i) => {
          predict(text).probabilities.forEach(({ probability }, unit) => {
            const theirs = expected.outputs[i]![unit]!;
            const what = `${basename(dirname(path))}, ${engine.name}, ${text}: ${probability} is not ${theirs}`;
            assert.ok(Math.abs(probability - theirs) < 1e-4, what);
          });
        });
      }
      // Within a run it lies in a folder of tfjs.
      const between = `${dirname(path)}-between`;
      await writeCheckpoint(between, checkpoint);
      const copy = `${dirname(path)}-copy`;
      const format = extname(path) === '.h5' ? 'h5' : 'keras';
      await writeCheckpoint(copy, { ...(await readCheckpoint(between)), labels }, format);
      const back = join(copy, `model.${format}`);
      assert.deepEqual((await readCheckpoint(back)).weights, checkpoint.weights);
      copies.push({ path: back, expected });
    }
    const answers = askPython(python, 'textLayer.py', {
      ...given,
      paths: copies.map(({ path }) => path),
    }) as Readonly<Record<string, Answer>>[];
    runSnippet(python, copies[0]!.path);
    copies.forEach(({ path, expected }, i) => {
      for (const [framework, { layer, outputs }] of Object.entries(answers[i]!)) {
        assert.deepEqual(layer, expected.layer, `${path} in ${framework}`);
        outputs.flat().forEach((output, at) => {
          assert.ok(Math.abs(output - expected.outputs.flat()[at]!) < 1e-5, `${path} in ${framework}`);
        });
      }
    });
  });

  /** The lines of the model card. */
  function runSnippet(python: string, path: string): void {
    const { status, stdout, stderr } = spawnSync(python, ['-c', snippets['classify_text.py']], {
      cwd: dirname(path),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.ok(labels.includes(stdout.trim().split('\n').at(-1)!), stdout);
  }
});
