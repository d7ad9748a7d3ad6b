import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { architectureDefaults } from '../../src/core/recipe/defaults.ts';
import type { RawArchitecture } from '../../src/core/recipe/rawRecipe.ts';
import { installedEngines } from '../support/engines.ts';
import { askPython, pythonWith } from './python.ts';

interface Saved {
  readonly sentences: readonly (readonly number[])[];
  readonly length: number;
  readonly cases: readonly {
    readonly title: string;
    readonly architecture: RawArchitecture;
    readonly files: string;
    readonly expected: readonly (readonly number[])[];
  }[];
}

describe('models saved by torch', function () {
  this.timeout(300_000);
  let folder = '';
  let saved: Saved;

  before(function () {
    const python = pythonWith(this, 'torch');
    folder = mkdtempSync(join(tmpdir(), 'embedding-press-torch-'));
    saved = askPython(python, 'torchModels.py', { folder }) as Saved;
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  function predictions(checkpoint: Checkpoint, engine: Engine): Float32Array {
    const { sentences, length } = saved;
    const padded = sentences.map((s) => [...s, ...new Array<number>(length - s.length).fill(0)]);
    const masked = checkpoint.spec.masked;
    return new Classifier(engine, checkpoint.spec, checkpoint.weights).predict({
      size: sentences.length,
      length,
      ids: Int32Array.from(padded.flat()),
      lengths: Int32Array.from(sentences, (tokens) => (masked ? tokens.length : length)),
      labels: new Int32Array(sentences.length),
    }).data;
  }

  it('predict what they do there, from both forms of file and once they are exported', async () => {
    for (const { title, architecture, files, expected } of saved.cases) {
      const settings = { ...architectureDefaults, ...architecture };
      for (const form of ['pt', 'safetensors']) {
        const path = join(folder, `${files}.${form}`);
        const read = await readCheckpoint(path, settings).catch((error: unknown) => {
          throw new Error(`${title}, ${form}`, { cause: error });
        });
        const exported = join(folder, `${files}-${form}`);
        await writeCheckpoint(exported, read);
        for (const checkpoint of [read, await readCheckpoint(exported)]) {
          for (const engine of installedEngines()) {
            const found = predictions(checkpoint, engine);
            expected.flat().forEach((p, i) => {
              assert.ok(
                Math.abs(found[i]! - p) < 1e-4,
                `${title}, ${form}, ${engine.name}: ${found[i]} is not ${p}`,
              );
            });
          }
        }
      }
    }
    assert.equal(saved.cases.length, 10);
  });
});
