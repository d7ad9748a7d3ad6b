import * as l10n from '@vscode/l10n';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { showErrors } from '../userErrors.ts';
import { askRecipe } from './askRecipe.ts';
import { fromLens, RecipeLenses } from './codeLens.ts';
import { DataChecks } from './dataChecks.ts';
import { RecipeDiagnostics } from './diagnostics.ts';
import { Estimates } from './estimates.ts';
import { describeEstimate, explainEstimate } from './estimateText.ts';
import { RankHover } from './hover.ts';
import { recipeSelector } from './isRecipe.ts';
import { newRecipe } from './newRecipe.ts';
import { QuickFixes } from './quickFixes.ts';
import { ScheduleHover } from './scheduleHover.ts';

/** All that helps with writing a recipe. */
export function registerRecipeSupport({
  context,
  log,
}: {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
}): vscode.Disposable {
  const scripts = join(context.extensionUri.fsPath, 'dist');
  const checks = new DataChecks(scripts, log);
  const estimates = new Estimates(scripts);
  const lenses = new RecipeLenses(estimates);
  return vscode.Disposable.from(
    checks,
    estimates,
    lenses,
    new RecipeDiagnostics(),
    vscode.languages.registerCodeLensProvider(recipeSelector, lenses),
    vscode.languages.registerHoverProvider(recipeSelector, new RankHover(checks)),
    vscode.languages.registerHoverProvider(recipeSelector, new ScheduleHover(checks)),
    vscode.languages.registerCodeActionsProvider(recipeSelector, new QuickFixes(), QuickFixes.metadata),
    vscode.commands.registerCommand('embeddingPress.newRecipe', () => showErrors(log, newRecipe)),
    vscode.commands.registerCommand('embeddingPress.estimateRecipe', (file: unknown, from: unknown) =>
      showErrors(log, () => estimateRecipe(estimates, file, from)),
    ),
  );
}

async function estimateRecipe(estimates: Estimates, file: unknown, from: unknown): Promise<void> {
  const recipe =
    file instanceof vscode.Uri && file.scheme === 'file'
      ? file
      : await askRecipe(l10n.t('Estimate Recipe'), l10n.t('The recipe to estimate'));
  const estimate = await estimates.estimate(recipe);
  if (from === fromLens) return;
  const run = l10n.t({ message: 'Run', comment: 'verb' });
  const message = `${describeEstimate(estimate)}. ${explainEstimate(estimate).replaceAll('\n', ' ')}`;
  void vscode.window.showInformationMessage(message, run).then(async (chosen) => {
    if (chosen === run) await vscode.commands.executeCommand('embeddingPress.runRecipe', recipe);
  });
}
