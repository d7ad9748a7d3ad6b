import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkTarget, readCheckpoint, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { returnFormat } from '../core/checkpoint/returnFormat.ts';
import type { Recipe } from '../core/recipe/recipe.ts';
import type { Trial, TrialResult } from '../core/sweep/trial.ts';
import { runPaths } from './runFolder.ts';
import { bestFolder } from './trialStorage.ts';

/** Where a run's finished models are put: where its recipe says, or in the run's own folder. */
export function modelsFolder(runFolder: string, recipe: Recipe): string {
  return recipe.output ?? runPaths(runFolder).models;
}

/** The folder's name of a trial's finished model; controls and tries have none. Seeds share one. */
export function modelName({ kind, setting }: Pick<Trial, 'kind' | 'setting'>): string | undefined {
  if (kind === 'baseline') return 'uncompressed';
  return kind === 'point' ? setting : undefined;
}

/** Which trials leave a model: not the baseline of a model that was given, which could only go over the user's own. */
export function writtenBy(recipe: Recipe): (trial: Pick<Trial, 'kind'>) => boolean {
  return ({ kind }) => kind === 'point' || (kind === 'baseline' && recipe.train !== undefined);
}

/** Of the seeds of each model the trial with the best validation accuracy, the first on ties. */
export function chooseModels(results: readonly TrialResult[]): Map<string, TrialResult> {
  const chosen = new Map<string, TrialResult>();
  for (const result of results) {
    const name = modelName(result);
    if (name === undefined) continue;
    const best = chosen.get(name);
    if (best === undefined || result.validationAccuracy > best.validationAccuracy) chosen.set(name, result);
  }
  return chosen;
}

/**
 * Finds out before the work what would fail after it.
 * @throws UserError `output-exists` where a model's folder is there and holds other files
 */
export async function checkOutput(folder: string, trials: readonly Trial[]): Promise<void> {
  for (const name of new Set(trials.map(modelName))) {
    if (name !== undefined) await checkTarget(join(folder, name));
  }
}

/**
 * Copies the chosen checkpoints to their places, one after the other.
 * @returns notes on what a user of the files should know, each once
 */
export async function writeFinishedModels(
  runFolder: string,
  folder: string,
  results: readonly TrialResult[],
  { model, outputFormat }: Pick<Recipe, 'model' | 'outputFormat'>,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const notes = new Set<string>();
  // Copies of the model are in the run folder: a run does not fail where the file has gone since.
  const format = outputFormat ?? (model === undefined ? 'tfjs' : await returnFormat(model));
  await mkdir(folder, { recursive: true });
  for (const [name, { trial }] of chooseModels(results)) {
    signal?.throwIfAborted();
    const checkpoint = await readCheckpoint(bestFolder(runFolder, trial));
    const written = await writeCheckpoint(join(folder, name), checkpoint, format);
    for (const note of written.notes) notes.add(note);
  }
  return notes;
}
