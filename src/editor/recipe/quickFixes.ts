import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { missingFile, rangeOf } from './diagnostics.ts';
import { fixesOf, pathFixes, type Fix } from './fixes.ts';
import { namedFiles } from './namedFiles.ts';

/** Mends what the problems of a recipe, VS Code's own and ours, are about. */
export class QuickFixes implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  };

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const text = document.getText();
    const file = document.uri.fsPath;
    const isMissing = diagnostics.some(({ code }) => code === missingFile);
    const fixes = [...fixesOf(text, file), ...(isMissing ? await fixesOfPaths(text, file) : [])];
    return fixes
      .filter(({ span }) => rangeOf(document, span).intersection(range) !== undefined)
      .map((fix) => actionOf(fix, document, diagnostics));
  }
}

async function fixesOfPaths(text: string, recipe: string): Promise<Fix[]> {
  const fixes = await Promise.all(
    namedFiles(text, recipe).map(async ({ field, path }) => {
      const names = await readdir(dirname(path)).catch(() => []);
      return pathFixes(text, field, recipe, path, names);
    }),
  );
  return fixes.flat();
}

function actionOf(
  { title, span, edits, isPreferred }: Fix,
  document: vscode.TextDocument,
  diagnostics: readonly vscode.Diagnostic[],
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  const place = rangeOf(document, span);
  action.isPreferred = isPreferred;
  action.diagnostics = diagnostics.filter(({ range }) => range.intersection(place) !== undefined);
  action.edit = new vscode.WorkspaceEdit();
  for (const { content, ...edited } of edits) {
    action.edit.replace(document.uri, rangeOf(document, edited), content);
  }
  return action;
}
