import * as tf from '@tensorflow/tfjs-core';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { WrittenFormat } from '../../src/core/checkpoint/fileNames.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { foldEmbedding } from '../../src/core/embedding/fold.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';
import { loadPlain, predictPlainTexts } from '../support/plainTfjs.ts';
import { predictIds } from './predictIds.ts';
import { askPython, pythonWith } from './python.ts';
import { assertClose, assertSameBits, probabilities, type Rows } from './savedModels.ts';

interface Saved {
  readonly seed: number;
  readonly path: string;
  readonly framework: string;
  readonly lengths: readonly (number | 'any')[];
  /** Batches of sentences, the texts of each one behind the other. */
  readonly ids: readonly (readonly (readonly number[])[])[];
  readonly outputs: readonly Rows[];
  readonly layers: readonly string[];
}

/** What Keras itself cannot build, or save. */
interface Unmade {
  readonly seed: number;
  readonly fault: string;
}

interface Predicted {
  readonly fault?: string;
  readonly outputs: readonly Rows[];
  readonly same: boolean;
}

/** What is to be asked of Keras, and how its answer is checked. */
interface Question {
  readonly what: string;
  readonly path: string;
  readonly saved: Saved;
  /** Whether all weights are to be those of the saved model. */
  readonly isCopy: boolean;
  readonly found: readonly Rows[];
  readonly checkpoint: Checkpoint;
}

const { EMBEDDING_PRESS_RANDOM_MODELS: wanted, EMBEDDING_PRESS_RANDOM_SEED: first = '0' } = process.env;
/** As many as are asked for; else those that have found a fault, and some. */
const seeds = wanted === undefined ? [1134, 2036, 2132, ...countFrom(0, 9)] : countFrom(+first, +wanted);

/** What may be refused when a model is read, each with the layer's name. */
const refusable =
  /The layer '.+ is not supported: (it is a model inside the model, and is merged|it merges masks of several texts|its \w+ is softmax)/;

