import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import type {
  Differences,
  Estimate,
  RateRange,
  SpectrumReport,
  TriedSentence,
} from '../../src/core/report/reports.ts';
import type { Results } from '../../src/core/sweep/trial.ts';
import { askCli } from '../../src/process/askCli.ts';
import { runPaths } from '../../src/process/runFolder.ts';
import { bestFolder } from '../../src/process/trialStorage.ts';
import { bundleScripts } from './bundles.ts';
import { writeRecipe } from './runs.ts';

describe('what the command line computes of a run', function () {
  this.timeout(60_000);
  let scripts: string;
  let folder: string;
  let recipe: string;
  let run: string;
  let results: Results;

  before(async () => {
    scripts = await bundleScripts('real');
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    recipe = await writeRecipe(folder);
    const args = ['run', recipe, '--engine', 'wasm', '--jobs', '1', '--runs', join(folder, 'kept')];
    const { status, stderr } = spawnSync(process.execPath, [join(scripts, 'cli.cjs'), ...args]);
    assert.equal(status, 0, stderr.toString());
    const [id] = await readdir(join(folder, 'kept', 'tiny'));
    run = join(folder, 'kept', 'tiny', id!);
    results = JSON.parse(await readFile(runPaths(run).results, 'utf8')) as Results;
  });

  after(async () => {
    for (const path of [scripts, folder]) await rm(path, { recursive: true, force: true });
  });

  const ask = <T>(...args: string[]): Promise<T> => askCli<T>(args, { scripts });
  const sum = (matrix: readonly (readonly number[])[]): number => matrix.flat().reduce((a, b) => a + b, 0);

  it('keeps the run where it was told to, and nothing beside the recipe', async () => {
    assert.deepEqual((await readdir(folder)).sort(), ['kept', 'test.tsv', 'tiny.press.json', 'train.tsv']);
    assert.equal(await readFile(join(run, '.gitignore'), 'utf8'), '*\n');
  });

  it('gives the spectrum in both metrics, whose squares make the table’s norm', async () => {
    const report = await ask<SpectrumReport>('spectrum', run);
    assert.equal(report.singularValues.length, report.dimension);
    assert.equal(report.taskEigenvalues?.length, report.dimension);
    for (const values of [report.singularValues, report.taskEigenvalues]) {
      values.slice(1).forEach((value, i) => {
        assert.ok(value >= 0 && value <= values[i]!);
      });
    }
    // Asked again, it is the same, from the run's folder.
    assert.deepEqual(await ask('spectrum', run), report);
    const alone = await ask<SpectrumReport>('spectrum', bestFolder(run, 'baseline-s1'));
    assert.equal(alone.taskEigenvalues, undefined);
    assert.deepEqual(alone.singularValues, report.singularValues);
  });

  it('counts what a compressed model classifies otherwise, as the run’s own figures have it', async () => {
    const point = results.points.find(({ rank, seed }) => rank === 1 && seed === 1)!;
    const found = await ask<Differences>('differences', run, point.trial);
    const baseline = results.baseline!.seeds.find(({ seed }) => seed === 1)!;
    assert.equal(found.part, 'test');
    assert.deepEqual(found.confusionBefore, baseline.confusion);
    assert.deepEqual(found.confusionAfter, point.confusion);
    const [before, after] = [found.confusionBefore!, found.confusionAfter!];
    assert.equal(sum(before), found.sentences);
    assert.equal(found.flips.length, found.corrected + found.broken + found.otherwise);
    const right = (matrix: readonly (readonly number[])[]): number =>
      matrix.reduce((total, row, i) => total + row[i]!, 0);
    assert.equal(right(after) - right(before), found.corrected - found.broken);
    const lines = (await readFile(join(folder, 'test.tsv'), 'utf8')).split('\n');
    for (const { line, text, label } of found.flips) {
      assert.equal(lines[line - 1], `${found.classes[label]!}\t${text}`);
    }
  });

  it('tells no difference of a model from itself', async () => {
    await assert.rejects(ask('differences', run, 'baseline-s1'), { code: 'no-parent' });
    await assert.rejects(ask('differences', run, '../x'), { code: 'no-trial' });
    await assert.rejects(ask('differences', folder, 'x'), { code: 'no-run' });
  });

  it('tries a sentence, also one that looks like an option', async () => {
    const tried = await ask<TriedSentence>(
      'predict',
      bestFolder(run, 'task-k4-s1'),
      '--',
      '--json great film',
    );
    assert.ok(['pos', 'neg'].includes(tried.label));
    assert.ok(tried.latencyMs > 0 && tried.latencyMs < 100);
    assert.equal(tried.tokens > 2, true);
  });

  it('estimates a run’s models, epochs, disk and time', async () => {
    const estimate = await ask<Estimate>('estimate', recipe, '--engine', 'wasm', '--jobs', '2');
    assert.deepEqual([estimate.trials, estimate.epochs, estimate.jobs], [8, 24, 2]);
    assert.deepEqual(estimate.sentences, { train: 270, validation: 30, test: 60 });
    assert.ok(estimate.seconds > 0.01 && estimate.seconds < 30, String(estimate.seconds));
    assert.ok(estimate.diskBytes > 8 * 4 * 13 * 8);
  });

  it('finds the bounds of the learning rate between those it tries', async () => {
    const { trial, rates, losses, bounds } = await ask<RateRange>('rates', recipe, '--engine', 'wasm');
    assert.equal(trial, 'baseline');
    assert.equal(rates.length, losses.length);
    assert.equal(rates[0], 1e-6);
    assert.ok(rates.every((rate, i) => i === 0 || rate > rates[i - 1]!) && rates.at(-1)! < 1 + 1e-9);
    assert.ok(bounds && 1e-6 < bounds.lower && bounds.lower < bounds.upper && bounds.upper < 1);
  });

  it('says what is wrong as an error of the caller, and ends when it is told to', async () => {
    await assert.rejects(ask('estimate', join(folder, 'no.press.json')), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.place?.file, join(folder, 'no.press.json'));
      return true;
    });
    const signal = AbortSignal.timeout(50);
    await assert.rejects(askCli(['estimate', recipe], { scripts, signal }), { name: 'CancelledError' });
  });
});
