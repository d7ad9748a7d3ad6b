import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';

export const runsSettingName = 'embeddingPress.runFolder';

/**
 * Where the setting wants the runs of a workspace folder to be kept; undefined where they lie beside their recipes.
 *
 * @param folder that a relative path starts from
 */
export function runsSetting(folder: string): string | undefined {
  const path = vscode.workspace.getConfiguration().get<string>(runsSettingName, '').trim();
  if (path === '') return undefined;
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : join(folder, path);
}
