import * as l10n from '@vscode/l10n';
import { dirname, resolve } from 'node:path';
import * as vscode from 'vscode';
import { openCheckpoint } from '../../core/checkpoint/openCheckpoint.ts';
import { UserError } from '../../core/errors.ts';
import { trainDefaults } from '../../core/recipe/defaults.ts';
import { parseRecipe } from '../../core/recipe/readRecipe.ts';
import type { Recipe } from '../../core/recipe/recipe.ts';
import type { DataChecks } from './dataChecks.ts';
import { rangeOf } from './diagnostics.ts';
import { trainedModel, type CheckedData, type KnownModel } from './rankEffect.ts';
import { describeEntries, describeEntry, ranksAt } from './rankHover.ts';
import { RecipeText } from './recipeText.ts';
import { describeSetting, settingAt } from './settingHover.ts';

/** Says of a reduction, a rank or another setting of a method what it does to the recipe's model. */
export class RankHover implements vscode.HoverProvider {
  readonly #checks: DataChecks;

  constructor(checks: DataChecks) {
    this.#checks = checks;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    // The recipe's paths are not followed before the folder is trusted.
    if (!vscode.workspace.isTrusted) return undefined;
    const recipe = new RecipeText(document.getText());
    const hovered = ranksAt(recipe, document.offsetAt(position));
    if (hovered === undefined) return this.#ofSetting(document, recipe, position);
    const [first, ...others] = hovered.entries;
    if (first === undefined) return undefined;
    const markdown = await this.#describe(document, recipe, (model) =>
      hovered.isWhole ? describeEntries([first, ...others], model) : describeEntry(first, model),
    );
    return new vscode.Hover(new vscode.MarkdownString(markdown), rangeOf(document, hovered.span));
  }

  async #ofSetting(
    document: vscode.TextDocument,
    recipe: RecipeText,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const hovered = settingAt(recipe, document.offsetAt(position));
    const file = document.uri.fsPath;
    if (hovered === undefined) return undefined;
    const settings = compressOf(recipe, file)[hovered.entry];
    if (settings === undefined) return undefined;
    const markdown = await this.#describe(document, recipe, (model) =>
      describeSetting(settings, { file, entry: hovered.entry }, model),
    );
    return new vscode.Hover(new vscode.MarkdownString(markdown), rangeOf(document, hovered.span));
  }

  async #describe(
    { uri }: vscode.TextDocument,
    recipe: RecipeText,
    describe: (model: KnownModel) => string,
  ): Promise<string> {
    try {
      const model = await modelOf(recipe, uri.fsPath, this.#checks.dataOf(uri));
      return model
        ? describe(model)
        : l10n.t('Ranks and sizes are known once the recipe has "model" or "train".');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return l10n.t('Ranks and sizes are known once the model can be read. {0}', error.message);
    }
  }
}

/** None where something is wrong with the recipe, which its problems tell. */
function compressOf(recipe: RecipeText, file: string): Recipe['compress'] {
  try {
    return parseRecipe(recipe.text, file).compress;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** @throws UserError the checkpoint's error */
async function modelOf(
  recipe: RecipeText,
  file: string,
  data: CheckedData | undefined,
): Promise<KnownModel | undefined> {
  const model = recipe.string('model');
  if (model !== undefined) {
    const hasArchitecture = recipe.node('architecture') !== undefined;
    const architecture = hasArchitecture ? parseRecipe(recipe.text, file).architecture : undefined;
    const { spec } = await openCheckpoint(resolve(dirname(file), model), architecture);
    const { rows, dimension } = spec.embedding;
    return { rows, dimension, spec, ...(data && { meanLength: data.meanLength }) };
  }
  if (recipe.node('train') === undefined) return undefined;
  try {
    const { train } = parseRecipe(recipe.text, file);
    return train && trainedModel(train, data);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Something else is wrong with the recipe, which its problems tell.
    const dimension = recipe.number('train', 'embedding', 'dimension') ?? trainDefaults.dimension;
    return { rows: undefined, dimension };
  }
}
