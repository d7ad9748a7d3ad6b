import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { createEngine } from '../../src/core/engine/createEngine.ts';
import { CancelledError } from '../../src/core/errors.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { Results } from '../../src/core/sweep/trial.ts';
import { makeAtFreeName } from '../../src/editor/makeAtFreeName.ts';
import { askCli } from '../../src/process/askCli.ts';
import { runPaths } from '../../src/process/runFolder.ts';
import { bestFolder } from '../../src/process/trialStorage.ts';
import type { Exported } from '../../src/process/writeExport.ts';
import { bundleScripts } from './bundles.ts';
import { torchFile } from '../support/torchFile.ts';
import { readResults, writeRecipe } from './runs.ts';

/** What an export of a model of a run is, of one elsewhere, and what is refused. */
describe('the command export', function () {
  this.timeout(60_000);
  let scripts: string;
  let folder: string;
  let recipe: string;
  let run: string;
  let results: Results;
  /** A model of the run, and a copy of it elsewhere. */
  let inRun: string;
  let elsewhere: string;
  let count = 0;

  before(async () => {
    scripts = await bundleScripts('real');
    folder = await mkdtemp(join(tmpdir(), 'press-export-'));
    recipe = await writeRecipe(folder);
    await mislabel(join(folder, 'test.tsv'));
    const ran = call('run', recipe, '--engine', 'wasm', '--jobs', '1');
    assert.equal(ran.status, 0, ran.stderr);
    const runs = join(folder, '.embedding-press/runs/tiny');
    run = join(runs, (await readdir(runs))[0]!);
    results = await readResults(run);
    inRun = join(runPaths(run).models, 'task-k4');
    elsewhere = join(folder, 'elsewhere/task-k4');
    await cp(inRun, elsewhere, { recursive: true });
  });

  after(async () => {
    for (const path of [scripts, folder]) await rm(path, { recursive: true, force: true });
  });

  function call(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const command = [join(scripts, 'cli.cjs'), ...args];
    return spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
  }

  const newFolder = (): string => join(folder, `export-${++count}`);

  async function exported(source: string, ...options: string[]): Promise<Exported> {
    const args = ['export', source, newFolder(), '--engine', 'wasm', ...options];
    return askCli<Exported>(args, { scripts, cwd: folder });
  }

  const cardIn = (target: string): Promise<string> => readFile(join(target, 'README.md'), 'utf8');

  /** By the predictor, sentence by sentence, without what `export` measures with. */
  async function testAccuracy(model: string): Promise<number> {
    const predict = createPredictor(await readCheckpoint(model), createEngine('wasm'));
    const lines = (await readFile(join(folder, 'test.tsv'), 'utf8')).trimEnd().split('\n').slice(1);
    const right = lines.filter((line) => {
      const [label = '', text = ''] = line.split('\t');
      return predict(text).label === label;
    });
    return right.length / lines.length;
  }

  it('finds the run of a model that lies in it, and tells its figures', async () => {
    for (const source of [inRun, join(inRun, 'model.json')]) {
      const { folder: target, accuracy } = await exported(source);
      // Nothing is rounded, and the run has measured it.
      assert.equal(accuracy, undefined);
      const card = await cardIn(target);
      const best = results.points
        .filter(({ setting }) => setting === 'task-k4')
        .reduce((a, b) => (b.validationAccuracy > a.validationAccuracy ? b : a));
      for (const told of [best.trial, basename(run)]) assert.ok(shows(card, told), told);
      assert.ok(card.includes(best.testAccuracy!.toFixed(4)));
      assert.ok(card.includes(results.baseline!.testAccuracy!.toFixed(4)));
    }
  });

  it('names the trial of a checkpoint within the run', async () => {
    for (const { trial } of results.points) {
      const { folder: target } = await exported(bestFolder(run, trial), '--format', 'h5');
      assert.ok(shows(await cardIn(target), trial));
      assert.ok((await readdir(target)).includes('model.h5'));
    }
  });

  it('measures what it has rounded on the test data, and says so', async () => {
    for (const [format, storage] of [
      ['tfjs', 'uint8'],
      ['tfjs', 'float16'],
      ['safetensors', 'uint16'],
    ] as const) {
      const { folder: target, accuracy } = await exported(inRun, '--format', format, '--storage', storage);
      assert.ok(accuracy);
      const { part, sentences, before, after } = accuracy;
      assert.deepEqual({ part, sentences }, { part: 'test', sentences: 60 });
      assert.equal(before, await testAccuracy(inRun));
      assert.equal(after, await testAccuracy(target));
      assert.ok(before < 1);
      assert.ok((await cardIn(target)).includes(`rounding to ${storage}, on 60 test sentences`));
    }
    const { stdout } = call('export', inRun, newFolder(), '--storage', 'uint8');
    assert.match(
      stdout,
      /^Accuracy of what was written on 60 test sentences: 0\.\d{4}, before the rounding 0\.\d{4}$/m,
    );
  });

  it('knows nothing of a model that lies elsewhere, until it is told', async () => {
    const alone = await exported(elsewhere, '--storage', 'uint8');
    assert.equal(alone.accuracy, undefined);
    assert.ok(!shows(await cardIn(alone.folder), basename(run)));
    for (const from of [run, basename(run), relative(folder, run)]) {
      const told = await exported(elsewhere, '--storage', 'uint8', '--from', from);
      assert.equal(told.accuracy?.before, await testAccuracy(elsewhere));
      assert.ok(shows(await cardIn(told.folder), basename(run)));
    }
    // A recipe has no figures of the model, so that it is measured without a rounding, too.
    const { accuracy, folder: target } = await exported(elsewhere, '--from', recipe);
    assert.equal(accuracy?.after, await testAccuracy(elsewhere));
    assert.ok(shows(await cardIn(target), 'test.tsv'));
  });

  it('takes from a recipe what its file of bare tensors lacks', async () => {
    const trained = await readCheckpoint(join(runPaths(run).models, 'uncompressed'));
    const { vocabulary, labels } = trained;
    const weightsOf = (name: string): Tensor => trained.weights.get(name)!;
    const tensors = new Map([['emb.weight', weightsOf('embedding/table')]]);
    for (const [torch, name] of [
      ['fc1', 'hidden_0'],
      ['fc2', 'head'],
    ]) {
      tensors.set(`${torch}.weight`, transposed(weightsOf(`${name}/kernel`)));
      tensors.set(`${torch}.bias`, weightsOf(`${name}/bias`));
    }
    const bare = join(folder, 'bare');
    await mkdir(bare);
    const model = join(bare, 'model.pt');
    await writeFile(model, torchFile(tensors));
    await writeFile(join(folder, 'words.txt'), vocabulary!.join('\n'));
    const described = {
      ...(JSON.parse(await readFile(recipe, 'utf8')) as object),
      train: undefined,
      model: 'bare/model.pt',
      architecture: { kind: 'dan', head: 'softmax' },
      vocabulary: 'words.txt',
      text: trained.text,
      labels,
    };
    const path = join(folder, 'bare.press.json');
    await writeFile(path, JSON.stringify(described));
    const { folder: target, accuracy } = await exported(model, '--format', 'keras', '--from', path);
    const read = await readCheckpoint(target);
    assert.deepEqual([read.vocabulary, read.labels], [vocabulary, labels]);
    assert.equal(accuracy?.after, await testAccuracy(target));
    assert.equal(accuracy.after, await testAccuracy(join(runPaths(run).models, 'uncompressed')));
    assert.match(call('predict', target, 'a good film').stdout, /pos/);
    await refuses(['export', model, newFolder()], /architecture/);
  });

  it('calls the card as it is told to, else as the folder', async () => {
    const { folder: named } = await exported(inRun, '--title', 'Mail, small');
    assert.match(await cardIn(named), /^# Mail, small\n/);
    const { folder: target } = await exported(inRun);
    assert.ok(shows((await cardIn(target)).split('\n')[0]!, basename(target)));
  });

  it('writes over an older export, and over nothing else', async () => {
    const target = newFolder();
    for (const format of ['keras', 'tfjs']) {
      assert.equal(call('export', inRun, target, '--format', format).status, 0);
    }
    assert.ok(!(await readdir(target)).includes('model.keras'));
    await writeFile(join(target, 'README.md'), `${await cardIn(target)}\nMine.\n`);
    await refuses(['export', inRun, target], /README\.md|holds|exists/);
    const mine = newFolder();
    await mkdir(mine);
    await writeFile(join(mine, 'notes.txt'), 'mine');
    await refuses(['export', inRun, mine], /exists/);
    await refuses(['export', inRun, join(mine, 'notes.txt')], /file/);
    // The model itself is such a folder, and would be gone.
    for (const source of [elsewhere, join(elsewhere, 'model.json')]) {
      await refuses(
        ['export', source, elsewhere, '--storage', 'uint8'],
        /folder is that of the model itself/,
      );
      await refuses(['fold', source, elsewhere], /folder is that of the model itself/);
    }
  });

  it('folds the second factor into the next layer where it is asked to, and says that it could', async () => {
    const { notes, folder: kept } = await exported(inRun);
    assert.ok(notes.some((note) => note.includes('--fold')));
    const folded = await exported(inRun, '--fold', '--format', 'keras');
    assert.deepEqual(folded.notes[0], 'The second factor is folded into the next layer.');
    const { spec } = await readCheckpoint(folded.folder);
    const { rank, rows } = (await readCheckpoint(kept)).spec.embedding;
    assert.deepEqual(spec.embedding, { rows, dimension: rank });
    assert.equal(await testAccuracy(folded.folder), await testAccuracy(kept));
    await refuses(['export', folded.folder, newFolder(), '--fold'], /nothing to fold/);
    assert.match(call('inspect', kept).stdout, /can be folded into the next layer/);
  });

  it('writes although the data have gone, and says so; where they are asked for it does not', async () => {
    const path = join(folder, 'test.tsv');
    const text = await readFile(path);
    await rm(path);
    try {
      const { accuracy, notMeasured } = await exported(inRun, '--storage', 'uint8');
      assert.equal(accuracy, undefined);
      assert.match(notMeasured!, /exist/);
      await refuses(['export', elsewhere, newFolder(), '--storage', 'uint8', '--from', run], /test\.tsv: /);
    } finally {
      await writeFile(path, text);
    }
  });

  it('says 2 for what it cannot do, and leaves nothing', async () => {
    const other = join(folder, 'elsewhere/other');
    await cp(elsewhere, other, { recursive: true });
    for (const [said, ...args] of [
      [/holds float32 or float16/, inRun, newFolder(), '--format', 'keras', '--storage', 'uint8'],
      [/holds float32 or float16/, inRun, newFolder(), '--format', 'h5', '--storage', 'uint16'],
      [/Allowed choices/, inRun, newFolder(), '--storage', 'uint4'],
      [/Allowed choices/, inRun, newFolder(), '--format', 'onnx'],
      [/nothing/, join(folder, 'nothing'), newFolder()],
      [/no model 'other'/, other, newFolder(), '--from', run],
      [/nothing/, elsewhere, newFolder(), '--from', 'nothing'],
      [/missing required argument/, inRun],
    ] as const) {
      await refuses(['export', ...args], said);
    }
  });

  it('is cancelled by its caller, who is told the phases, and leaves nothing', async () => {
    const into = newFolder();
    await mkdir(into);
    const phases: string[] = [];
    const stop = new AbortController();
    const ask = (made: string, stopAt?: string): Promise<unknown> =>
      askCli(['export', inRun, made, '--storage', 'uint8'], {
        scripts,
        signal: stop.signal,
        onPhase(phase) {
          phases.push(phase);
          if (phase === stopAt) stop.abort();
        },
      });
    await makeAtFreeName(into, 'small', (made) => ask(made));
    assert.deepEqual(phases, ['reading', 'writing', 'measuring']);
    await assert.rejects(
      makeAtFreeName(into, 'small', (made) => ask(made, 'writing')),
      CancelledError,
    );
    assert.deepEqual(await readdir(into), ['small']);
  });

  async function refuses(args: readonly string[], said: RegExp): Promise<void> {
    const before = (await readdir(folder)).sort();
    const { status, stderr } = call(...args);
    assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, said);
    assert.doesNotMatch(stderr, /^\s+at /m);
    assert.deepEqual((await readdir(folder)).sort(), before);
  }
});

/** Gives every seventh sentence the other label: a model that is always right shows no difference. */
async function mislabel(path: string): Promise<void> {
  const other: Readonly<Record<string, string>> = { pos: 'neg', neg: 'pos' };
  const lines = (await readFile(path, 'utf8')).split('\n');
  const changed = lines.map((line, i) =>
    i % 7 === 3 ? line.replace(/^(pos|neg)/, (label) => other[label]!) : line,
  );
  await writeFile(path, changed.join('\n'));
}

/** Whether a card has a text, which is escaped there. */
function shows(card: string, text: string): boolean {
  return card.replaceAll('\\', '').includes(text);
}

/** A kernel as torch keeps it. */
function transposed({ shape: [rows = 0, columns = 0], data }: Tensor): Tensor {
  return {
    shape: [columns, rows],
    data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
  };
}
