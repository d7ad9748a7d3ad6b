import * as vscode from 'vscode';

/** Which folder of the workspace a run is in, where there are several and their recipes may have one name. */
export function runPlace(runFolder: string): readonly string[] {
  if ((vscode.workspace.workspaceFolders ?? []).length < 2) return [];
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(runFolder));
  return folder === undefined ? [] : [folder.name];
}
