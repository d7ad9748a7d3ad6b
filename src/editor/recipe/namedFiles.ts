import { dirname, resolve } from 'node:path';
import type { RawRecipe } from '../../core/recipe/rawRecipe.ts';
import { checkRecipe } from '../../core/recipe/validateRecipe.ts';
import type { Path } from './recipeText.ts';
import { isWordSet } from '../../core/recipe/wordSets.ts';

/** A file or folder that a recipe reads. */
export interface NamedFile {
  /** Of the field that names it. */
  readonly field: Path;
  /** Absolute. */
  readonly path: string;
}

/** The files that a recipe reads; none where its text has errors. */
export function namedFiles(text: string, recipeFile: string): NamedFile[] {
  const { recipe } = checkRecipe(text, recipeFile);
  if (recipe === undefined) return [];
  const folder = dirname(recipeFile);
  return fieldsOf(recipe).flatMap(([field, name]) =>
    name === undefined ? [] : [{ field, path: resolve(folder, name) }],
  );
}

function fieldsOf({ model, vocabulary, train, data }: RawRecipe): [Path, string | undefined][] {
  const parts = (['train', 'validation', 'test'] as const).map((part): [Path, string | undefined] => {
    const source = data[part];
    return [['data', part, 'path'], source && 'path' in source ? source.path : undefined];
  });
  return [
    [['model'], model],
    [['vocabulary'], isWordSet(vocabulary) ? undefined : vocabulary],
    [['train', 'embedding', 'vectors'], train?.embedding?.vectors],
    ...parts,
  ];
}
