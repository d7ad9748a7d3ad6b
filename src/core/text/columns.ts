import { closest, distance } from 'fastest-levenshtein';
import type { Column, DataSource } from '../recipe/recipe.ts';
import { UserError } from '../errors.ts';

/** A row of a table before its columns are picked. */
export interface TableRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A labelled sentence and the line, from 1, on which its row begins. */
export interface Row {
  readonly line: number;
  /** One, or one of each column that the source names. */
  readonly texts: readonly string[];
  readonly label: string;
}

/** The columns of a source's texts. */
export function textColumns({ textColumn }: DataSource): readonly Column[] {
  return [textColumn].flat();
}

/**
 * Picks texts and label from a table's rows, given one by one; the header gives undefined. The first row sets how many
 * columns there are.
 */
export function columnReader(source: DataSource): (record: TableRecord) => Row | undefined {
  const columns = textColumns(source);
  const hasHeader = [...columns, source.labelColumn].some((column) => typeof column === 'string');
  let layout:
    { readonly texts: readonly number[]; readonly label: number; readonly count: number } | undefined;
  return ({ line, fields }) => {
    if (layout === undefined) {
      const header = fields.map((name) => name.trim());
      layout = {
        texts: columns.map((column) => position(source, 'textColumn', column, header, line)),
        label: position(source, 'labelColumn', source.labelColumn, header, line),
        count: fields.length,
      };
      if (hasHeader) return undefined;
    }
    if (fields.length !== layout.count) {
      throw new UserError(
        'wrong-columns',
        `The row on line ${line} has ${count(fields.length)}, where the first row has ${layout.count}.`,
        source.format === 'csv'
          ? 'Put fields that hold a comma in double quotes.'
          : 'Separate the columns by one tab each; a text must hold none.',
        { file: source.path, line },
      );
    }
    return { line, texts: layout.texts.map((at) => fields[at]!), label: fields[layout.label]!.trim() };
  };
}

function position(
  source: DataSource,
  role: 'textColumn' | 'labelColumn',
  column: Column,
  header: readonly string[],
  line: number,
): number {
  if (typeof column === 'number') {
    if (Number.isInteger(column) && column >= 0 && column < header.length) return column;
    throw new UserError(
      'missing-column',
      `There is no column ${column}: the first row has ${count(header.length)}, from 0 to ${header.length - 1}.`,
      `Correct "${role}" in the recipe.`,
      { file: source.path, line },
    );
  }
  const at = header.indexOf(column);
  if (at >= 0) return at;
  const near = closest(column, header);
  const suggestion =
    distance(column, near) <= Math.max(2, column.length / 3) ? ` Did you mean '${near}'?` : '';
  throw new UserError(
    'missing-column',
    `There is no column '${column}'; the columns are ${header.map((name) => `'${name}'`).join(', ')}.${suggestion}`,
    `Correct "${role}" in the recipe; where the file has no header, give positions from 0.`,
    { file: source.path, line },
  );
}

function count(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`;
}
