import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeEstimate, explainEstimate } from './estimateText.ts';
import type { Estimates } from './estimates.ts';

/** Told to the command as its second argument: the lens shows what it finds. */
export const fromLens = 'lens';

/** "Run" and "Estimate" above a recipe, and what was estimated until the recipe changes. */
export class RecipeLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #estimates: Estimates;
  readonly #listening: vscode.Disposable;

  constructor(estimates: Estimates) {
    this.#estimates = estimates;
    this.#listening = vscode.Disposable.from(
      estimates.onDidChange(() => {
        this.#changed.fire();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#changed.fire();
      }),
    );
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    if (!vscode.workspace.isTrusted) return [];
    const top = new vscode.Range(0, 0, 0, 0);
    const run = {
      command: 'embeddingPress.runRecipe',
      title: `$(play) ${l10n.t({ message: 'Run', comment: 'verb' })}`,
      tooltip: l10n.t('Train the models of this recipe in the background'),
      arguments: [uri],
    };
    return [new vscode.CodeLens(top, run), new vscode.CodeLens(top, this.#estimate(uri))];
  }

  #estimate(uri: vscode.Uri): vscode.Command {
    const known = this.#estimates.of(uri);
    if (known === 'measuring') return { command: '', title: `$(loading~spin) ${l10n.t('Estimating…')}` };
    return {
      command: 'embeddingPress.estimateRecipe',
      title: known ? describeEstimate(known) : `$(dashboard) ${l10n.t('Estimate')}`,
      tooltip: known
        ? `${explainEstimate(known)}\n${l10n.t('Click to estimate again.')}`
        : l10n.t('Measure a few steps: how long the run would take, and how much disk'),
      arguments: [uri, fromLens],
    };
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }
}
