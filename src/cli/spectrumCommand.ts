import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Checkpoint } from '../core/checkpoint/checkpoint.ts';
import { readCheckpoint } from '../core/checkpoint/folder.ts';
import type { PassOptions } from '../core/embedding/rowSource.ts';
import { rangesOf, usesFrequency } from '../core/compression/methods/lowRank.ts';
import { createEngine } from '../core/engine/createEngine.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { UserError } from '../core/errors.ts';
import { Classifier } from '../core/model/classifier.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { SpectrumReport } from '../core/report/reports.ts';
import { spectrumReport } from '../core/report/spectrum.ts';
import { prepareData } from '../core/sweep/prepare.ts';
import { wordCounts } from '../core/text/wordCounts.ts';
import { createPause } from '../core/training/pause.ts';
import { taskGradientCovariance } from '../core/training/taskGradient.ts';
import { runPaths } from '../process/runFolder.ts';
import { rowThreads } from '../process/rowThread.ts';
import { finishedTrial, readRunTrials } from '../process/runTrials.ts';
import { bestFolder } from '../process/trialStorage.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { table } from './text.ts';

interface SpectrumOptions {
  readonly json: boolean;
  readonly engine: EngineName | 'auto';
  /** The folder of the bundles. */
  readonly scripts: string;
}

/** Of a checkpoint, of a recipe's model, or of a run's uncompressed model. */
export async function spectrumCommand(
  target: string,
  { json, engine, scripts }: SpectrumOptions,
): Promise<ExitCode> {
  const pass = { threads: rowThreads(scripts) };
  const path = resolve(target);
  const isRun = (await stat(runPaths(path).recipe).catch(() => undefined)) !== undefined;
  const report = isRun
    ? await spectrumOfRun(path, pass)
    : path.endsWith('.press.json')
      ? await spectrumOfRecipe(path, engine, pass)
      : await spectrumReport(await readCheckpoint(path), undefined, pass);
  if (json) console.log(JSON.stringify(report));
  else print(report);
  return exitCode.done;
}

async function spectrumOfRecipe(
  path: string,
  engine: EngineName | 'auto',
  pass: PassOptions,
): Promise<SpectrumReport> {
  const recipe = await readRecipe(path);
  if (recipe.model === undefined) {
    throw new UserError(
      'no-model',
      'The recipe trains a new model, which has no embedding yet.',
      'Run it, and look at the spectrum of the run.',
      { file: path },
    );
  }
  return withTask(recipe, await readCheckpoint(recipe.model, recipe.architecture), engine, pass);
}

/** Kept in the run's folder: the uncompressed model does not change once it is done. */
async function spectrumOfRun(folder: string, pass: PassOptions): Promise<SpectrumReport> {
  const file = join(folder, 'spectrum.json');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return JSON.parse(known) as SpectrumReport;
  const run = await readRunTrials(folder);
  const [first] = run.trials;
  if (first === undefined) throw new Error('A plan has trials.');
  const checkpoint = await readCheckpoint(bestFolder(folder, finishedTrial(run, first.id).id));
  const report = await withTask(run.recipe, checkpoint, run.engine, pass);
  await writeFileAtomic(file, JSON.stringify(report));
  return report;
}

async function withTask(
  recipe: Recipe,
  checkpoint: Checkpoint,
  name: EngineName | 'auto',
  pass: PassOptions,
): Promise<SpectrumReport> {
  if (checkpoint.spec.embedding.rank !== undefined) return spectrumReport(checkpoint, undefined, pass);
  const { train } = await prepareData(recipe, checkpoint);
  const model = new Classifier(createEngine(name), checkpoint.spec, checkpoint.weights);
  const gradientCovariance = await taskGradientCovariance(model, train, recipe.data.seed, createPause());
  const counted = recipe.compress.some(
    (entry) => entry.method === 'low-rank' && entry.metrics.some(usesFrequency),
  );
  const { spec } = checkpoint;
  const rowWeights = counted && {
    rowWeights: wordCounts(train, spec.embedding.rows, rangesOf(spec, 'embedding', train)),
  };
  return spectrumReport(checkpoint, { gradientCovariance, ...rowWeights }, pass);
}

const shownRanks = [1, 2, 3, 4, 6, 9, 14, 19, 29, 49, 74, 99, 149, 199, 299];

function print({ rows, dimension, singularValues, ...others }: SpectrumReport): void {
  const spectrum = keptBy(singularValues.map((value) => value * value));
  const columns = [
    ['spectrum', spectrum] as const,
    ...(
      [
        ['task', others.taskEigenvalues],
        ['frequency', others.frequencyEigenvalues],
        ['task-frequency', others.taskFrequencyEigenvalues],
      ] as const
    ).flatMap(([metric, values]) => (values ? [[metric, keptBy(values)] as const] : [])),
  ];
  const ranks = shownRanks.filter((rank) => rank <= spectrum.length);
  const percent = (share: number | undefined): string => `${(100 * (share ?? 0)).toFixed(1)} %`;
  console.log(`Embedding ${rows} x ${dimension}. What each rank keeps:`);
  console.log(
    table([
      ['rank', ...columns.map(([metric]) => metric)],
      ...ranks.map((rank) => [String(rank), ...columns.map(([, kept]) => percent(kept[rank - 1]))]),
    ]),
  );
}

/** The share of the sum that the first k values have, k from 1 on. */
function keptBy(values: readonly number[]): number[] {
  const all = values.reduce((a, b) => a + b, 0);
  let sum = 0;
  return values.map((value) => (sum += value) / all);
}
