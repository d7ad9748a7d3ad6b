import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError } from '../core/errors.ts';
import { pick, type PickItem } from './pickFile.ts';

const sampleFolder = 'embedding-press-sample';
const sampleRecipe = 'sample.press.json';

/**
 * Copies the sample out of the extension, to where the user says, and gives its recipe. A copy that is there
 * already is used as it is.
 *
 * @throws CancelledError
 */
export async function copySample(context: vscode.ExtensionContext): Promise<vscode.Uri> {
  const target = vscode.Uri.joinPath(await askPlace(context), sampleFolder);
  const recipe = vscode.Uri.joinPath(target, sampleRecipe);
  if (await exists(recipe)) return recipe;
  await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(target, '..'));
  // Without `overwrite` nothing of the user's is lost: the copy fails where another folder has the name.
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(context.extensionUri, 'sample'), target);
  return recipe;
}

async function askPlace({ globalStorageUri }: vscode.ExtensionContext): Promise<vscode.Uri> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ name, uri }): PickItem<vscode.Uri> => {
    return { label: l10n.t('In {0}', name), description: l10n.t('as {0}', sampleFolder), value: uri };
  });
  const storage: PickItem<vscode.Uri> = {
    label: l10n.t("In the Extension's Own Storage"),
    description: l10n.t('leaves your folders as they are'),
    value: globalStorageUri,
  };
  const chosen = await pick<vscode.Uri | 'choose'>(
    [...folders, storage, { label: l10n.t('In Another Folder…'), value: 'choose' }],
    l10n.t('Try the Sample'),
    l10n.t('Where to put the sample, under 1 MB: a small model, its data and a recipe'),
  );
  if (chosen !== 'choose') return chosen;
  const picked = await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true });
  if (!picked?.[0]) throw new CancelledError();
  return picked[0];
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
