import type { ValidateFunction } from 'ajv';
import { UserError } from '../errors.ts';
import { compileSchema } from './compileSchema.ts';
import { JsonDocument } from './jsonDocument.ts';
import type { RawRecipe } from './rawRecipe.ts';
import { recipeRules } from './recipeRules.ts';
import { schemaErrors } from './schemaErrors.ts';

let compiled: ValidateFunction<RawRecipe> | undefined;

/** A recipe's text checked: its raw form where nothing is wrong, all errors in the text's order otherwise. */
export function checkRecipe(
  json: string,
  path: string,
): { readonly recipe?: RawRecipe; readonly errors: readonly UserError[] } {
  if (json.trim() === '') {
    const hint = 'Write a recipe: {"model": ..., "data": {"train": ...}, "compress": {}}.';
    return { errors: [new UserError('empty-recipe', 'The recipe is empty.', hint, { file: path, line: 1 })] };
  }
  const document = new JsonDocument(json, path);
  if (document.syntaxErrors.length > 0) return { errors: document.syntaxErrors };

  compiled ??= compileSchema();
  const { value } = document;
  const errors = compiled(value)
    ? recipeRules(value, document)
    : schemaErrors(compiled.errors ?? [], document);
  if (errors.length > 0) return { errors: errors.sort(byPlace) };
  return { recipe: value as RawRecipe, errors };
}

/**
 * All errors of a recipe's text, in the text's order; none where it can be run. Reads no file.
 *
 * @param path the recipe's file, named in the errors
 */
export function validateRecipe(json: string, path: string): readonly UserError[] {
  return checkRecipe(json, path).errors;
}

function byPlace({ place: a }: UserError, { place: b }: UserError): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}
