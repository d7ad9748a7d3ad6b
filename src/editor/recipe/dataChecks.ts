import * as l10n from '@vscode/l10n';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { CancelledError, UserError } from '../../core/errors.ts';
import { validateRecipe } from '../../core/recipe/validateRecipe.ts';
import { askCli } from '../../process/askCli.ts';
import { exists, problem } from './diagnostics.ts';
import { isRecipe } from './isRecipe.ts';
import { landingOf, type Landing } from './landing.ts';
import { namedFiles, type NamedFile } from './namedFiles.ts';
import type { CheckedData } from './rankEffect.ts';
import { RecipeText, type Span } from './recipeText.ts';

interface Found {
  /** Absolute. */
  readonly file: string;
  readonly diagnostic: vscode.Diagnostic;
}

/** What the last check of a recipe has found, and what is under way. */
interface Check {
  readonly abort: AbortController;
  /** Files, absolute. */
  readonly reads: readonly string[];
  readonly found?: Found;
  readonly data?: CheckedData;
}

/**
 * Has the command line read a recipe's data when the recipe is opened or saved, or when one of its files is saved, and
 * shows the first error at its line.
 */
export class DataChecks implements vscode.Disposable {
  /** The name is the problem matcher's owner too, so that what a task has found is not shown twice, and goes when it is mended. */
  readonly #shown = vscode.languages.createDiagnosticCollection('embedding-press');
  /** By the recipe's path. */
  readonly #checks = new Map<string, Check>();
  /** Recipes that were checked since they were opened. */
  readonly #open = new Set<string>();
  /** Files at which something is shown. */
  #files: readonly string[] = [];
  readonly #scripts: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #disposables: vscode.Disposable;

  /** @param scripts the folder of cli.cjs */
  constructor(scripts: string, log: vscode.LogOutputChannel) {
    this.#scripts = scripts;
    this.#log = log;
    const recipes = vscode.workspace.createFileSystemWatcher('**/*.press.json', true, true);
    this.#disposables = vscode.Disposable.from(
      this.#shown,
      recipes,
      recipes.onDidDelete(({ fsPath }) => {
        this.#checks.get(fsPath)?.abort.abort();
        this.#checks.delete(fsPath);
        this.#open.delete(fsPath);
        this.#show();
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.#checkVisible();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#checkVisible();
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (isRecipe(uri)) this.#start(uri.fsPath);
        for (const [recipe, { reads }] of [...this.#checks]) {
          if (reads.includes(uri.fsPath)) this.#start(recipe);
        }
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        // What was found stays: whoever goes to the data's line may have closed the recipe with it.
        if (this.#open.delete(uri.fsPath)) this.#checks.get(uri.fsPath)?.abort.abort();
      }),
    );
    this.#checkVisible();
  }

  /** What is known of a recipe's data since they were read last. */
  dataOf(recipe: vscode.Uri): CheckedData | undefined {
    return this.#checks.get(recipe.fsPath)?.data;
  }

  #checkVisible(): void {
    for (const { document } of vscode.window.visibleTextEditors) {
      if (isRecipe(document.uri) && !this.#open.has(document.uri.fsPath)) this.#start(document.uri.fsPath);
    }
  }

  #start(recipe: string): void {
    if (!vscode.workspace.isTrusted) return;
    const before = this.#checks.get(recipe);
    before?.abort.abort();
    const abort = new AbortController();
    this.#open.add(recipe);
    this.#checks.set(recipe, { reads: [], ...before, abort });
    this.#check(recipe, abort).catch((error: unknown) => {
      this.#log.error(error instanceof Error ? error : String(error));
    });
  }

  async #check(recipe: string, abort: AbortController): Promise<void> {
    const text = await readFile(recipe, 'utf8');
    const names = namedFiles(text, recipe);
    const reads = names.map(({ path }) => path);
    const update = (outcome: Pick<Check, 'found' | 'data'>): void => {
      if (this.#checks.get(recipe)?.abort === abort) this.#checks.set(recipe, { abort, reads, ...outcome });
    };
    update(this.#checks.get(recipe) ?? {});
    // What is wrong with the text, or a missing file, is shown as one types.
    if (validateRecipe(text, recipe).length > 0 || !(await allExist(names))) {
      update({});
      this.#show();
      return;
    }
    try {
      update({ data: await this.#ask(recipe, abort.signal) });
      this.#show([recipe, ...reads]);
    } catch (error) {
      if (error instanceof CancelledError) return;
      const known = error instanceof UserError ? error : undefined;
      update(
        known
          ? { found: found(landingOf(known, { text, file: recipe, names }), recipe, text, known.code) }
          : {},
      );
      this.#show();
      if (!known) throw error;
    }
  }

  #ask(recipe: string, signal: AbortSignal): Thenable<CheckedData> {
    const title = l10n.t('Embedding Press: Checking {0}', basename(recipe));
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
      askCli<CheckedData>(['validate', recipe], { scripts: this.#scripts, cwd: dirname(recipe), signal }),
    );
  }

  /** @param mended files in which nothing is wrong */
  #show(mended: readonly string[] = []): void {
    const byFile = new Map<string, Map<string, vscode.Diagnostic>>();
    for (const { found } of this.#checks.values()) {
      if (!found) continue;
      const { file, diagnostic } = found;
      // Two recipes may read the same data.
      byFile.set(
        file,
        (byFile.get(file) ?? new Map<string, vscode.Diagnostic>()).set(diagnostic.message, diagnostic),
      );
    }
    for (const file of [...this.#files, ...mended]) {
      if (!byFile.has(file)) this.#shown.delete(vscode.Uri.file(file));
    }
    for (const [file, diagnostics] of byFile)
      this.#shown.set(vscode.Uri.file(file), [...diagnostics.values()]);
    this.#files = [...byFile.keys()];
  }

  dispose(): void {
    for (const { abort } of this.#checks.values()) abort.abort();
    this.#disposables.dispose();
  }
}

const endOfLine = 2 ** 31 - 1;

function found(landing: Landing, recipe: string, text: string, code: string): Found {
  if (landing.in === 'recipe') {
    return { file: recipe, diagnostic: problem(rangeIn(text, landing.span), landing.message, code) };
  }
  const line = landing.line - 1;
  const range = new vscode.Range(line, landing.column - 1, line, endOfLine);
  const diagnostic = problem(range, landing.message, code);
  diagnostic.relatedInformation = [
    new vscode.DiagnosticRelatedInformation(
      new vscode.Location(vscode.Uri.file(recipe), rangeIn(text, landing.namedAt)),
      l10n.t('Read by this recipe'),
    ),
  ];
  return { file: landing.file, diagnostic };
}

function rangeIn(text: string, { offset, length }: Span): vscode.Range {
  const recipe = new RecipeText(text);
  const [start, end] = [recipe.positionOf(offset), recipe.positionOf(offset + length)];
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

async function allExist(names: readonly NamedFile[]): Promise<boolean> {
  const answers = await Promise.all(names.map(({ path }) => exists(path)));
  return answers.every(Boolean);
}
