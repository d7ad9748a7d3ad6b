import * as l10n from '@vscode/l10n';
import { arch, platform } from 'node:process';
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/engine/engineReport.ts';
import { CancelledError, UserError } from '../../core/errors.ts';
import type { RunStore } from '../runStore.ts';
import { engineArchives } from './engineArchives.ts';
import type { Engines } from './engines.ts';
import { engineFolder, megabytes, readInstalled, removeEngine } from './installedEngine.ts';

/** @throws UserError `engine-in-use`; CancelledError */
export async function removeTensorflow(engines: Engines, runs: RunStore): Promise<void> {
  const installed = await readInstalled(engines.storage);
  if (installed === undefined) {
    void vscode.window.showInformationMessage(
      l10n.t('There is no TensorFlow engine that Embedding Press has installed.'),
    );
    return;
  }
  if (runs.running.some(({ status }) => status.engine === 'tensorflow')) {
    throw new UserError(
      'engine-in-use',
      l10n.t('A run is computing with the TensorFlow engine.'),
      l10n.t('Wait for its end, or cancel it.'),
    );
  }
  const remove = l10n.t('Remove');
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('Remove the TensorFlow engine?'),
    {
      modal: true,
      detail: l10n.t(
        '{0} in {1} are deleted. Runs that began with TensorFlow cannot be resumed without it; new ones compute with WebAssembly.',
        megabytes(installed.bytes),
        engineFolder(engines.storage),
      ),
    },
    remove,
  );
  if (chosen !== remove) throw new CancelledError();
  await removeEngine(engines.storage);
  engines.refresh();
  const { label } = await engines.choice();
  void vscode.window.showInformationMessage(
    l10n.t('The TensorFlow engine was removed. The next run computes with: {0}.', label),
  );
}

/** Tells which engine a run would have and why, and offers to change that. */
export async function showEngine(engines: Engines): Promise<void> {
  const [choice, report, installed] = await Promise.all([
    engines.choice(),
    engines.report(),
    readInstalled(engines.storage),
  ]);
  const install = l10n.t('Install TensorFlow…');
  const remove = l10n.t('Remove TensorFlow…');
  const settings = l10n.t('Open Settings');
  const missing = report !== undefined && !report.tensorflow.usable && installed === undefined;
  const obstacle = missing ? whyNoBuild() : undefined;
  const detail = [
    choice.reason,
    ...(obstacle === undefined ? [] : [obstacle]),
    ...(choice.folder === undefined ? [] : [l10n.t('It lies in {0}.', choice.folder)]),
    ...describeVersions(report),
    ...(installed === undefined ? [] : [describeInstalled(installed.installedAt, installed.bytes)]),
  ].join('\n');
  const chosen = await vscode.window.showInformationMessage(
    l10n.t('Engine: {0}', choice.label),
    { modal: true, detail },
    ...(missing && obstacle === undefined ? [install] : []),
    ...(installed === undefined ? [] : [remove]),
    settings,
  );
  if (chosen === install) await vscode.commands.executeCommand('embeddingPress.installTensorflow');
  if (chosen === remove) await vscode.commands.executeCommand('embeddingPress.removeTensorflow');
  if (chosen === settings) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'embeddingPress.engine');
  }
}

/** Why the engine cannot be installed on this machine, or undefined. */
function whyNoBuild(): string | undefined {
  try {
    engineArchives(platform, arch);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${error.message} ${error.hint}`;
  }
}

function describeVersions(report: EngineReport | undefined): string[] {
  const tensorflow = report?.tensorflow;
  const versions = { ...(tensorflow?.usable === true && tensorflow.versions), ...report?.wasm.versions };
  const listed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return listed.length === 0 ? [] : [l10n.t('Versions: {0}', listed.join(', '))];
}

function describeInstalled(installedAt: string, bytes: number): string {
  const date = new Date(installedAt).toLocaleDateString();
  return l10n.t('Installed by Embedding Press on {0}, {1} on disk.', date, megabytes(bytes));
}
