import * as vscode from 'vscode';
import { UserError } from '../../core/errors.ts';
import { parseRecipe } from '../../core/recipe/readRecipe.ts';
import type { DataChecks } from './dataChecks.ts';
import { rangeOf } from './diagnostics.ts';
import { describeRates, scheduleAt } from './plannedRates.ts';
import { RecipeText } from './recipeText.ts';

/** Draws a schedule's learning rates before anything is run. */
export class ScheduleHover implements vscode.HoverProvider {
  readonly #checks: DataChecks;

  constructor(checks: DataChecks) {
    this.#checks = checks;
  }

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const recipe = new RecipeText(document.getText());
    const hovered = scheduleAt(recipe, document.offsetAt(position));
    if (hovered === undefined) return undefined;
    try {
      const settings = parseRecipe(recipe.text, document.uri.fsPath)[hovered.phase];
      if (settings === undefined) return undefined;
      const markdown = describeRates(settings, this.#checks.dataOf(document.uri)?.train);
      return new vscode.Hover(new vscode.MarkdownString(markdown), rangeOf(document, hovered.span));
    } catch (error) {
      // What is wrong with the recipe its problems tell.
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }
}
