import { join } from 'node:path';
import * as vscode from 'vscode';
import { showErrors } from '../userErrors.ts';
import { isRecipe } from './isRecipe.ts';
import type { RecipeSupport } from './recipeSupport.ts';

/** All that helps with writing a recipe. It is loaded with the first recipe that is opened, or estimated. */
export function registerRecipeSupport({
  context,
  log,
}: {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
}): vscode.Disposable {
  let loading: Promise<RecipeSupport> | undefined;
  let isDisposed = false;
  const load = async (): Promise<RecipeSupport> => {
    const { RecipeSupport } = await import('./recipeSupport.ts');
    const support = new RecipeSupport(join(context.extensionUri.fsPath, 'dist'), log);
    if (isDisposed) support.dispose();
    return support;
  };
  const look = ({ uri }: vscode.TextDocument): void => {
    if (loading === undefined && isRecipe(uri)) loading = load();
  };
  vscode.workspace.textDocuments.forEach(look);
  return vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.commands.registerCommand('embeddingPress.newRecipe', () =>
      showErrors(log, async () => {
        const { newRecipe } = await import('./newRecipe.ts');
        await newRecipe();
      }),
    ),
    vscode.commands.registerCommand('embeddingPress.estimateRecipe', (file: unknown, from: unknown) =>
      showErrors(log, async () => (await (loading ??= load())).estimate(file, from)),
    ),
    {
      dispose() {
        isDisposed = true;
        void loading?.then((support) => {
          support.dispose();
        });
      },
    },
  );
}
