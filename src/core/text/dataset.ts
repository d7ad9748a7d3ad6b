import type { DataSource } from '../recipe/recipe.ts';
import { UserError } from '../errors.ts';
import { parseJson } from '../parseJson.ts';
import { columnReader, textColumns, type Row, type TableRecord } from './columns.ts';
import { readCsvRecords } from './csv.ts';
import { listSeparator } from './labelSets.ts';
import { decodeLine, readLineChunks } from './lines.ts';

export type { Row } from './columns.ts';

/**
 * The labelled sentences of a file, streamed. Blank lines are skipped; labels are trimmed.
 *
 * Where a column is named, the first row of a `tsv` or `csv` file is its header; where all columns are positions,
 * there is none. `tsv` knows no quotes, `csv` has those of RFC 4180. `label-text` is a label, white space, the text.
 * A `jsonl` line is an object (or an array, for positions); a text there may be an array of table rows, a label one of
 * labels.
 *
 * @param unlabelled whether a sentence may have no label
 * @throws UserError naming file and line: a file that is missing or holds no row, bytes that are no UTF-8, a row with
 * the wrong number of columns, a column that is not there, a line that is no JSON, an empty label.
 */
export async function* readRows(source: DataSource, unlabelled = false): AsyncGenerator<Row> {
  let empty = true;
  for await (const row of rowsOf(source)) {
    if (row.label === '' && !unlabelled) {
      throw new UserError('empty-label', `Line ${row.line} has no label.`, 'Give every sentence a label.', {
        file: source.path,
        line: row.line,
      });
    }
    empty = false;
    yield row;
  }
  if (empty) {
    throw new UserError(
      'empty-file',
      'The file holds no sentences.',
      'Check the path and the format of the data.',
      {
        file: source.path,
      },
    );
  }
}

function rowsOf(source: DataSource): AsyncGenerator<Row> {
  switch (source.format) {
    case 'tsv':
      return fromRecords(source, readTsvRecords(source));
    case 'csv':
      return fromRecords(source, readCsvRecords(source.path, decodedLines(source)));
    case 'jsonl':
      return fromJsonLines(source);
    case 'label-text':
      return fromLabelText(source);
  }
}

async function* decodedLines(source: DataSource): AsyncGenerator<{ first: number; texts: string[] }> {
  for await (const { first, lines } of readLineChunks(source.path)) {
    yield { first, texts: lines.map((line, i) => decodeLine(line, source.encoding, source.path, first + i)) };
  }
}

async function* readTsvRecords(source: DataSource): AsyncGenerator<TableRecord> {
  for await (const { first, texts } of decodedLines(source)) {
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      if (text.trim() !== '' || text.includes('\t')) yield { line: first + i, fields: text.split('\t') };
    }
  }
}

async function* fromRecords(source: DataSource, records: AsyncIterable<TableRecord>): AsyncGenerator<Row> {
  const columns = columnReader(source);
  for await (const record of records) {
    const row = columns(record);
    if (row !== undefined) yield row;
  }
}

async function* fromLabelText(source: DataSource): AsyncGenerator<Row> {
  for await (const { first, texts } of decodedLines(source)) {
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      if (text.trim() === '') continue;
      const at = text.search(/\s/);
      if (at < 0) {
        throw new UserError(
          'missing-text',
          `Line ${first + i} holds one word, where a label, white space and a text are expected.`,
          'Check the format of the data.',
          { file: source.path, line: first + i },
        );
      }
      yield { line: first + i, label: text.slice(0, at), texts: [text.slice(at + 1)] };
    }
  }
}

async function* fromJsonLines(source: DataSource): AsyncGenerator<Row> {
  const columns = textColumns(source);
  for await (const { first, texts } of decodedLines(source)) {
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      const line = first + i;
      if (text.trim() === '') continue;
      const value = parseObject(text, source.path, line);
      yield {
        line,
        texts: columns.map((column) => jsonField(value, column, 'text', source.path, line)),
        label: jsonField(value, source.labelColumn, 'label', source.path, line).trim(),
      };
    }
  }
}

function parseObject(text: string, file: string, line: number): object {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      'invalid-json',
      `Line ${line} is no JSON: ${reason}.`,
      'Write one JSON object a line.',
      {
        file,
        line,
      },
    );
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new UserError('invalid-json', `Line ${line} is no JSON object.`, 'Write one JSON object a line.', {
    file,
    line,
  });
}

function isLabel(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function jsonField(
  value: object,
  column: string | number,
  role: 'text' | 'label',
  file: string,
  line: number,
): string {
  if (!Object.hasOwn(value, column)) {
    const keys = Object.keys(value).map((key) => `'${key}'`);
    throw new UserError(
      'missing-column',
      `Line ${line} has no '${column}'; it has ${keys.length === 0 ? 'nothing' : keys.slice(0, 20).join(', ')}.`,
      `Set "${role}Column" in the recipe to the key of the ${role}.`,
      { file, line },
    );
  }
  const field = (value as Record<string | number, unknown>)[column];
  if (typeof field === 'string') return field;
  if (role === 'label' && (typeof field === 'number' || typeof field === 'boolean')) return String(field);
  if (role === 'label' && Array.isArray(field) && field.every(isLabel)) return field.join(listSeparator);
  if (role === 'text' && Array.isArray(field) && field.every((id) => typeof id === 'number')) {
    return field.join(' ');
  }
  throw new UserError(
    'wrong-type',
    `'${column}' on line ${line} is ${JSON.stringify(field).slice(0, 40)}, where ${
      role === 'text' ? 'a string' : 'a string, a number, a boolean or a list of such'
    } is expected.`,
    `Set "${role}Column" in the recipe to the key of the ${role}.`,
    { file, line },
  );
}
