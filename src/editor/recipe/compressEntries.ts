import type { Path, RecipeText } from './recipeText.ts';

/** Where the entries of `compress` stand, which is one or a list of them. */
export function compressEntries(recipe: RecipeText): Path[] {
  const compress = recipe.node('compress');
  return compress?.type === 'array'
    ? (compress.children ?? []).map((_, entry) => ['compress', entry])
    : [['compress']];
}
