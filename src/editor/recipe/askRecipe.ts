import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError } from '../../core/errors.ts';
import { fileItem, findInWorkspace, pick } from '../pickFile.ts';

/** Asks for one of the workspace's recipes. @throws CancelledError */
export async function askRecipe(title: string, placeholder: string): Promise<vscode.Uri> {
  const open = vscode.window.activeTextEditor?.document.uri;
  const recipes = await findInWorkspace('**/*.press.json');
  if (recipes.length === 0) {
    void vscode.window.showInformationMessage(
      l10n.t('There is no recipe, a file *.press.json, in this workspace. "New Recipe…" writes one.'),
    );
    throw new CancelledError();
  }
  // The one in the editor is the likeliest.
  const isOpen = (recipe: vscode.Uri): boolean => recipe.toString() === open?.toString();
  const sorted = [...recipes.filter(isOpen), ...recipes.filter((recipe) => !isOpen(recipe))];
  return pick(
    sorted.map((recipe) => fileItem(recipe)),
    title,
    placeholder,
  );
}
