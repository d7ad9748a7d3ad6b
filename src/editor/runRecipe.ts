import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError, UserError } from '../core/errors.ts';
import { readFrozenRecipe } from '../process/runFolder.ts';
import { freeRecipePath } from './recipeFromAnswers.ts';

const scheme = 'embedding-press-recipe';

/** Has the text editor show, read-only, what a run was started with. */
export function registerFrozenRecipes(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: async ({ query }) => (await readFrozenRecipe(query)).text,
  });
}

/** Opens a run's recipe as it is now, or where its file is gone as the run has kept it. */
export async function editRecipe(folder: string): Promise<void> {
  const { path } = await readFrozenRecipe(folder);
  if (await isFile(path)) {
    await vscode.window.showTextDocument(vscode.Uri.file(path));
    return;
  }
  await vscode.window.showTextDocument(
    vscode.Uri.from({ scheme, path: `/${basename(path)}`, query: folder }),
  );
  void vscode.window.showInformationMessage(
    l10n.t('{0} is gone. This is what the run was started with; it cannot be changed.', basename(path)),
  );
}

/**
 * The file of a run's recipe as it is now; where it is gone, and the user wants it, the one that the run has kept is
 * written beside its old place.
 *
 * @throws UserError `recipe-folder-gone`; CancelledError
 */
export async function recipeToRunAgain(folder: string): Promise<vscode.Uri> {
  const { path, text } = await readFrozenRecipe(folder);
  if (await isFile(path)) return vscode.Uri.file(path);
  if (!existsSync(dirname(path))) {
    throw new UserError(
      'recipe-folder-gone',
      l10n.t('The recipe and its folder are gone: {0}.', path),
      l10n.t('Bring the folder back, with the files that the recipe names.'),
    );
  }
  const write = l10n.t("Write the Run's Recipe");
  const detail = l10n.t('The run has kept it as it was. It is written to a new file in the same folder.');
  const question = l10n.t('{0} is gone.', basename(path));
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, write);
  if (chosen !== write) throw new CancelledError();
  const name = basename(path).replace(/(?:\.press)?\.json$/, '');
  const target = freeRecipePath(dirname(path), name, existsSync);
  // `wx`: a file that came in between stays.
  await writeFile(target, text, { flag: 'wx' });
  return vscode.Uri.file(target);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
