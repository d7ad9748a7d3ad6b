import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError, UserError, type Place } from '../core/errors.ts';
import { placeName } from './pageError.ts';

/** What a message needs of an error that the user can mend; a UserError, or a failed run's. */
export interface Mendable {
  readonly message: string;
  readonly hint: string;
  readonly place?: Place | undefined;
  /** What went wrong, where the message does not tell. */
  readonly heading?: string;
}

/** Runs a command's work and shows what goes wrong in it, which nobody has to answer for the command to end. */
export async function showErrors(log: vscode.LogOutputChannel, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CancelledError) return;
    if (error instanceof UserError) {
      log.error(error.format());
      void showMendable(error);
      return;
    }
    log.error(error instanceof Error ? error : String(error));
    void showBug(log, error);
  }
}

async function showBug(log: vscode.LogOutputChannel, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const chosen = await vscode.window.showErrorMessage(`Embedding Press: ${reason}`, l10n.t('Show Log'));
  if (chosen !== undefined) log.show();
}

/** Shows an error with its hint; resolves to one of `actions` where that was chosen. */
export async function showMendable(error: Mendable, ...actions: string[]): Promise<string | undefined> {
  const { place } = error;
  const openable = place !== undefined && (await isFile(place.file));
  const openFile = l10n.t('Open File');
  const chosen = await vscode.window.showErrorMessage(
    describeError(error),
    ...(openable ? [openFile] : []),
    ...actions,
  );
  if (chosen !== openFile || place === undefined) return chosen;
  await openPlace(place);
  return undefined;
}

/** `spam failed: train.tsv, line 7: The row … . Separate …` */
export function describeError({ heading, message, hint, place }: Mendable): string {
  const at = place === undefined ? '' : `${placeName(place)}: `;
  return `${heading === undefined ? '' : `${heading}: `}${at}${message} ${hint}`.trim();
}

async function openPlace({ file, line, column }: Place): Promise<void> {
  const uri = vscode.Uri.file(file);
  if (line === undefined) {
    await vscode.commands.executeCommand('vscode.open', uri);
    return;
  }
  const at = new vscode.Position(line - 1, Math.max(0, (column ?? 1) - 1));
  await vscode.commands.executeCommand('vscode.open', uri, { selection: new vscode.Range(at, at) });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(vscode.Uri.file(path))).type & vscode.FileType.File) !== 0;
  } catch {
    return false;
  }
}
