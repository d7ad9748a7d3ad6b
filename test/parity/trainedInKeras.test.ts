import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Exported } from '../../src/process/writeExport.ts';
import { bundleScripts } from '../process/bundles.ts';
import { askPython, pythonWith } from './python.ts';

interface Trained {
  readonly folder: string;
  readonly format: 'keras' | 'h5';
  readonly accuracy: number;
  readonly seconds: number;
}

const sst = (part: string): string => resolve(`../shared/datasets/stsa.binary.${part}`);
const data = { train: sst('train'), validation: sst('dev'), test: sst('test') };
const vectors = resolve('.cache/data/glove.6B.100d.bin');
const formats = { dan: ['keras', 'h5'], bilstm: ['keras'] };
const reduction = 0.9;
const most = 0.015;

function recipe(folder: string): Record<string, unknown> {
  const part = (path: string): Record<string, string> => ({ path, format: 'label-text' });
  return {
    model: folder,
    text: { tokenizer: 'whitespace', maxLength: 60, outOfVocabularyToken: '<unk>' },
    labels: ['0', '1'],
    data: { train: part(data.train), validation: part(data.validation), test: part(data.test) },
    compress: { reductions: [reduction] },
    retrain: { epochs: 3, seeds: [1] },
  };
}

describe('models that Keras has trained on SST-2', function () {
  this.timeout(900_000);
  let folder = '';
  let scripts = '';

  after(async () => {
    for (const path of [folder, scripts]) if (path !== '') await rm(path, { recursive: true });
  });

  it(`lose at most ${most} in Keras once they are compressed by ${100 * reduction} %`, async function () {
    const missing = [...Object.values(data), vectors].filter((path) => !existsSync(path));
    if (missing.length > 0) {
      console.log(`    skipped: there is no ${missing.join(', ')}`);
      this.skip();
    }
    const python = pythonWith(this, 'keras', 'tensorflow');
    folder = await mkdtemp(join(tmpdir(), 'press-keras-'));
    scripts = await bundleScripts('real');
    const trained = askPython(python, 'trainedInKeras.py', { folder, data, vectors, formats }) as Trained[];
    const exported: { readonly path: string; readonly ours: number }[] = [];
    for (const { folder: model, format } of trained) {
      const path = join(folder, `${basename(model)}.press.json`);
      await writeFile(path, JSON.stringify(recipe(model)));
      call('run', path, '--engine', 'wasm');
      const runs = join(folder, '.embedding-press/runs', basename(model));
      const [run = ''] = await readdir(runs);
      const models = join(runs, run, 'models');
      const [name = ''] = await readdir(models);
      const target = join(folder, `${basename(model)}-small`);
      const { accuracy } = JSON.parse(
        call('export', join(models, name), target, '--format', format, '--from', path, '--json'),
      ) as Exported;
      assert.ok(accuracy);
      exported.push({ path: join(target, `model.${format}`), ours: accuracy.after });
    }
    const accuracies = askPython(python, 'trainedInKeras.py', {
      data,
      evaluate: exported.map(({ path }) => path),
    }) as number[];
    for (const [i, { folder: model, accuracy, seconds }] of trained.entries()) {
      const after = accuracies[i]!;
      const { path, ours } = exported[i]!;
      console.log(
        `      ${basename(model)}: ${accuracy.toFixed(4)} as trained (${seconds.toFixed(0)} s), ${after.toFixed(4)} compressed`,
      );
      // A sentence or two may lie on the border.
      assert.ok(Math.abs(after - ours) < 0.0015, `${path}: ${after} in Keras, ${ours} here`);
      assert.ok(after >= accuracy - most, `${path}: ${after} after ${accuracy}`);
    }
  });

  function call(...args: string[]): string {
    const command = [join(scripts, 'cli.cjs'), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  }
});
