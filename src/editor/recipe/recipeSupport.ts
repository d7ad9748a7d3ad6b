import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { askRecipe } from './askRecipe.ts';
import { fromLens, RecipeLenses } from './codeLens.ts';
import { DataChecks } from './dataChecks.ts';
import { RecipeDiagnostics } from './diagnostics.ts';
import { Estimates } from './estimates.ts';
import { describeEstimate, explainEstimate } from './estimateText.ts';
import { RankHover } from './hover.ts';
import { recipeSelector } from './isRecipe.ts';
import { QuickFixes } from './quickFixes.ts';
import { ScheduleHover } from './scheduleHover.ts';

/** What is shown in a recipe that is open: lenses, hovers, problems and their fixes; and its estimate. */
export class RecipeSupport implements vscode.Disposable {
  readonly #estimates: Estimates;
  readonly #parts: vscode.Disposable;

  /** @param scripts the folder of cli.cjs */
  constructor(scripts: string, log: vscode.LogOutputChannel) {
    const checks = new DataChecks(scripts, log);
    const estimates = new Estimates(scripts);
    const lenses = new RecipeLenses(estimates);
    this.#estimates = estimates;
    this.#parts = vscode.Disposable.from(
      checks,
      estimates,
      lenses,
      new RecipeDiagnostics(),
      vscode.languages.registerCodeLensProvider(recipeSelector, lenses),
      vscode.languages.registerHoverProvider(recipeSelector, new RankHover(checks)),
      vscode.languages.registerHoverProvider(recipeSelector, new ScheduleHover(checks)),
      vscode.languages.registerCodeActionsProvider(recipeSelector, new QuickFixes(), QuickFixes.metadata),
    );
  }

  /**
   * Estimates a recipe, which is asked for where the command names none.
   * @param from `fromLens` where the lens shows the outcome
   */
  async estimate(file: unknown, from: unknown): Promise<void> {
    const recipe =
      file instanceof vscode.Uri && file.scheme === 'file'
        ? file
        : await askRecipe(l10n.t('Estimate Recipe'), l10n.t('The recipe to estimate'));
    const estimate = await this.#estimates.estimate(recipe);
    if (from === fromLens) return;
    const run = l10n.t({ message: 'Run', comment: 'verb' });
    const message = `${describeEstimate(estimate)}. ${explainEstimate(estimate).replaceAll('\n', ' ')}`;
    void vscode.window.showInformationMessage(message, run).then(async (chosen) => {
      if (chosen === run) await vscode.commands.executeCommand('embeddingPress.runRecipe', recipe);
    });
  }

  dispose(): void {
    this.#parts.dispose();
  }
}
