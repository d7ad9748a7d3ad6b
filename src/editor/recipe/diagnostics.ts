import * as l10n from '@vscode/l10n';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { isRecipe } from './isRecipe.ts';
import { namedFiles } from './namedFiles.ts';
import { ownErrors } from './ownErrors.ts';
import { RecipeText, type Span } from './recipeText.ts';

export const missingFile = 'missing-file';
const pauseMs = 250;

/** Says as one types what VS Code cannot know from the schema: errors between fields, and files that are missing. */
export class RecipeDiagnostics implements vscode.Disposable {
  readonly #found = vscode.languages.createDiagnosticCollection('embedding-press-recipe');
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #disposables: vscode.Disposable;

  constructor() {
    this.#disposables = vscode.Disposable.from(
      this.#found,
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.#refresh(document);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#refresh(document, pauseMs);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        this.#refresh(document);
      }),
      // A file may have come or gone while another editor was in front.
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor) this.#refresh(editor.document);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#refreshAll();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#stopWaiting(uri);
        this.#found.delete(uri);
      }),
    );
    this.#refreshAll();
  }

  #refreshAll(): void {
    for (const document of vscode.workspace.textDocuments) this.#refresh(document);
  }

  #refresh(document: vscode.TextDocument, afterMs = 0): void {
    if (!isRecipe(document.uri)) return;
    this.#stopWaiting(document.uri);
    const timer = setTimeout(() => void this.#check(document), afterMs);
    this.#waiting.set(document.uri.toString(), timer);
  }

  #stopWaiting(uri: vscode.Uri): void {
    clearTimeout(this.#waiting.get(uri.toString()));
    this.#waiting.delete(uri.toString());
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    const { version, uri } = document;
    const text = document.getText();
    const recipe = new RecipeText(text);
    const problems = ownErrors(text, uri.fsPath).map((error) => {
      const span = recipe.spanOf(error.place ?? { file: uri.fsPath });
      return problem(rangeOf(document, span), `${error.message} ${error.hint}`, error.code);
    });
    // Where a path leads is not looked at before the folder is trusted.
    if (vscode.workspace.isTrusted) {
      for (const { field, path } of namedFiles(text, uri.fsPath)) {
        const node = recipe.node(...field);
        if (node === undefined || (await exists(path))) continue;
        const message = l10n.t(
          'There is no {0} at this path, which is relative to the recipe.',
          basename(path),
        );
        problems.push(problem(rangeOf(document, node), message, missingFile));
      }
    }
    if (!document.isClosed && document.version === version) this.#found.set(uri, problems);
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#disposables.dispose();
  }
}

export function problem(range: vscode.Range, message: string, code: string): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'Embedding Press';
  diagnostic.code = code;
  return diagnostic;
}

export function rangeOf(document: vscode.TextDocument, { offset, length }: Span): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
