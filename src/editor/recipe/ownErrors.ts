import type { UserError } from '../../core/errors.ts';
import { validateRecipe } from '../../core/recipe/validateRecipe.ts';

/** What VS Code says itself of a text that its schema does not accept, or that is no JSON. */
const saidByVsCode = new Set([
  'bad-json',
  'repeated-field',
  'bad-value',
  'missing-field',
  'unknown-field',
  'useless-field',
  'repeated-value',
]);

/** The errors of a recipe's text that only we see: those between fields. */
export function ownErrors(text: string, file: string): UserError[] {
  return validateRecipe(text, file).filter(({ code }) => !saidByVsCode.has(code));
}
