import * as vscode from 'vscode';

/** Shows a folder: in the explorer where it lies in the workspace, else where the system shows files. */
export async function revealPath(path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  const isRemote = vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
  if (vscode.workspace.getWorkspaceFolder(uri)) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
  } else if (isRemote) {
    // The system's file manager is on another machine.
    await vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true });
  } else {
    await vscode.commands.executeCommand('revealFileInOS', uri);
  }
}
