import * as tf from '@tensorflow/tfjs-core';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { installedEngines } from '../support/engines.ts';
import { loadPlain, predictPlain } from '../support/plainTfjs.ts';
import { predictIds } from './predictIds.ts';
import { askPython, pythonWith } from './python.ts';
import { assertClose, assertSameBits, probabilities, type Rows } from './savedModels.ts';

interface Saved {
  readonly path: string;
  readonly kind: string;
  readonly outputs: Rows;
  readonly layers: readonly string[];
}

type Predicted = Readonly<
  Record<string, { readonly outputs: Rows; readonly layers: readonly string[]; readonly same: boolean }>
>;

/** Padded on either side, or not at all. */
const ids = [
  [3, 4, 3, 7, 1, 9, 11, 2, 5],
  [2, 6, 8, 5, 0, 0, 0, 0, 0],
  [9, 11, 5, 1, 10, 0, 0, 0, 0],
  [7, 2, 4, 4, 6, 1, 8, 0, 0],
];

/** What no stock layer of tfjs computes, by the kind of model. */
const notInTfjs: Readonly<Record<string, RegExp>> = {
  causal: /causal padding/,
  'gru-both-ways': /reset_after/,
};

/** Of each model a `.keras` file of Keras 3 that masks, and an `.h5` file of Keras 2 that does not. */
function isSample({ path }: Saved): boolean {
  return /masked-keras\.keras$|plain-tf_keras\.h5$/.test(path);
}

describe('models of Keras 3 and Keras 2, of many topologies', function () {
  this.timeout(1_200_000);
  let python = '';
  let folder = '';
  let models: Saved[] = [];
  const engines = installedEngines();

  before(async function () {
    python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    await tf.setBackend('cpu');
    folder = mkdtempSync(join(tmpdir(), 'press-topologies-'));
    models = askPython(python, 'topologies.py', { save: folder, ids }) as Saved[];
    assert.ok(new Set(models.map(({ kind }) => kind)).size >= 12);
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('predict what they did', async () => {
    for (const { path, outputs } of models) {
      const checkpoint = await readCheckpoint(path);
      assert.equal(checkpoint.spec.body.kind, 'graph');
      for (const engine of engines) {
        const what = `${basename(path)}, ${engine.name}`;
        assertClose(predictIds(engine, checkpoint, ids), probabilities(checkpoint, outputs), what);
      }
    }
  });

  it('go back bit for bit, with the names of their layers, and Keras predicts the same', async () => {
    const copies: { path: string; saved: string; model: Saved }[] = [];
    for (const model of models) {
      const checkpoint = await readCheckpoint(model.path);
      for (const format of ['keras', 'h5'] as const) {
        const copy = `${model.path}-${format}`;
        await writeCheckpoint(copy, checkpoint, format);
        const back = await readCheckpoint(copy);
        assert.deepEqual(back.spec, checkpoint.spec);
        assertSameBits(back.weights, checkpoint.weights);
        // Some of them: loading takes most of the time.
        if (isSample(model) && model.path.endsWith(format)) {
          copies.push({ path: join(copy, `model.${format}`), saved: model.path, model });
        }
      }
    }
    const request = { ids, predict: copies.map(({ path, saved }) => ({ path, saved })) };
    const answers = askPython(python, 'topologies.py', request) as Predicted[];
    copies.forEach(({ model }, i) => {
      for (const [framework, { outputs, layers, same }] of Object.entries(answers[i]!)) {
        const what = `${basename(model.path)} in ${framework}`;
        assert.ok(same, `the weights of ${what} have changed`);
        // Keras 3 cannot load a masked Concatenate of that name.
        const names = layers.map((name) => name.replace(/^(concatenate(_\d+)?)_layer$/, '$1'));
        assert.deepEqual(names.sort(), [...model.layers].sort(), what);
        // The two compute hard_sigmoid in their own way.
        if (model.kind === 'hard-sigmoid' && !model.path.includes(`-${framework}.`)) continue;
        assertClose(outputs, model.outputs, what);
      }
    });
  });

  it('predict the same in plain tfjs, or say which layer it lacks', async () => {
    for (const { path, kind, outputs } of models.filter(({ path }) => path.endsWith('.keras'))) {
      const checkpoint = await readCheckpoint(path);
      const target = `${path}-tfjs`;
      const { format, notes } = await writeCheckpoint(target, checkpoint, 'tfjs');
      const lack = notInTfjs[kind] ?? (/hard-sigmoid.*-keras/.test(path) ? /hard_sigmoid/ : undefined);
      if (lack !== undefined) {
        assert.equal(format, 'safetensors', path);
        assert.match(notes[0] ?? '', lack);
        continue;
      }
      assert.equal(format, 'tfjs', `${path}: ${notes[0]}`);
      assertClose(predictPlain(await loadPlain(target), ids), outputs, `${basename(path)} in tfjs`);
      const back = await readCheckpoint(target);
      assert.deepEqual(back.spec, checkpoint.spec);
      assertSameBits(back.weights, checkpoint.weights);
    }
  });

  it('factorized they predict the same everywhere', async () => {
    const written: { path: string; checkpoint: Checkpoint; kind: string }[] = [];
    for (const { path, kind } of models.filter(isSample)) {
      // One that is factorized is not factorized again.
      if (kind === 'factorized') continue;
      const target = `${path}-rank-3`;
      const { format } = await factorizeCheckpoint(path, target, { size: { rank: 3 } });
      const checkpoint = await readCheckpoint(target);
      assert.equal(checkpoint.spec.embedding.rank, 3);
      written.push({ path: join(target, `model.${format}`), checkpoint, kind });
    }
    const request = { ids, predict: written.map(({ path }) => ({ path })) };
    const answers = askPython(python, 'topologies.py', request) as Predicted[];
    for (const [i, { path, checkpoint, kind }] of written.entries()) {
      const found = engines.map((engine) => predictIds(engine, checkpoint, ids));
      for (const [framework, { outputs }] of Object.entries(answers[i]!)) {
        if (kind === 'hard-sigmoid' && !path.includes(`-${framework}.`)) continue;
        for (const rows of found) {
          assertClose(rows, probabilities(checkpoint, outputs), `${path} in ${framework}`);
        }
      }
      const target = `${path}-tfjs`;
      const { format } = await writeCheckpoint(target, checkpoint, 'tfjs');
      if (format !== 'tfjs') continue;
      const plain = predictPlain(await loadPlain(target), ids);
      for (const rows of found) assertClose(rows, probabilities(checkpoint, plain), `${path} in tfjs`);
    }
  });
});
