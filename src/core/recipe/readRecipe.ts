import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import type { Recipe } from './recipe.ts';
import { resolveRecipe } from './resolveRecipe.ts';
import { checkRecipe } from './validateRecipe.ts';

/**
 * A recipe from its text: checked, defaults applied, paths made absolute. Reads no file.
 *
 * @param path the recipe's file, whose folder paths are relative to
 * @throws UserError the first error of the text
 */
export function parseRecipe(json: string, path: string): Recipe {
  const { recipe, errors } = checkRecipe(json, path);
  if (recipe === undefined) throw errors[0] ?? new Error('A recipe without a value has an error.');
  return resolveRecipe(recipe, path);
}

/**
 * Reads a recipe's file.
 *
 * @throws UserError where it cannot be read, is no UTF-8, or has an error
 */
export async function readRecipe(path: string): Promise<Recipe> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const reason = readFailures[code];
    if (reason === undefined) throw error;
    throw new UserError('unreadable-recipe', `The recipe ${reason}.`, 'Check its path.', { file: path });
  }
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError('invalid-utf8', 'The recipe is not valid UTF-8.', 'Save it as UTF-8.', {
      file: path,
    });
  }
  return parseRecipe(json, path);
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder, expected a file',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
};
