import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { version } from '../../package.json';
import type { EngineName } from '../core/engine/engine.ts';
import { createEngine } from '../core/engine/createEngine.ts';
import { UserError } from '../core/errors.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { measurePlan, startSeconds } from '../core/report/estimate.ts';
import { toHtml, toMarkdown } from '../core/reproduction/blocks.ts';
import { experiments, type Experiment } from '../core/reproduction/experiments.ts';
import { reportBlocks } from '../core/reproduction/report.ts';
import type { FinishedExperiment, Table } from '../core/reproduction/summary.ts';
import type { Results } from '../core/sweep/trial.ts';
import { followRun } from '../process/followRun.ts';
import { cancelRun, resumeRun, startRun } from '../process/launcher.ts';
import { discardRun, readFrozenRecipe, runPaths } from '../process/runFolder.ts';
import { readRunJson } from '../process/runJson.ts';
import { isDamaged, listRuns } from '../process/runStatus.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { ProgressPrinter } from './progressPrinter.ts';
import { shownDuration, shownPath } from './text.ts';

export interface ReproduceOptions {
  /** Absolute. */
  readonly data: string;
  readonly vectors: string;
  readonly output: string;
  readonly dimension: number;
  readonly quick: boolean;
  readonly estimate: boolean;
  readonly jobs: number;
  readonly engine: EngineName | 'auto';
  /** The folder of the bundles. */
  readonly scripts: string;
}

/**
 * Runs the paper's experiments and writes their report after each. What is done stays: the same command goes on, in the
 * middle of a run, too. An experiment whose recipe has changed is run anew.
 */
export async function reproduceCommand(options: ReproduceOptions): Promise<ExitCode> {
  const { output, quick } = options;
  for (const path of [options.data, options.vectors]) await checkThere(path);
  for (const name of ['recipes', 'results']) await mkdir(join(output, name), { recursive: true });
  const recipes = join(output, 'recipes');
  const planned = experiments(
    {
      datasets: relative(recipes, options.data),
      vectors: relative(recipes, options.vectors),
      dimension: options.dimension,
    },
    quick,
  );
  const finished = new Map<string, FinishedExperiment>();
  for (const experiment of planned) {
    const text = recipeText(experiment);
    await writeFile(recipePath(output, experiment), text);
    const found = await readResult(output, experiment, text);
    if (found !== undefined) finished.set(experiment.name, found);
  }
  const open = planned.filter(({ name }) => !finished.has(name));
  console.log(`${planned.length} experiments, ${finished.size} of them done.`);
  if (options.estimate && open.length > 0) await tellEstimate(open, options);

  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    interrupt.abort();
  });
  const told = new Set<string>();
  const tables = new Map<string, Table>();
  for (const [i, experiment] of open.entries()) {
    console.log(`[${finished.size + 1}/${planned.length}] ${experiment.name}`);
    const result = await runExperiment(experiment, options, interrupt.signal, told);
    if (result === undefined) {
      console.error('Stopped. What is done is kept: the same command goes on.');
      return interrupt.signal.aborted ? exitCode.cancelled : exitCode.failed;
    }
    finished.set(experiment.name, result);
    const missing = open.slice(i + 1).map(({ name }) => name);
    await writeReport(inOrder(planned, finished), missing, options, tables);
  }
  if (open.length === 0) await writeReport(inOrder(planned, finished), [], options, tables);
  console.log(`Report: ${shownPath(join(output, 'report.md'))} and report.html`);
  return exitCode.done;
}

async function checkThere(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  throw new UserError('file-not-found', 'There is no such file or folder.', 'Check the path.', {
    file: path,
  });
}

function inOrder(
  planned: readonly Experiment[],
  finished: ReadonlyMap<string, FinishedExperiment>,
): FinishedExperiment[] {
  return planned.flatMap(({ name }) => finished.get(name) ?? []);
}

function recipeText({ recipe }: Experiment): string {
  return JSON.stringify(recipe, undefined, 2) + '\n';
}

function recipePath(output: string, { name }: Experiment): string {
  return join(output, 'recipes', `${name}.press.json`);
}

function resultPath(output: string, { name }: Experiment): string {
  return join(output, 'results', `${name}.json`);
}

interface KeptResult extends FinishedExperiment {
  /** The text of the recipe that it came from. */
  readonly recipe: string;
}

