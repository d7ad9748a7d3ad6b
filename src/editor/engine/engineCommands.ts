import * as l10n from '@vscode/l10n';
import { arch, platform } from 'node:process';
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/engine/engineReport.ts';
import { CancelledError, UserError } from '../../core/errors.ts';
import { askCli } from '../../process/askCli.ts';
import type { RunStore } from '../runStore.ts';
import { downloadSize } from './downloadFile.ts';
import { addonPackage, engineArchives, libraryVersion, type EngineArchive } from './engineArchives.ts';
import type { Engines } from './engines.ts';
import { checkEngineRoom, installEngine, type InstallStep } from './installEngine.ts';
import { engineFolder, megabytes, readInstalled, removeEngine } from './installedEngine.ts';

/**
 * Explains what is downloaded, asks, and installs it.
 * @throws UserError what went wrong, with nothing left behind; CancelledError
 */
export async function installTensorflow(engines: Engines): Promise<void> {
  const archives = engineArchives(platform, arch);
  const bytes = await withCancel(
    { location: vscode.ProgressLocation.Window, title: l10n.t('Embedding Press: Asking for sizes') },
    (signal) => totalSize(archives, signal),
  );
  await askToInstall(engines.storage, archives, bytes);
  await checkEngineRoom(engines.storage, bytes);
  const tensorflow = await withCancel(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Installing the TensorFlow engine'),
      cancellable: true,
    },
    (signal, progress) =>
      installEngine({
        storage: engines.storage,
        archives,
        signal,
        onStep: report(progress, bytes),
        check: (folder) =>
          askCli<EngineReport>(['engine'], {
            scripts: engines.scripts,
            env: { EMBEDDING_PRESS_TENSORFLOW: folder },
            signal,
          }).catch((error: unknown) => {
            if (error instanceof CancelledError) throw error;
            return { tensorflow: { usable: false, reason: String(error) }, wasm: { versions: {} } };
          }),
      }),
  );
  engines.refresh();
  if (!tensorflow.usable) return;
  const { label, reason } = await engines.choice();
  void vscode.window.showInformationMessage(
    l10n.t(
      'TensorFlow {0} is installed and was tried. The next run computes with {1}: {2}',
      tensorflow.versions.tensorflow ?? '',
      label,
      reason,
    ),
  );
}

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
  const detail = [
    choice.reason,
    ...(choice.folder === undefined ? [] : [l10n.t('It lies in {0}.', choice.folder)]),
    ...describeVersions(report),
    ...(installed === undefined ? [] : [describeInstalled(installed.installedAt, installed.bytes)]),
  ].join('\n');
  const chosen = await vscode.window.showInformationMessage(
    l10n.t('Engine: {0}', choice.label),
    { modal: true, detail },
    ...(missing ? [install] : []),
    ...(installed === undefined ? [] : [remove]),
    settings,
  );
  if (chosen === install) await vscode.commands.executeCommand('embeddingPress.installTensorflow');
  if (chosen === remove) await vscode.commands.executeCommand('embeddingPress.removeTensorflow');
  if (chosen === settings) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'embeddingPress.engine');
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

async function totalSize(archives: readonly EngineArchive[], signal: AbortSignal): Promise<number> {
  const sizes = await Promise.all(
    archives.map(async ({ url, mostBytes }) => (await downloadSize(url, signal)) ?? mostBytes),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function askToInstall(
  storage: string,
  archives: readonly EngineArchive[],
  bytes: number,
): Promise<void> {
  const install = l10n.t('Install');
  const sources = archives.map(({ url }) => url).join('\n');
  const detail = [
    l10n.t(
      'It trains several times as fast as WebAssembly, which is part of the extension and goes on serving.',
    ),
    l10n.t(
      'Downloaded are {0}: the addon of {1} {2} and the C library TensorFlow {3}, both by Google under the Apache License 2.0, from',
      megabytes(bytes),
      addonPackage.name,
      addonPackage.version,
      libraryVersion,
    ) + `\n${sources}`,
    l10n.t(
      'On disk it takes about four times as much, in {0}. "Remove TensorFlow Engine" undoes it.',
      engineFolder(storage),
    ),
  ].join('\n\n');
  const chosen = await vscode.window.showInformationMessage(
    l10n.t('Install the TensorFlow engine?'),
    { modal: true, detail },
    install,
  );
  if (chosen !== install) throw new CancelledError();
}

type Progress = vscode.Progress<{ message?: string; increment?: number }>;

function report(progress: Progress, total: number): (step: InstallStep) => void {
  let bytes = 0;
  return (step) => {
    switch (step.kind) {
      case 'download':
        bytes += step.bytes;
        progress.report({
          message: l10n.t('{0} of {1}', megabytes(bytes), megabytes(total)),
          increment: (100 * step.bytes) / total,
        });
        break;
      case 'unpack':
        progress.report({ message: l10n.t('Unpacking') });
        break;
      case 'check':
        progress.report({ message: l10n.t('Trying it') });
        break;
    }
  };
}

async function withCancel<T>(
  options: vscode.ProgressOptions,
  work: (signal: AbortSignal, progress: Progress) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    const listener = token.onCancellationRequested(() => {
      cancel.abort();
    });
    try {
      return await work(cancel.signal, progress);
    } finally {
      listener.dispose();
    }
  });
}
