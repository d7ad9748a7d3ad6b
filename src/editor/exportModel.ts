import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { modelFile, type WrittenFormat } from '../core/checkpoint/fileNames.ts';
import { CancelledError, UserError } from '../core/errors.ts';
import type { TrialResult } from '../core/sweep/trial.ts';
import { askCli } from '../process/askCli.ts';
import { modelName } from '../process/finishedModels.ts';
import { readStatus } from '../process/runStatus.ts';
import { bestFolder } from '../process/trialStorage.ts';
import { copyToFreeName, makeAtFreeName } from './copyFolder.ts';
import { finishedTrials } from '../process/finishedTrials.ts';
import { pointName } from './pointName.ts';
import { pick, type PickItem } from './pickFile.ts';
import { revealPath } from './revealPath.ts';
import { formatMegabytes } from './formatMegabytes.ts';

/**
 * Asks for one of a run's models, and copies it.
 * @throws UserError `no-models`; CancelledError
 */
export async function exportModel(folder: string): Promise<void> {
  const { recipe } = await readStatus(folder);
  const trials = (await finishedTrials(folder)).sort((a, b) => a.storageBytes - b.storageBytes);
  if (trials.length === 0) {
    throw new UserError(
      'no-models',
      l10n.t('{0} has no models yet.', recipe),
      l10n.t('Wait for the first of them.'),
      { file: folder },
    );
  }
  const severalSeeds = new Set(trials.map(({ seed }) => seed)).size > 1;
  const items = trials.map((trial): PickItem<TrialResult> => {
    return {
      label: labelOf(trial, severalSeeds),
      description: figuresOf(trial),
      iconPath: new vscode.ThemeIcon(trial.kind === 'point' ? 'fold' : 'package'),
      value: trial,
    };
  });
  const title = l10n.t('Export a Model of {0}', recipe);
  await copyOut(folder, recipe, await pick(items, title, l10n.t('The smallest come first')), severalSeeds);
}

/**
 * Copies the model that a trial has made, ready to use, to a folder that the user picks.
 * @throws UserError `no-trial` where the run has no such model; CancelledError
 */
export async function exportTrial(folder: string, trialId: string): Promise<void> {
  const { recipe } = await readStatus(folder);
  const trials = await finishedTrials(folder);
  // Only what the run's own files name leads to a path.
  const trial = trials.find((one) => one.trial === trialId);
  if (trial === undefined) {
    throw new UserError(
      'no-trial',
      l10n.t('The run has no finished model of this name.'),
      l10n.t('Choose one in the table.'),
      { file: folder },
    );
  }
  await copyOut(folder, recipe, trial, new Set(trials.map(({ seed }) => seed)).size > 1);
}

async function copyOut(
  folder: string,
  recipe: string,
  trial: TrialResult,
  severalSeeds: boolean,
): Promise<void> {
  const format = await askFormat(labelOf(trial, severalSeeds));
  const workspaceFolder =
    vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder)) ?? vscode.workspace.workspaceFolders?.[0];
  const [place] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('Export {0}: the folder to put it in', labelOf(trial, severalSeeds)),
      openLabel: l10n.t('Export Here'),
      canSelectFiles: false,
      canSelectFolders: true,
      ...(workspaceFolder && { defaultUri: workspaceFolder.uri }),
    })) ?? [];
  if (place === undefined) throw new CancelledError();
  const name = [
    recipe,
    modelName(trial) ?? 'retrained-control',
    ...(severalSeeds ? [`seed${trial.seed}`] : []),
  ].join('-');
  const target = await writeModel(bestFolder(folder, trial.trial), format, place.fsPath, name);
  const reveal = l10n.t('Reveal');
  const message = l10n.t('Embedding Press: the model is in {0}.', vscode.workspace.asRelativePath(target));
  void vscode.window.showInformationMessage(message, reveal).then(async (chosen) => {
    if (chosen === reveal) await revealPath(target);
  });
}

function askFormat(model: string): Promise<WrittenFormat> {
  const item = (label: string, description: string, value: WrittenFormat): PickItem<WrittenFormat> => ({
    label,
    description,
    value,
  });
  return pick(
    [
      item('TensorFlow.js', l10n.t('model.json, for the browser and Node'), 'tfjs'),
      item('Keras', l10n.t('a .keras file, for Keras 3 and tf_keras'), 'keras'),
      item('Keras, HDF5', l10n.t('an .h5 file, for Keras 3 and tf_keras'), 'h5'),
      item('safetensors', l10n.t('the weights under names of their own'), 'safetensors'),
    ],
    l10n.t('Export {0}', model),
    l10n.t('In which format?'),
  );
}

/** The run's own files where they have the format; else the command line writes it. @returns the model's folder */
async function writeModel(from: string, format: WrittenFormat, into: string, name: string): Promise<string> {
  const isThere = (await stat(join(from, modelFile[format])).catch(() => undefined)) !== undefined;
  if (isThere) return copyToFreeName(from, into, name);
  return makeAtFreeName(into, name, (folder) =>
    askCli(['export', from, folder, '--format', format], { scripts: __dirname }),
  );
}

function labelOf(trial: TrialResult, severalSeeds: boolean): string {
  const model = pointName(trial);
  return severalSeeds ? l10n.t('{0}, seed {1}', model, trial.seed) : model;
}

function figuresOf({ storageBytes, validationAccuracy, testAccuracy }: TrialResult): string {
  return [
    formatMegabytes(storageBytes),
    l10n.t('validation accuracy {0}', validationAccuracy.toFixed(4)),
    ...(testAccuracy === undefined ? [] : [l10n.t('test accuracy {0}', testAccuracy.toFixed(4))]),
  ].join(', ');
}
