import type * as vscode from 'vscode';

/** Recipes on disk; not their older states in a comparison. */
export const recipeSelector: vscode.DocumentFilter = { scheme: 'file', pattern: '**/*.press.json' };

export function isRecipe({ scheme, path }: vscode.Uri): boolean {
  return scheme === 'file' && path.endsWith('.press.json');
}
