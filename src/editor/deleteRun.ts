import { lstat, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError, UserError } from '../core/errors.ts';
import { isGoing, statusToShow, type RunStatus } from '../process/runStatus.ts';
import { folderBytes } from './folderBytes.ts';
import { formatStart } from './runLabels.ts';
import { formatMegabytes } from './formatMegabytes.ts';

/**
 * Moves a run to the trash, or deletes it where there is none, once the user has said so.
 * @throws UserError `run-going` for one that is not at an end; CancelledError
 */
export async function deleteRun(folder: string): Promise<void> {
  const status = await checkDeletable(folder);
  // The file system of a server has no trash.
  const hasTrash = vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  const bytes = await folderBytes(folder);
  await confirm(status, bytes, hasTrash);
  try {
    await remove(folder, hasTrash);
  } catch (error) {
    if (!hasTrash || error instanceof UserError) throw error;
    // The trash has not taken it, as of a network drive.
    await confirm(status, bytes, false);
    await remove(folder, false);
  }
  // The folder of the recipe's runs, where this was the last.
  await rmdir(dirname(folder)).catch(() => undefined);
}

async function remove(folder: string, useTrash: boolean): Promise<void> {
  // It may have been resumed while the question was open.
  await checkDeletable(folder);
  await vscode.workspace.fs.delete(vscode.Uri.file(folder), { recursive: true, useTrash });
}

async function confirm(status: RunStatus, bytes: number, hasTrash: boolean): Promise<void> {
  const button = hasTrash ? l10n.t('Move to Trash') : l10n.t('Delete');
  const size = formatMegabytes(bytes);
  const detail = hasTrash
    ? l10n.t('{0} with its models and results, {1}, is moved to the trash.', status.run, size)
    : l10n.t('{0} with its models and results, {1}, is deleted for good.', status.run, size);
  const question = l10n.t('Delete the run of {0} of {1}?', status.recipe, formatStart(status));
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, button);
  if (chosen !== button) throw new CancelledError();
}

/** A run that has ended, in a folder that is no link to another. */
async function checkDeletable(folder: string): Promise<RunStatus> {
  const status = await statusToShow(folder);
  if (isGoing(status.state)) {
    throw new UserError('run-going', l10n.t('The run is going on.'), l10n.t('Cancel it first.'), {
      file: folder,
    });
  }
  if ((await lstat(folder)).isSymbolicLink()) {
    throw new UserError(
      'run-linked',
      l10n.t('The run is a link to another folder.'),
      l10n.t('Delete that folder by hand.'),
      { file: folder },
    );
  }
  return status;
}
