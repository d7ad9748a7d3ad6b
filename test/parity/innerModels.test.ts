import * as tf from '@tensorflow/tfjs-core';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { installedEngines } from '../support/engines.ts';
import { loadPlain, predictPlainTexts } from '../support/plainTfjs.ts';
import { predictIds } from './predictIds.ts';
import { askPython, pythonWith } from './python.ts';
import { assertClose, assertSameBits, probabilities, type Rows } from './savedModels.ts';

interface Saved {
  readonly path: string;
  readonly outputs: Rows;
}

/** Two texts of 4 and 5 tokens; none is padding alone. */
const ids = [
  [3, 4, 3, 7, 1, 9, 11, 2, 5],
  [2, 6, 0, 0, 10, 5, 0, 0, 0],
  [9, 11, 5, 0, 10, 8, 3, 1, 0],
  [7, 2, 4, 4, 6, 1, 8, 0, 0],
];

/** The same as one text. */
const packed = ids.map((row) => [...row.filter((id) => id > 0), ...row.filter((id) => id === 0)]);

function textsOf({ spec: { body } }: Checkpoint): number[][] {
  return body.kind === 'graph' && body.inputs !== undefined ? ids : packed;
}

describe('models of Keras 3 and Keras 2 with models inside', function () {
  this.timeout(1_200_000);
  let python = '';
  let folder = '';
  let models: Saved[] = [];
  let refused: Saved[] = [];

  before(async function () {
    python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    await tf.setBackend('cpu');
    folder = mkdtempSync(join(tmpdir(), 'press-inner-'));
    const saved = askPython(python, 'innerModels.py', { save: folder, ids, packed }) as Saved[];
    const isRefused = ({ path }: Saved): boolean => basename(path).startsWith('merged-masked-keras.');
    models = saved.filter((model) => !isRefused(model));
    refused = saved.filter(isRefused);
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('predict what they did', async () => {
    for (const { path, outputs } of models) {
      const checkpoint = await readCheckpoint(path);
      for (const engine of installedEngines()) {
        const what = `${basename(path)}, ${engine.name}`;
        assertClose(
          predictIds(engine, checkpoint, textsOf(checkpoint)),
          probabilities(checkpoint, outputs),
          what,
        );
      }
    }
  });

  it('are refused where Keras 3 merges what is inside without its mask', async () => {
    assert.equal(refused.length, 2);
    for (const { path } of refused) {
      const error = { code: 'unsupported-layer', message: /'vectors'.* merged with what has a mask/ };
      await assert.rejects(readCheckpoint(path), error);
    }
  });

  it('go back bit for bit, as one model, and factorized; Keras and plain tfjs predict the same', async () => {
    const written: { path: string; what: string; outputs: Rows }[] = [];
    const [engine] = installedEngines();
    for (const { path, outputs } of models) {
      const what = basename(path);
      const checkpoint = await readCheckpoint(path);
      const wanted = path.endsWith('.h5') ? 'h5' : 'keras';
      const { format } = await writeCheckpoint(`${path}-copy`, checkpoint, wanted);
      assert.equal(format, wanted, what);
      assertSameBits((await readCheckpoint(`${path}-copy`)).weights, checkpoint.weights);
      written.push({ path: join(`${path}-copy`, `model.${format}`), what, outputs });
      if (format === 'h5') continue;
      const inTfjs = await writeCheckpoint(`${path}-tfjs`, checkpoint, 'tfjs');
      assert.equal(inTfjs.format, 'tfjs', `${what}: ${inTfjs.notes[0]}`);
      assertClose(
        predictPlainTexts(await loadPlain(`${path}-tfjs`), textsOf(checkpoint)),
        outputs,
        `${what} in tfjs`,
      );
      await factorizeCheckpoint(path, `${path}-rank-3`, { size: { rank: 3 } });
      const narrow = await readCheckpoint(`${path}-rank-3`);
      const found = predictIds(engine!, narrow, textsOf(narrow));
      written.push({ path: join(`${path}-rank-3`, 'model.keras'), what: `${what}, rank 3`, outputs: found });
    }
    const answers = askPython(python, 'innerModels.py', {
      ids,
      packed,
      predict: written.map(({ path }) => path),
    }) as Readonly<Record<string, Rows>>[];
    written.forEach(({ what, outputs }, i) => {
      for (const [framework, found] of Object.entries(answers[i]!))
        assertClose(found, outputs, `${what} in ${framework}`);
    });
  });
});
