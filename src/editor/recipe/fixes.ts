import * as l10n from '@vscode/l10n';
import { getNodePath, modify, type Edit } from 'jsonc-parser/lib/esm/main.js';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { UserError } from '../../core/errors.ts';
import { Misspelling, nearest } from '../../core/recipe/schemaErrors.ts';
import { validateRecipe } from '../../core/recipe/validateRecipe.ts';
import { RecipeText, type Path, type Span } from './recipeText.ts';

/** A change of a recipe's text that mends an error. */
export interface Fix {
  readonly title: string;
  /** What is wrong. */
  readonly span: Span;
  readonly edits: readonly Edit[];
  /** Whether it is the one that is likely wanted. */
  readonly isPreferred: boolean;
}

/** The fixes of what the validator finds in a text. */
export function fixesOf(text: string, file: string): Fix[] {
  const recipe = new RecipeText(text);
  return validateRecipe(text, file).flatMap((error) => fixesOfError(error, recipe));
}

/**
 * The fixes of a path that leads nowhere: names in its folder that are near.
 *
 * @param field the field that holds the path
 * @param recipeFile absolute
 * @param path absolute, as the field means it
 * @param names what lies in the path's folder
 */
export function pathFixes(
  text: string,
  field: Path,
  recipeFile: string,
  path: string,
  names: readonly string[],
): Fix[] {
  const node = new RecipeText(text).node(...field);
  const name = nearest(basename(path), names);
  if (node === undefined || name === undefined) return [];
  const way = relative(dirname(recipeFile), join(dirname(path), name))
    .split(sep)
    .join('/');
  return [replacement(node, way)];
}

function fixesOfError(error: UserError, recipe: RecipeText): Fix[] {
  if (error.place === undefined) return [];
  const span = recipe.spanOf(error.place);
  const node = recipe.at(span.offset);
  if (node === undefined) return [];
  if (error instanceof Misspelling) return [replacement(span, error.meant)];
  const path = getNodePath(node);
  switch (error.code) {
    case 'model-and-train':
      return [removal(recipe, ['train'], span), removal(recipe, ['model'], span)];
    case 'unknown-field':
    case 'useless-field':
    case 'expected-accuracy-without-model':
    case 'repeated-value':
      return [removal(recipe, path, span)];
    default:
      return [];
  }
}

function replacement({ offset, length }: Span, word: string): Fix {
  return {
    title: l10n.t('Change to "{0}"', word),
    span: { offset, length },
    edits: [{ offset, length, content: JSON.stringify(word) }],
    isPreferred: true,
  };
}

const formattingOptions = { insertSpaces: true, tabSize: 2 };

function removal(recipe: RecipeText, path: Path, span: Span): Fix {
  const last = path.at(-1);
  const value: unknown = typeof last === 'number' ? recipe.node(...path)?.value : last;
  return {
    title: l10n.t('Remove {0}', JSON.stringify(value)),
    span,
    edits: modify(recipe.text, path, undefined, { formattingOptions }),
    isPreferred: false,
  };
}
