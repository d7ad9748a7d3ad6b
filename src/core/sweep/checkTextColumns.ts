import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { inputNames } from '../checkpoint/graph/inputLength.ts';
import { UserError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { textColumns } from '../text/columns.ts';

const parts = ['train', 'validation', 'test'] as const;

/**
 * Whether each source of a recipe names as many columns of texts as the model has inputs.
 *
 * @throws UserError `text-columns` that names the source's field
 */
export function checkTextColumns({ data, path }: Recipe, spec: ModelSpec): void {
  const names = inputNames(spec);
  for (const part of parts) {
    const source = data[part];
    if (source === undefined || !('path' in source)) continue;
    const columns = source.format === 'label-text' ? 1 : textColumns(source).length;
    if (columns === (names?.length ?? 1)) continue;
    const field = `data.${part}.${source.format === 'label-text' ? 'format' : 'textColumn'}`;
    const place = { file: path, item: field };
    if (names === undefined) {
      throw new UserError(
        'text-columns',
        `${field} has ${columns} columns, and the model has one input.`,
        'Name one column of texts.',
        place,
      );
    }
    const takes = `the model has ${names.length} inputs: ${names.map((name) => `'${name}'`).join(', ')}`;
    const order = `${names.length} columns, one for each of these in this order; a column may be there twice`;
    if (source.format === 'label-text') {
      throw new UserError(
        'text-columns',
        `${field} is "label-text", whose lines have one text, and ${takes}.`,
        `Give the texts as tsv, csv or jsonl, and in "textColumn" a list of ${order}.`,
        place,
      );
    }
    throw new UserError(
      'text-columns',
      `${field} names ${columns === 1 ? '1 column' : `${columns} columns`}, and ${takes}.`,
      `Make it a list of ${order}.`,
      place,
    );
  }
}