describe('random models of Keras 3 and Keras 2', function () {
  this.timeout(24 * 3_600_000);
  const engine = createWasmEngine();
  const faults: string[] = [];
  const refusals: string[] = [];
  const questions: Question[] = [];

  it(`predict, go back, and are factorized and folded as they are: ${seeds.length}`, async function () {
    const python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    await tf.setBackend('cpu');
    const folder = mkdtempSync(join(tmpdir(), 'press-random-'));
    try {
      const models = askPython(python, 'randomModels.py', { save: folder, seeds }) as (Saved | Unmade)[];
      const made = models.filter((model): model is Saved => 'path' in model);
      // Some of what chance makes Keras itself refuses.
      assert.ok(made.length > 0.8 * seeds.length);
      for (const model of made) await check(model);
      askKeras(python);
      if (wanted !== undefined) report(models);
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.deepEqual(faults, []);
  });

  async function check(saved: Saved): Promise<void> {
    const name = basename(saved.path);
    const attempt = async (what: string, work: () => void | Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (error instanceof UserError) refusals.push(`${name}, ${what}: ${error.code}: ${error.message}`);
        else faults.push(`${name}, ${what}: ${(error as Error).stack?.slice(0, 600)}`);
      }
    };
    const format: WrittenFormat = saved.path.endsWith('.h5') ? 'h5' : 'keras';
    let whole: Checkpoint | undefined;
    await attempt('read', async () => {
      whole = await readCheckpoint(saved.path);
    });
    const refused = refusals.at(-1);
    if (whole === undefined && refused !== undefined && !refusable.test(refused)) faults.push(refused);
    await attempt('predict', () => {
      if (whole) assertPredicted(predict(whole, saved), expectedOf(whole, saved.outputs), name);
    });
    await attempt('round trip', async () => {
      if (whole) await roundTrip(saved, whole, format);
    });
    await attempt('tfjs', async () => {
      if (whole) await checkInTfjs(`${saved.path}-tfjs`, saved, whole, expectedOf(whole, saved.outputs));
    });
    await attempt('factorize', async () => {
      await factorize(saved, whole !== undefined, format, attempt);
    });
  }

  async function roundTrip(saved: Saved, whole: Checkpoint, format: WrittenFormat): Promise<void> {
    const copy = `${saved.path}-copy`;
    const written = await writeCheckpoint(copy, whole, format);
    if (written.format !== format) {
      refusals.push(`${basename(saved.path)}, round trip: ${written.notes[0]}`);
    }
    const back = await readCheckpoint(copy);
    assert.deepEqual(back.spec, whole.spec);
    assertSameBits(back.weights, whole.weights);
    if (written.format !== format) return;
    questions.push({
      what: `${basename(saved.path)}, the copy`,
      path: join(copy, `model.${format}`),
      saved,
      isCopy: true,
      found: predict(whole, saved),
      checkpoint: whole,
    });
  }

  async function checkInTfjs(
    target: string,
    saved: Saved,
    checkpoint: Checkpoint,
    expected: readonly Rows[],
  ): Promise<void> {
    const { format, notes } = await writeCheckpoint(target, checkpoint, 'tfjs');
    if (format !== 'tfjs') {
      refusals.push(`${basename(saved.path)}, tfjs: ${notes[0]}`);
      return;
    }
    const plain = await loadPlain(target);
    const found = saved.ids.map((rows) => probabilities(checkpoint, predictPlainTexts(plain, rows)));
    assertPredicted(found, expected, basename(target));
    const back = await readCheckpoint(target);
    assert.deepEqual(back.spec, checkpoint.spec);
    assertSameBits(back.weights, checkpoint.weights);
    plain.dispose();
  }

  async function factorize(
    saved: Saved,
    isKnown: boolean,
    format: WrittenFormat,
    attempt: (what: string, work: () => void | Promise<void>) => Promise<void>,
  ): Promise<void> {
    const target = `${saved.path}-rank-2`;
    const {
      spec,
      format: made,
      notes,
    } = await factorizeCheckpoint(saved.path, target, { size: { rank: 2 } });
    assert.equal(spec !== undefined, isKnown);
    if (made !== format) refusals.push(`${basename(saved.path)}, factorized: ${notes.join(' ')}`);
    if (!isKnown) return;
    const factorized = await readCheckpoint(target);
    const found = predict(factorized, saved);
    const ask = (what: string, folder: string, checkpoint: Checkpoint): void => {
      questions.push({
        what: `${basename(saved.path)}, ${what}`,
        path: join(folder, `model.${format}`),
        saved,
        isCopy: false,
        found,
        checkpoint,
      });
    };
    if (made === format) ask('factorized', target, factorized);
    await attempt('fold', async () => {
      const folded = foldEmbedding(factorized);
      assertPredicted(predict(folded, saved), found, `${basename(saved.path)} folded`);
      const { format: own } = await writeCheckpoint(`${target}-folded`, folded, format);
      if (own === format) ask('folded', `${target}-folded`, folded);
      else refusals.push(`${basename(saved.path)}, folded: written as ${own}`);
    });
    await attempt('factorized in tfjs', async () => {
      await checkInTfjs(`${target}-tfjs`, saved, factorized, found);
    });
  }

  function askKeras(python: string): void {
    const predict = questions.map(({ path, saved, isCopy }) => ({
      path,
      framework: saved.framework,
      ids: saved.ids,
      lengths: saved.lengths,
      ...(isCopy && { saved: saved.path }),
    }));
    const answers = askPython(python, 'randomModels.py', { predict }) as Predicted[];
    questions.forEach(({ what, found, checkpoint }, i) => {
      const answer = answers[i]!;
      if (answer.fault !== undefined) faults.push(`${what}: Keras says ${answer.fault}`);
      else {
        try {
          assert.ok(answer.same, 'the weights have changed');
          assertPredicted(found, expectedOf(checkpoint, answer.outputs), what);
        } catch (error) {
          faults.push(`${what}: ${(error as Error).message.slice(0, 300)}`);
        }
      }
    });
  }

  function report(models: readonly (Saved | Unmade)[]): void {
    const unmade = models.filter((model): model is Unmade => 'fault' in model);
    for (const { seed, fault } of unmade) console.log(`unmade ${seed}: ${fault.slice(0, 160)}`);
    for (const refusal of refusals) console.log(`refused ${refusal}`);
    for (const fault of faults) console.log(`FAULT ${fault}`);
    console.log(
      `${models.length} models, ${unmade.length} unmade, ${questions.length} asked of Keras, ${faults.length} faults`,
    );
  }

  function predict(checkpoint: Checkpoint, { ids }: Saved): number[][][] {
    return ids.map((rows) => predictIds(engine, checkpoint, rows));
  }
});

function expectedOf(checkpoint: Checkpoint, outputs: readonly Rows[]): Rows[] {
  return outputs.map((rows) => probabilities(checkpoint, rows));
}

function assertPredicted(found: readonly Rows[], expected: readonly Rows[], what: string): void {
  expected.forEach((rows, batch) => {
    assertClose(found[batch]!, rows, `${what}, batch ${batch}`);
  });
}

function countFrom(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}
