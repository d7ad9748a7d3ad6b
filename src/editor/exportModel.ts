import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isKerasFormat, type WrittenFormat } from '../core/checkpoint/fileNames.ts';
import { storagesOf, type Storage } from '../core/checkpoint/storageTypes.ts';
import { inspectCheckpoint } from '../core/checkpoint/inspect.ts';
import { CancelledError, UserError } from '../core/errors.ts';
import type { TrialResult } from '../core/sweep/trial.ts';
import { askCli } from '../process/askCli.ts';
import { finishedTrials } from '../process/finishedTrials.ts';
import { modelName } from '../process/finishedModels.ts';
import { readStatus } from '../process/runStatus.ts';
import { bestFolder } from '../process/trialStorage.ts';
import type { Exported } from '../process/writeExport.ts';
import { makeAtFreeName } from './makeAtFreeName.ts';
import { pointName } from './pointName.ts';
import { pick, type PickItem } from './pickFile.ts';
import { revealPath } from './revealPath.ts';
import { formatMegabytes } from './formatMegabytes.ts';
import { readSettings } from './settings.ts';
import { withCancel } from './withCancel.ts';

/**
 * Asks for one of a run's models, and exports it: see `exportTrial`.
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
  await writeOut(folder, recipe, await pick(items, title, l10n.t('The smallest come first')), severalSeeds);
}

/**
 * Writes the model that a trial has made, ready to use, to a folder, in a format and a storage that the user picks.
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
  await writeOut(folder, recipe, trial, new Set(trials.map(({ seed }) => seed)).size > 1);
}

async function writeOut(
  folder: string,
  recipe: string,
  trial: TrialResult,
  severalSeeds: boolean,
): Promise<void> {
  const title = l10n.t('Export {0}', labelOf(trial, severalSeeds));
  const model = bestFolder(folder, trial.trial);
  const format = await askFormat(title);
  const { fold, whyNot } = await askFold(title, model);
  const storage = await askStorage(title, format, trial);
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
  let exported: Exported | undefined;
  const target = await makeAtFreeName(place.fsPath, name, async (made) => {
    exported = await askExport(title, [model, made], { format, fold, storage });
  });
  const reveal = l10n.t('Reveal');
  const said = [
    l10n.t('Embedding Press: the model is in {0}.', vscode.workspace.asRelativePath(target)),
    ...(exported === undefined ? [] : roundingText(exported)),
    ...(whyNot === undefined ? [] : [whyNot]),
  ];
  void vscode.window.showInformationMessage(said.join(' '), reveal).then(async (chosen) => {
    if (chosen === reveal) await revealPath(target);
  });
}

function askFormat(title: string): Promise<WrittenFormat> {
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
    title,
    l10n.t('In which format?'),
  );
}

/** Asked where a model has factors, and the second one can go into the next layer; else says why not. */
async function askFold(title: string, model: string): Promise<{ fold: boolean; whyNot?: string }> {
  const { spec, folding } = await inspectCheckpoint(model);
  if (spec.embedding.rank === undefined) return { fold: false };
  if (!folding.exact) return { fold: false, whyNot: folding.why };
  const fold = await pick(
    [
      {
        label: l10n.t('Keep both factors'),
        description: l10n.t('a narrow embedding, and a layer behind it'),
        value: false,
      },
      {
        label: l10n.t('Fold the second factor into the next layer'),
        description: l10n.t('the same outputs to 1e-5, fewer FLOPs, no layer more'),
        value: true,
      },
    ],
    title,
    l10n.t('What to do with the second factor?'),
  );
  return { fold };
}

/** Asked where there is a choice: what is coded in few bits stays as it is. */
async function askStorage(title: string, format: WrittenFormat, { coding }: TrialResult): Promise<Storage> {
  const possible = coding === undefined ? storagesOf(format) : [];
  if (possible.length < 2) return 'float32';
  const texts: Readonly<Record<Storage, string>> = {
    float32: l10n.t('4 bytes a number, exact'),
    float16: isKerasFormat(format)
      ? l10n.t('some 2.4 bytes a number, compressed, 11 bits of precision')
      : l10n.t('2 bytes a number, 11 bits of precision'),
    uint8: l10n.t('1 byte a number, 256 steps from the smallest to the largest'),
    uint16: l10n.t('2 bytes a number, 65,536 steps from the smallest to the largest'),
  };
  return pick(
    possible.map((value): PickItem<Storage> => ({ label: value, description: texts[value], value })),
    title,
    l10n.t("How to store the embedding's numbers? The accuracy of what is rounded is measured."),
  );
}

/** Has the command line write it, and shows how far it is. @throws CancelledError */
function askExport(
  title: string,
  paths: readonly string[],
  wanted: { readonly format: WrittenFormat; readonly fold: boolean; readonly storage: Storage },
): Promise<Exported> {
  const phases: Readonly<Record<string, string>> = {
    reading: l10n.t('Reading the model'),
    writing: l10n.t('Writing it'),
    measuring: l10n.t('Measuring its accuracy'),
  };
  const { engine } = readSettings();
  const { format, fold, storage } = wanted;
  const options = ['--format', format, '--storage', storage, '--engine', engine, ...(fold ? ['--fold'] : [])];
  return withCancel(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (signal, progress) =>
      askCli<Exported>(['export', ...paths, ...options], {
        scripts: __dirname,
        signal,
        onPhase: (phase) => {
          progress.report({ message: phases[phase] ?? phase });
        },
      }),
  );
}

function roundingText({ storage, accuracy, notMeasured }: Exported): string[] {
  if (notMeasured !== undefined) return [l10n.t('The accuracy was not measured: {0}', notMeasured)];
  if (accuracy === undefined || storage === 'float32') return [];
  const { part, sentences, before, after } = accuracy;
  const figures = [sentences, after.toFixed(4), before.toFixed(4)] as const;
  return [
    part === 'test'
      ? l10n.t('Accuracy on {0} test sentences: {1}, before the rounding {2}.', ...figures)
      : l10n.t('Accuracy on {0} validation sentences: {1}, before the rounding {2}.', ...figures),
  ];
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
