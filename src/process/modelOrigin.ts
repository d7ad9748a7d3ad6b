import { stat } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';
import { hashFile } from '../core/report/hashFile.ts';
import type { ModelOrigin } from '../core/report/modelCard.ts';
import type { DataSource, Recipe } from '../core/recipe/recipe.ts';
import type { Results, TrialResult } from '../core/sweep/trial.ts';
import { chooseModels } from './finishedModels.ts';
import { finishedTrials } from './finishedTrials.ts';
import { parseFrozenRecipe, readFrozenRecipe, runPaths } from './runFolder.ts';
import { readRunJson } from './runJson.ts';
import { readStatus } from './runStatus.ts';

/** A recipe's model, in one of its runs or by itself. */
export interface FoundOrigin {
  readonly recipe: Recipe;
  readonly run?: {
    readonly folder: string;
    readonly result: TrialResult;
    readonly results?: Results;
    /** As long as it is not, test figures stay closed. */
    readonly isDone: boolean;
  };
}

/** A run's folder is so many above a model's file at most: CHECKPOINTS/TRIAL/best/FILE. */
const mostFoldersUp = 4;

/** The run that a model lies in, and the model's place there; undefined for a model that lies elsewhere. */
export async function runAround(model: string): Promise<FoundOrigin | undefined> {
  let folder = model;
  for (let i = 0; i < mostFoldersUp; i++) {
    folder = dirname(folder);
    const { recipe, events } = runPaths(folder);
    if ((await isThere(recipe)) && (await isThere(events)))
      return originInRun(folder, relative(folder, model));
  }
  return undefined;
}

/** The model of a run that is called as the trial or the setting is: a folder of finished models keeps that name. */
export async function originInRun(folder: string, place: string): Promise<FoundOrigin | undefined> {
  const trials = await finishedTrials(folder);
  const [first = '', second = ''] = place.split(sep);
  const name =
    first === basename(runPaths(folder).checkpoints) || first === basename(runPaths(folder).models)
      ? second
      : first;
  const result = trials.find(({ trial }) => trial === name) ?? chooseModels(trials).get(name);
  if (result === undefined) return undefined;
  const isDone = (await readStatus(folder)).state === 'done';
  const results = isDone ? await readRunJson<Results>(runPaths(folder).results) : undefined;
  return {
    recipe: await parseFrozenRecipe(await readFrozenRecipe(folder)),
    run: { folder, result, isDone, ...(results && { results }) },
  };
}

/** What a model card tells of it: names and hashes, no paths of the machine. */
export async function describeOrigin({ recipe, run }: FoundOrigin): Promise<ModelOrigin> {
  const { train, validation, test } = recipe.data;
  const parts: [string, DataSource][] = [['training', train]];
  if ('path' in validation) parts.push(['validation', validation]);
  if (test !== undefined && 'path' in test) parts.push(['test', test]);
  const data: ModelOrigin['data'][number][] = [];
  for (const [part, { path }] of parts) {
    // The data may have gone since the run.
    if (await isThere(path)) data.push({ part, name: basename(path), ...(await hashFile(path)) });
  }
  const folder = dirname(recipe.path);
  const model = recipe.model === undefined ? undefined : relative(folder, recipe.model).split(sep).join('/');
  return {
    recipe: recipe.name,
    ...(model !== undefined && { model: model.startsWith('..') ? basename(model) : model }),
    ...(run && {
      run: { id: basename(run.folder), result: run.result, ...(run.results && { results: run.results }) },
    }),
    data,
  };
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
