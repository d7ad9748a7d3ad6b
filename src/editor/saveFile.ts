import * as l10n from '@vscode/l10n';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import writeFileAtomic from 'write-file-atomic';
import type { SavedFile } from './panelProtocol.ts';

const kinds: Readonly<Record<SavedFile['format'], () => string>> = {
  png: () => l10n.t('PNG image'),
  svg: () => l10n.t('SVG image'),
  csv: () => l10n.t('Comma-separated values'),
};

/** Asks where and writes what a page has made. */
export async function saveFile({ name, format, content }: SavedFile, runFolder: string): Promise<void> {
  const uri = vscode.Uri.file(runFolder);
  const folder = (vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.workspaceFolders?.[0])?.uri
    .fsPath;
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(folder ?? homedir(), `${name.replaceAll(/[^\w.-]+/g, '-')}.${format}`)),
    filters: { [kinds[format]()]: [format] },
  });
  if (target === undefined) return;
  await writeFileAtomic(target.fsPath, format === 'png' ? Buffer.from(content, 'base64') : content);
}
