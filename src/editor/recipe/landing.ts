import { basename, sep } from 'node:path';
import type { UserError } from '../../core/errors.ts';
import type { NamedFile } from './namedFiles.ts';
import { RecipeText, type Span } from './recipeText.ts';

/** Where an error is shown: in the recipe, or at a line of a file that it reads. */
export type Landing =
  | { readonly in: 'recipe'; readonly span: Span; readonly message: string }
  | {
      readonly in: 'file';
      readonly file: string;
      /** From 1. */
      readonly line: number;
      readonly column: number;
      readonly message: string;
      /** Where the recipe names the file. */
      readonly namedAt: Span;
    };

/** An error of a whole file, which may be no text at all, is shown where the recipe names it. */
export function landingOf(
  { message, hint, place }: UserError,
  recipe: { readonly text: string; readonly file: string; readonly names: readonly NamedFile[] },
): Landing {
  const text = new RecipeText(recipe.text);
  const words = `${message} ${hint}`.trim();
  if (place === undefined || place.file === recipe.file) {
    return { in: 'recipe', span: text.spanOf(place ?? { file: recipe.file }), message: words };
  }
  const { file, line, column } = place;
  const naming = recipe.names.find(({ path }) => path === file || file.startsWith(`${path}${sep}`));
  const field = naming && text.node(...naming.field);
  const namedAt: Span = field
    ? { offset: field.offset, length: field.length }
    : text.spanOf({ file: recipe.file });
  if (line !== undefined) return { in: 'file', file, line, column: column ?? 1, message: words, namedAt };
  return { in: 'recipe', span: namedAt, message: `${basename(file)}: ${words}` };
}
