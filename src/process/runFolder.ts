import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import { readRunJson } from './runJson.ts';

/** The files of a run. The folder is the only truth: whoever wants to know about a run reads it. */
export function runPaths(folder: string) {
  return {
    recipe: join(folder, 'recipe.json'),
    status: join(folder, 'status.json'),
    events: join(folder, 'events.jsonl'),
    results: join(folder, 'results.json'),
    cancel: join(folder, 'cancel'),
    pause: join(folder, 'pause'),
    log: join(folder, 'supervisor.log'),
    /** The data as table rows, for all workers, while the run goes on. */
    data: join(folder, 'data'),
    checkpoints: join(folder, 'checkpoints'),
    models: join(folder, 'models'),
  };
}

/** What a run was started with. The recipe stays text, so that it means the same wherever the file goes later. */
export interface FrozenRecipe {
  /** Absolute path of the file it came from; the recipe's paths are relative to it. */
  readonly path: string;
  readonly text: string;
  readonly engine: 'auto' | 'tensorflow' | 'wasm';
}

/** Where the runs of a folder's recipes are kept, if not elsewhere: a run is RUNS/RECIPE/UTC-ID/. */
export function runsBeside(folder: string): string {
  return join(folder, '.embedding-press', 'runs');
}

/** The folder of all runs that a run lies in. */
export function runsOf(runFolder: string): string {
  return dirname(dirname(runFolder));
}

/** Makes RUNS/RECIPE/UTC-ID/ with the recipe frozen in it. */
export async function createRunFolder(
  recipe: Recipe,
  frozen: FrozenRecipe,
  runs = runsBeside(dirname(recipe.path)),
): Promise<string> {
  const time = new Date().toISOString().slice(0, 23).replaceAll(/[:.]/g, '-');
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const folder = join(runs, recipe.name, `${time}-${randomBytes(2).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.gitignore'), '*\n');
  await writeFileAtomic(runPaths(folder).recipe, JSON.stringify(frozen, undefined, 2) + '\n');
  return folder;
}

/** The recipe that a run was started with. @throws UserError `no-run` where the folder is no run's, `damaged-run`. */
export async function readFrozenRecipe(folder: string): Promise<FrozenRecipe> {
  const frozen = await readRunJson<FrozenRecipe>(runPaths(folder).recipe);
  if (frozen !== undefined) return frozen;
  throw new UserError(
    'no-run',
    'There is no run in this folder.',
    'Name a folder that `embedding-press list` shows.',
    { file: folder },
  );
}

/** @throws UserError the recipe's first error */
export async function parseFrozenRecipe({ text, path }: FrozenRecipe): Promise<Recipe> {
  const { parseRecipe } = await import('../core/recipe/readRecipe.ts');
  return parseRecipe(text, path);
}

/** The run folders in a folder of runs, newest first. */
export async function runFolders(runs: string): Promise<string[]> {
  const recipes = await readdir(runs).catch(() => []);
  const found = await Promise.all(
    recipes.map(async (recipe) => {
      const ids = await readdir(join(runs, recipe)).catch(() => []);
      return ids.map((id) => ({ id, path: join(runs, recipe, id) }));
    }),
  );
  return found
    .flat()
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .map(({ path }) => path);
}

/** Removes a run that came to nothing, and the folders above it where they are empty then. */
export async function discardRun(folder: string): Promise<void> {
  // Its process may be about to let go of its lock.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  try {
    await rmdir(dirname(folder));
    await rmdir(runsOf(folder));
    await rmdir(dirname(runsOf(folder)));
  } catch {
    // There are other runs.
  }
}

/** Files, the data's folder, and files of data that is being read. */
const leftOver = /^(?:(?:status|results|recipe)\.json\.\d+|(?:data\.|press-)[0-9a-f]+\.tmp)$/;

/** A model's folder under its temporary name; other programs' files may lie beside it. */
const modelLeftOver = /^[a-z0-9-]+\.[0-9a-f]{8}\.tmp$/;

/** Nobody takes so long for a model's files: what is older was left by a process that is gone. */
const longestWriteMs = 60_000;

/**
 * Removes what a killed process was about to put in place. Nobody else may be writing in the run folder; to a folder
 * of finished models outside of it another run of the recipe may be.
 *
 * @param models the folder of the finished models
 */
export async function removeUnfinishedFiles(folder: string, models: string): Promise<void> {
  const { checkpoints } = runPaths(folder);
  const found = [
    ...(await namesIn(folder)).filter(({ name }) => leftOver.test(name)),
    ...(await leftOverModels(models, models === runPaths(folder).models)),
    ...(await namesIn(checkpoints)).filter(isTemporary),
  ];
  for (const trial of await namesIn(checkpoints))
    found.push(...(await namesIn(trial.path)).filter(isTemporary));
  await Promise.all(found.map(({ path }) => rm(path, { recursive: true, force: true })));
}

async function leftOverModels(models: string, isOwn: boolean): Promise<Named[]> {
  const found = (await namesIn(models)).filter(({ name }) => modelLeftOver.test(name));
  if (isOwn) return found;
  const ages = await Promise.all(found.map(({ path }) => ageMs(path)));
  return found.filter((_, i) => (ages[i] ?? 0) > longestWriteMs);
}

async function ageMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

interface Named {
  readonly name: string;
  readonly path: string;
}

async function namesIn(folder: string): Promise<Named[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => ({ name, path: join(folder, name) }));
}

function isTemporary({ name }: Named): boolean {
  return name.endsWith('.tmp');
}
