import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { decisionsOf, targetsOf } from '../../src/core/model/multiLabelLoss.ts';
import { Random } from '../../src/core/random.ts';
import type { Results } from '../../src/core/sweep/trial.ts';
import type { Batch } from '../../src/core/text/encoded.ts';
import type { Exported } from '../../src/process/writeExport.ts';
import { bundleScripts } from '../process/bundles.ts';
import { installedEngines } from '../support/engines.ts';
import { askPython, pythonWith } from './python.ts';

interface Saved {
  readonly path: string;
  readonly loss: number;
  readonly accuracy: number;
  readonly outputs: readonly (readonly number[])[];
}

const [length, rows, rate] = [9, 12, 0.5];
const labels = ['music', 'news', 'sport'];

/** Sentences of ids, of which the first few mean a label each, and which are padded on the right. */
function sentences(count: number, seed: number): { ids: number[][]; sets: number[][] } {
  const random = new Random(seed);
  const ids = Array.from({ length: count }, () => {
    const words = 1 + random.integer(4);
    return Array.from({ length }, (_, t) => (t < words ? 1 + random.integer(rows - 1) : 0));
  });
  const sets = ids.map((row) => [...labels.keys()].filter((label) => row.includes(label + 1)));
  return { ids, sets };
}

function targets(sets: readonly (readonly number[])[]): number[][] {
  return sets.map((set) => labels.map((_, label) => Number(set.includes(label))));
}

describe('several labels a sentence, in Keras', function () {
  this.timeout(600_000);
  let folder = '';
  let scripts = '';
  let python = '';
  let models: Saved[] = [];
  const { ids, sets } = sentences(40, 1);

  before(async function () {
    python = pythonWith(this, 'keras', 'tf_keras', 'tensorflow');
    folder = await mkdtemp(join(tmpdir(), 'press-labels-'));
    scripts = await bundleScripts('real');
    models = askPython(python, 'multiLabel.py', { folder, rate, ids, targets: targets(sets) }) as Saved[];
  });

  after(async () => {
    for (const path of [folder, scripts]) if (path !== '') await rm(path, { recursive: true });
  });

  it('have the loss, the accuracy and the training step that they have here', async () => {
    const batch: Batch = {
      size: ids.length,
      length,
      ids: Int32Array.from(ids.flat()),
      lengths: Int32Array.from(ids, (row) => row.filter((id) => id !== 0).length),
      labels: Int32Array.from(ids.keys()),
      labelSets: sets.map((set) => Int32Array.from(set)),
    };
    const expected = targetsOf(batch, labels.length);
    for (const { path, loss, accuracy, outputs } of models) {
      const { spec, weights } = await readCheckpoint(path);
      assert.deepEqual([spec.head, spec.classes], ['multi-label', labels.length]);
      for (const engine of installedEngines()) {
        const model = new Classifier(engine, spec, weights, { name: 'sgd' });
        const right = decisionsOf(model.predict(batch)).filter((decision, i) => decision === expected[i]);
        assert.ok(Math.abs(right.length / expected.length - accuracy) < 1e-6, path);
        const found = model.trainStep(batch, rate, { units: 0, words: 0, random: new Random(1) });
        assert.ok(Math.abs(found - loss) < 1e-5, `${path}: ${found} is not ${loss}`);
        outputs.flat().forEach((value, i) => {
          const own = model.predict(batch).data[i]!;
          assert.ok(Math.abs(own - value) < 1e-5, `${path}, output ${i}: ${own} is not ${value}`);
        });
      }
    }
  });

  it('go in and come out compressed, as accurate in Keras as a run says', async () => {
    const parts = { train: sentences(300, 2), test: sentences(100, 3) };
    for (const [name, part] of Object.entries(parts)) {
      const lines = part.ids.map((row, i) => {
        const names = part.sets[i]!.map((label) => labels[label]!);
        return `${names.join('|')}\t${row.filter((id) => id !== 0).join(' ')}\n`;
      });
      await writeFile(join(folder, `${name}.tsv`), `label\ttext\n${lines.join('')}`);
    }
    const source = (part: string): object => ({ path: `${part}.tsv`, format: 'tsv', labelSeparator: '|' });
    const exported: { readonly path: string; readonly accuracy: number; readonly before: number }[] = [];
    for (const { path } of models) {
      const format = extname(path).slice(1);
      const recipe = {
        model: basename(path),
        text: { tokenizer: 'ids', maxLength: length },
        labels,
        data: { train: source('train'), validation: { fraction: 0.2 }, test: source('test') },
        compress: { ranks: [3] },
        retrain: { epochs: 25, batchSize: 16, schedule: { name: 'constant', rate: 0.03 } },
      };
      const place = join(folder, `${format}.press.json`);
      await writeFile(place, JSON.stringify(recipe));
      call('run', place, '--engine', 'wasm');
      const runs = join(folder, '.embedding-press/runs', format);
      const [run = ''] = await readdir(runs);
      const results = JSON.parse(await readFile(join(runs, run, 'results.json'), 'utf8')) as Results;
      const point = results.points[0]!;
      const [name = ''] = await readdir(join(runs, run, 'models'));
      const target = join(folder, `${format}-small`);
      const command = [
        'export',
        join(runs, run, 'models', name),
        target,
        '--format',
        format,
        '--from',
        place,
      ];
      const { accuracy } = JSON.parse(call(...command, '--json')) as Exported;
      assert.equal(accuracy!.after, point.testAccuracy);
      exported.push({
        path: join(target, `model.${format}`),
        accuracy: accuracy!.after,
        before: results.baseline!.seeds[0]!.testAccuracy!,
      });
    }
    const { ids: testIds, sets: testSets } = parts.test;
    const request = { ids: testIds, targets: targets(testSets), evaluate: exported.map(({ path }) => path) };
    const found = askPython(python, 'multiLabel.py', request) as number[];
    exported.forEach(({ path, accuracy, before }, i) => {
      assert.ok(Math.abs(found[i]! - accuracy) < 1e-6, `${path}: ${found[i]} in Keras, ${accuracy} here`);
      // The model had random weights: retraining has taught it.
      assert.ok(accuracy > Math.max(0.85, before + 0.2), `${path}: ${accuracy} after ${before}`);
    });
  });

  function call(...args: string[]): string {
    const command = [join(scripts, 'cli.cjs'), ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  }
});
