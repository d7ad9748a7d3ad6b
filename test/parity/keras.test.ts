import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Body, Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { KerasFormat } from '../../src/core/checkpoint/fileNames.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { installedEngines } from '../support/engines.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { predictIds } from './predictIds.ts';
import { askPython, pythonWith } from './python.ts';
import { assertClose, probabilities } from './savedModels.ts';

interface Saved {
  readonly path: string;
  readonly outputs: readonly (readonly number[])[];
}

interface Predicted {
  /** By the framework. */
  readonly outputs: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Whether the weights are those of the model that was saved, where one is named. */
  readonly same: boolean;
}

/** Padded on the right; none shorter than the widest convolution. */
const ids = [
  [3, 4, 3, 7, 1, 9, 11],
  [2, 6, 8, 5, 0, 0, 0],
  [9, 11, 5, 1, 10, 0, 0],
  [7, 2, 4, 4, 6, 1, 0],
];
/** @param outputs as Keras gives them: one number where the head is a sigmoid, logits where it has no activation */
function assertSame(
  checkpoint: Checkpoint,
  outputs: readonly (readonly number[])[],
  engine: Engine,
  what: string,
): void {
  const found = predictIds(engine, checkpoint, ids);
  assertClose(found, probabilities(checkpoint, outputs), `${what}, ${engine.name}`);
}

describe('files of Keras 3 and Keras 2', function () {
  this.timeout(600_000);
  let python = '';
  let folder = '';
  const engines = installedEngines();

  before(function () {
    python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    folder = mkdtempSync(join(tmpdir(), 'press-keras-'));
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('are read, predict the same, and go back bit for bit', async () => {
    const models = askPython(python, 'keras_files.py', { save: folder, ids }) as Saved[];
    assert.equal(models.length, 60);
    const copies: { path: string; saved: string; checkpoint: Checkpoint }[] = [];
    for (const { path, outputs } of models) {
      const checkpoint = await readCheckpoint(path);
      for (const engine of engines) assertSame(checkpoint, outputs, engine, path);
      // Half of them: loading takes most of the time.
      if (!/[^_]keras\.keras$|tf_keras\.h5$/.test(path)) continue;
      const format: KerasFormat = path.endsWith('.h5') ? 'h5' : 'keras';
      const copy = `${path}-copy`;
      await writeCheckpoint(copy, checkpoint, format);
      copies.push({ path: join(copy, `model.${format}`), saved: path, checkpoint });
    }
    assert.equal(copies.length, 30);
    const request = { ids, predict: copies.map(({ path, saved }) => ({ path, saved })) };
    const answers = askPython(python, 'keras_files.py', request) as Predicted[];
    copies.forEach(({ path, checkpoint }, i) => {
      assert.ok(answers[i]!.same, `the weights of ${path} have changed`);
      for (const [framework, rows] of Object.entries(answers[i]!.outputs)) {
        assertSame(checkpoint, rows, engines[0]!, `${path} in ${framework}`);
      }
    });
  });

  it('that we write load in both and predict the same, factorized too', async () => {
    const bodies: readonly Body[] = [
      { kind: 'dan', hidden: [5, 4] },
      { kind: 'lstm', units: 5, pooling: 'mean', peepholes: false, hidden: [4] },
      { kind: 'bilstm', units: 3, pooling: 'mean', hidden: [] },
      { kind: 'bilstm', units: 3, pooling: 'last', hidden: [] },
      { kind: 'gru', units: 4, pooling: 'mean', hidden: [] },
      { kind: 'gru', units: 4, pooling: 'last', hidden: [3] },
      { kind: 'cnn', widths: [1, 2, 5], filters: 4, hidden: [5] },
      { kind: 'cnn', widths: [3], filters: 4, hidden: [] },
    ];
    const written: { path: string; checkpoint: Checkpoint }[] = [];
    const heads = [
      { head: 'softmax', classes: 3 },
      { head: 'sigmoid', classes: 2 },
      { head: 'logits', classes: 3 },
      { head: 'sigmoid', logit: true, classes: 2 },
    ] as const;
    for (const [i, body] of bodies.entries()) {
      const embedding = { rows: 12, dimension: 6 };
      const shared = { body, ...heads[i % heads.length]!, masked: true } as const;
      const whole = randomCheckpoint({ ...shared, embedding });
      const factorized = randomCheckpoint({ ...shared, embedding: { ...embedding, rank: 3 } });
      for (const [name, checkpoint] of Object.entries({ whole, factorized })) {
        for (const format of ['keras', 'h5'] as const) {
          const target = join(folder, `ours-${i}-${name}-${format}`);
          await writeCheckpoint(target, checkpoint, format);
          written.push({ path: join(target, `model.${format}`), checkpoint });
          if (i > 1) continue;
          const rounded = `${target}-float16`;
          await writeCheckpoint(rounded, checkpoint, format, { storage: 'float16' });
          written.push({ path: join(rounded, `model.${format}`), checkpoint: await readCheckpoint(rounded) });
        }
      }
    }
    const request = { ids, predict: written.map(({ path }) => ({ path })) };
    const answers = askPython(python, 'keras_files.py', request) as Predicted[];
    written.forEach(({ path, checkpoint }, i) => {
      for (const [framework, rows] of Object.entries(answers[i]!.outputs)) {
        for (const engine of engines) assertSame(checkpoint, rows, engine, `${path} in ${framework}`);
      }
    });
  });
});
