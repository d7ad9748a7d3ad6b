import * as tf from '@tensorflow/tfjs-core';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { tablesOf } from '../../src/core/checkpoint/graph/tables.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { installedEngines } from '../support/engines.ts';
import { loadPlain, predictPlainTexts } from '../support/plainTfjs.ts';
import { predictIds } from './predictIds.ts';
import { askPython, pythonWith } from './python.ts';
import { assertClose, assertSameBits, probabilities, type Rows } from './savedModels.ts';

interface Answer {
  readonly outputs: Rows;
  readonly layers: readonly string[];
  readonly inputs: readonly string[];
}

interface Saved extends Answer {
  readonly path: string;
  readonly kind: string;
}

type Predicted = Readonly<Record<string, Answer & { readonly same: boolean }>>;

/** The texts of a sentence one behind the other, of 4 and 5 tokens where they are two; none is padding alone. */
const ids = [
  [3, 4, 3, 7, 1, 9, 11, 2, 5],
  [2, 6, 0, 0, 10, 5, 0, 0, 0],
  [9, 11, 5, 0, 10, 8, 3, 1, 0],
  [7, 2, 4, 4, 6, 1, 8, 0, 0],
];

describe('models of Keras 3 and Keras 2 with several inputs, tables and calls', function () {
  this.timeout(1_200_000);
  let python = '';
  let folder = '';
  let models: Saved[] = [];
  const engines = installedEngines();

  before(async function () {
    python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    await tf.setBackend('cpu');
    folder = mkdtempSync(join(tmpdir(), 'press-several-'));
    models = askPython(python, 'severalInputs.py', { save: folder, ids }) as Saved[];
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('predict what they did', async () => {
    for (const { path, inputs, outputs } of models) {
      const checkpoint = await readCheckpoint(path);
      const { body } = checkpoint.spec;
      assert.ok(body.kind === 'graph');
      assert.deepEqual(body.inputs?.map(({ name }) => name) ?? [body.names?.input], inputs);
      for (const engine of engines) {
        const what = `${basename(path)}, ${engine.name}`;
        assertClose(predictIds(engine, checkpoint, ids), probabilities(checkpoint, outputs), what);
      }
    }
  });

  it('go back bit for bit, with their inputs and layers, and Keras predicts the same', async () => {
    const copies: { path: string; saved: string; model: Saved }[] = [];
    for (const model of models) {
      const checkpoint = await readCheckpoint(model.path);
      for (const format of ['keras', 'h5'] as const) {
        const copy = `${model.path}-${format}`;
        assert.equal((await writeCheckpoint(copy, checkpoint, format)).format, format);
        const back = await readCheckpoint(copy);
        assert.deepEqual(back.spec, checkpoint.spec);
        assertSameBits(back.weights, checkpoint.weights);
        // Some of them: loading takes most of the time.
        if (!model.path.endsWith(format)) continue;
        copies.push({ path: join(copy, `model.${format}`), saved: model.path, model });
      }
    }
    const request = { ids, predict: copies.map(({ path, saved }) => ({ path, saved })) };
    const answers = askPython(python, 'severalInputs.py', request) as Predicted[];
    copies.forEach(({ model }, i) => {
      for (const [framework, { outputs, layers, inputs, same }] of Object.entries(answers[i]!)) {
        const what = `${basename(model.path)} in ${framework}`;
        assert.ok(same, `the weights of ${what} have changed`);
        assert.deepEqual(inputs, model.inputs, what);
        assert.deepEqual([...layers].sort(), [...model.layers].sort(), what);
        assertClose(outputs, model.outputs, what);
      }
    });
  });

  it('predict the same in plain tfjs', async () => {
    for (const { path, outputs } of models.filter(({ path }) => path.endsWith('.keras'))) {
      const checkpoint = await readCheckpoint(path);
      const target = `${path}-tfjs`;
      const { format, notes } = await writeCheckpoint(target, checkpoint, 'tfjs');
      assert.equal(format, 'tfjs', `${path}: ${notes[0]}`);
      assertClose(predictPlainTexts(await loadPlain(target), ids), outputs, `${basename(path)} in tfjs`);
      const back = await readCheckpoint(target);
      assert.deepEqual(back.spec, checkpoint.spec);
      assertSameBits(back.weights, checkpoint.weights);
    }
  });

  it('factorized, all tables or one, they predict the same everywhere', async () => {
    const written: { path: string; checkpoint: Checkpoint }[] = [];
    const samples = models.filter(
      // One that is factorized is not factorized again.
      ({ path, kind }) => /masked-keras\.keras$|plain-tf_keras\.h5$/.test(path) && kind !== 'factors',
    );
    for (const { path } of samples) {
      const target = `${path}-rank-3`;
      const { format } = await factorizeCheckpoint(path, target, { size: { rank: 3 } });
      const checkpoint = await readCheckpoint(target);
      for (const { rank } of tablesOf(checkpoint.spec)) assert.equal(rank, 3);
      written.push({ path: join(target, `model.${format}`), checkpoint });
    }
    const [one] = samples.filter(({ kind }) => kind === 'own-tables');
    const target = `${one!.path}-one`;
    await factorizeCheckpoint(one!.path, target, { size: { rank: 2 }, embedding: 'embedding' });
    const checkpoint = await readCheckpoint(target);
    assert.deepEqual(
      tablesOf(checkpoint.spec).map(({ rank }) => rank),
      [undefined, 2],
    );
    written.push({ path: join(target, 'model.keras'), checkpoint });
    const request = { ids, predict: written.map(({ path }) => ({ path })) };
    const answers = askPython(python, 'severalInputs.py', request) as Predicted[];
    for (const [i, { path, checkpoint }] of written.entries()) {
      const found = engines.map((engine) => predictIds(engine, checkpoint, ids));
      for (const [framework, { outputs }] of Object.entries(answers[i]!)) {
        for (const rows of found) {
          assertClose(rows, probabilities(checkpoint, outputs), `${path} in ${framework}`);
        }
      }
      const target = `${path}-tfjs`;
      assert.equal((await writeCheckpoint(target, checkpoint, 'tfjs')).format, 'tfjs');
      const plain = predictPlainTexts(await loadPlain(target), ids);
      for (const rows of found) assertClose(rows, probabilities(checkpoint, plain), `${path} in tfjs`);
    }
  });
});
