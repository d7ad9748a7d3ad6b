import { access, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { settingsFile } from '../core/checkpoint/settings.ts';
import { UserError } from '../core/errors.ts';
import type { Trial, TrialResult } from '../core/sweep/trial.ts';
import { bestFolder } from './trialStorage.ts';

/** The folder's name of a trial's finished model; controls have none. Seeds share one. */
export function modelName({
  kind,
  metric,
  rank,
}: Pick<Trial, 'kind' | 'metric' | 'rank'>): string | undefined {
  if (kind === 'control') return undefined;
  return kind === 'baseline' ? 'uncompressed' : `${metric ?? 'model'}-rank${rank ?? 0}`;
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
 * @throws UserError `output-exists` where a model's folder is there and was not written by us
 */
export async function checkOutput(folder: string, trials: readonly Trial[]): Promise<void> {
  for (const name of new Set(trials.map(modelName))) {
    if (name === undefined) continue;
    const path = join(folder, name);
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    await access(join(path, settingsFile)).catch(() => {
      throw new UserError(
        'output-exists',
        'The folder exists and is no checkpoint written by Embedding Press.',
        'Choose another "output" in the recipe, or move the folder.',
        { file: path },
      );
    });
  }
}

/** Copies the chosen checkpoints to their places, one after the other. */
export async function writeFinishedModels(
  runFolder: string,
  folder: string,
  results: readonly TrialResult[],
  signal: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, { trial }] of chooseModels(results)) {
    signal.throwIfAborted();
    await writeCheckpoint(join(folder, name), await readCheckpoint(bestFolder(runFolder, trial)));
  }
}
