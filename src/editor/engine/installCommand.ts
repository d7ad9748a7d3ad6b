import * as l10n from '@vscode/l10n';
import { arch, platform } from 'node:process';
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/engine/engineReport.ts';
import { CancelledError } from '../../core/errors.ts';
import { askCli } from '../../process/askCli.ts';
import { withCancel, type Progress } from '../withCancel.ts';
import { downloadSize } from './downloadFile.ts';
import { addonPackage, engineArchives, libraryVersion, type EngineArchive } from './engineArchives.ts';
import type { Engines } from './engines.ts';
import { checkEngineRoom, installEngine, type InstallStep } from './installEngine.ts';
import { engineFolder, megabytes } from './installedEngine.ts';

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
      'It is ahead where layers are wide: an LSTM of 300 units trains two to three times as fast. Small models train as fast with WebAssembly, which is part of the extension and goes on serving.',
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
