import type { Path, RecipeText } from './recipeText.ts';

/** Where the entries of `compress` stand, or those of its `among`: one or a list of them. */
export function compressEntries(recipe: RecipeText): Path[] {
  const path: Path = recipe.node('compress', 'among') ? ['compress', 'among'] : ['compress'];
  const list = recipe.node(...path);
  return list?.type === 'array' ? (list.children ?? []).map((_, entry) => [...path, entry]) : [path];
}
