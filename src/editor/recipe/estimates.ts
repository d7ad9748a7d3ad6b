import * as l10n from '@vscode/l10n';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Estimate } from '../../core/report/reports.ts';
import { askCli } from '../../process/askCli.ts';
import { readSettings } from '../settings.ts';
import { checkTrust, saveIfOpen } from '../startRecipe.ts';
import { withCancel } from '../withCancel.ts';

/** What recipes would take; each estimate is forgotten when its recipe changes. */
export class Estimates implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  /** By the recipe's URI. */
  readonly #known = new Map<string, Estimate | 'measuring'>();
  readonly #scripts: string;
  readonly #listening: vscode.Disposable;

  /** @param scripts the folder of cli.cjs */
  constructor(scripts: string) {
    this.#scripts = scripts;
    this.#listening = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) this.#set(document.uri, undefined);
    });
  }

  of(recipe: vscode.Uri): Estimate | 'measuring' | undefined {
    return this.#known.get(recipe.toString());
  }

  /**
   * Measures what a recipe would take; the user may cancel.
   * @throws UserError what is wrong with the recipe or its data; CancelledError
   */
  async estimate(recipe: vscode.Uri): Promise<Estimate> {
    checkTrust();
    await saveIfOpen(recipe);
    const before = this.of(recipe);
    this.#set(recipe, 'measuring');
    let estimate: Estimate | undefined;
    try {
      estimate = await this.#measure(recipe.fsPath);
      return estimate;
    } finally {
      // A change in the meantime has made it void.
      if (this.of(recipe) === 'measuring') {
        this.#set(recipe, estimate ?? (before === 'measuring' ? undefined : before));
      }
    }
  }

  #measure(recipe: string): Promise<Estimate> {
    const { jobs, engine } = readSettings();
    const title = l10n.t('Estimating {0}', basename(recipe));
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return withCancel(options, (signal) =>
      askCli<Estimate>(['estimate', recipe, '--jobs', String(jobs), '--engine', engine], {
        scripts: this.#scripts,
        cwd: dirname(recipe),
        signal,
      }),
    );
  }

  #set(recipe: vscode.Uri, value: Estimate | 'measuring' | undefined): void {
    const key = recipe.toString();
    if (this.#known.get(key) === value) return;
    if (value === undefined) this.#known.delete(key);
    else this.#known.set(key, value);
    this.#changed.fire();
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }
}
