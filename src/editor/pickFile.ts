import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { CancelledError } from '../core/errors.ts';

export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** A quick pick that must be answered. @throws CancelledError */
export async function pick<T>(
  items: readonly (PickItem<T> | vscode.QuickPickItem)[] | Promise<readonly PickItem<T>[]>,
  title: string,
  placeHolder: string,
): Promise<T> {
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined || !('value' in chosen)) throw new CancelledError();
  return chosen.value;
}

export const notSearched = '**/{node_modules,.embedding-press,.git}/**';
const mostFiles = 300;

/** Files of the workspace that a glob matches, the nearest to its top first. */
export async function findInWorkspace(glob: string): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(glob, notSearched, mostFiles);
  const depth = ({ path }: vscode.Uri): number => path.split('/').length;
  return found.sort((a, b) => depth(a) - depth(b) || a.path.localeCompare(b.path));
}

export function fileItem(file: vscode.Uri, detail?: string): PickItem<vscode.Uri> {
  return {
    label: basename(file.fsPath),
    description: dirname(vscode.workspace.asRelativePath(file)).replace(/^\.$/, ''),
    value: file,
    ...(detail !== undefined && { detail }),
  };
}

/** The system's own dialog. @throws CancelledError */
export async function browse(title: string, filters: Record<string, string[]>): Promise<vscode.Uri> {
  const chosen = await openDialog(title, filters);
  if (!chosen) throw new CancelledError();
  return chosen;
}

/** The system's own dialog; undefined where it is closed without a file. */
export async function openDialog(
  title: string,
  filters: Record<string, string[]>,
): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({ title, filters, canSelectMany: false });
  return chosen?.[0];
}

/** A model by its folder's name, or by its own where that says more than `model`. */
export function modelLabel({ fsPath }: vscode.Uri): string {
  return (basename(fsPath).startsWith('model.') && basename(dirname(fsPath))) || basename(fsPath);
}