async function readResult(
  output: string,
  experiment: Experiment,
  recipe: string,
): Promise<FinishedExperiment | undefined> {
  const kept = await readRunJson<KeptResult>(resultPath(output, experiment));
  return kept?.recipe === recipe ? kept : undefined;
}

/**
 * Runs one recipe to its end, or goes on with it.
 * @param told messages so far, which are not repeated
 * @returns undefined where it was stopped or failed
 */
async function runExperiment(
  experiment: Experiment,
  options: ReproduceOptions,
  signal: AbortSignal,
  told: Set<string>,
): Promise<FinishedExperiment | undefined> {
  const { output, jobs, scripts, engine } = options;
  const path = recipePath(output, experiment);
  const recipe = recipeText(experiment);
  const runs = join(output, 'runs');
  const unfinished = await unfinishedRun(runs, experiment.name, recipe);
  const { runFolder } =
    unfinished === undefined
      ? await startRun(path, { engine, jobs, scripts, runs })
      : await resumeRun(unfinished, { jobs, scripts });
  const cancel = (): void => void cancelRun(runFolder).catch(() => undefined);
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  const printer = new ProgressPrinter(process.stdout);
  const show = process.stdout.isTTY;
  const { state, error } = await followRun(
    runFolder,
    (events) => {
      for (const event of events) {
        if (event.type !== 'message') {
          if (show) printer.event(event);
        } else if (!told.has(event.text)) {
          told.add(event.text);
          printer.event(event);
        }
      }
    },
    undefined,
    {
      sinceResume: true,
      onStatus: (status) => {
        if (show) printer.status(status);
      },
    },
  );
  printer.end();
  signal.removeEventListener('abort', cancel);
  if (error !== undefined) console.error(error.message);
  if (state !== 'done') return undefined;
  const results = await readRunJson<Results>(runPaths(runFolder).results);
  if (results === undefined) return undefined;
  const trials = [...(results.baseline?.seeds ?? []), ...(results.control?.seeds ?? []), ...results.points];
  const { recipe: _recipe, ...rest } = experiment;
  const result: KeptResult = {
    ...rest,
    seconds: trials.reduce((sum, trial) => sum + trial.seconds, 0),
    recipe,
    results,
  };
  await writeFileAtomic(resultPath(output, experiment), JSON.stringify(result) + '\n');
  await discardRun(runFolder);
  return result;
}

async function unfinishedRun(runs: string, name: string, recipe: string): Promise<string | undefined> {
  for (const { folder, status } of await listRuns(runs)) {
    if (status.recipe !== name || status.state === 'done' || isDamaged(status)) continue;
    if ((await readFrozenRecipe(folder)).text === recipe) return folder;
  }
  return undefined;
}

/** One of each kind is measured; the others are like it. */
async function tellEstimate(open: readonly Experiment[], options: ReproduceOptions): Promise<void> {
  const engine = createEngine(options.engine);
  const starting = startSeconds();
  const measured = new Map<string, number>();
  let seconds = 0;
  for (const experiment of open) {
    const kind = `${experiment.dataset} ${experiment.body} ${experiment.part}`;
    let own = measured.get(kind);
    if (own === undefined) {
      const recipe = await readRecipe(recipePath(options.output, experiment));
      own = (await measurePlan(recipe, engine, options.jobs)).seconds;
      measured.set(kind, own);
    }
    seconds += starting + own;
  }
  console.log(`About ${shownDuration(seconds)}, with ${options.jobs} models at once.`);
}

/** As it may stand in a command. */
function fromHere(path: string): string {
  return relative(process.cwd(), path) || '.';
}

async function writeReport(
  finished: readonly FinishedExperiment[],
  missing: readonly string[],
  options: ReproduceOptions,
  tables: Map<string, Table>,
): Promise<void> {
  const { data, vectors, output, quick, scripts } = options;
  const blocks = reportBlocks(
    finished,
    missing,
    {
      command:
        `embedding-press reproduce ${[data, vectors].map(fromHere).join(' ')} --output ${fromHere(output)}` +
        (quick ? ' --quick' : ''),
      version,
      vectors: relative(join(vectors, '..'), vectors),
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? '',
    },
    tables,
  );
  const [script, style] = await Promise.all(
    ['report.js', 'report.css'].map((name) => readFile(join(scripts, name), 'utf8')),
  );
  await writeFileAtomic(join(output, 'report.md'), toMarkdown(blocks));
  await writeFileAtomic(join(output, 'report.html'), toHtml(blocks, script ?? '', style ?? ''));
}
