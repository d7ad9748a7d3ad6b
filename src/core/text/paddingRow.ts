import { UserError } from '../errors.ts';
import type { ArchitectureSettings } from '../recipe/recipe.ts';
import { paddingWord } from './vocabulary.ts';

/**
 * The words of a table's rows, with the padding first as in `withPaddingFirst` of the table: it changes its place with
 * row 0, or comes before all others.
 */
export function withPaddingFirst(
  words: readonly string[],
  paddingRow: ArchitectureSettings['paddingRow'],
): readonly string[] {
  if (paddingRow === 0) return words;
  if (paddingRow === 'none') {
    if (!words.includes(paddingWord)) return [paddingWord, ...words];
    throw new UserError(
      'padding-word',
      `The vocabulary has the word '${paddingWord}', and "paddingRow" says that no row is the padding's.`,
      'Set "paddingRow" in "architecture" in the recipe to the row of that word.',
    );
  }
  const [first, padding] = [words[0], words[paddingRow]];
  // A vocabulary that is too short is refused with its table.
  if (first === undefined || padding === undefined) return words;
  return words.with(0, padding).with(paddingRow, first);
}
