import { pipeline, Readable } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import { UserError } from '../errors.ts';
import type { TableRecord } from './columns.ts';

/** A quote that is never closed would otherwise take the rest of the file for one field. */
const maxRecordLength = 16 << 20;

/** The records of CSV lines that are decoded already, quoted line breaks included; blank lines are skipped. */
export async function* readCsvRecords(
  file: string,
  lines: AsyncIterable<{ readonly texts: readonly string[] }>,
): AsyncGenerator<TableRecord> {
  let lastLine = 0;
  const parser = parse({
    record_delimiter: '\n',
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordLength,
    info: true,
    on_record: (record: string[], { lines }) => {
      lastLine = lines;
      return record;
    },
  });
  // Errors of either side reach the loop below through the parser.
  pipeline(Readable.from(joined(lines)), parser, () => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      let breaks = 0;
      for (const field of record) for (const char of field) if (char === '\n') breaks++;
      yield { line: info.lines - breaks, fields: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const unclosed = error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE';
    const line = unclosed ? lastLine + 1 : Number(error.lines);
    throw new UserError(
      'invalid-csv',
      unclosed
        ? `A quote in the row that begins on line ${line} is not closed.`
        : `The quotes on line ${line} are wrong: ${error.message}.`,
      'Put such fields in double quotes and double the quotes in them.',
      { file, line },
    );
  }
}

async function* joined(lines: AsyncIterable<{ readonly texts: readonly string[] }>): AsyncGenerator<string> {
  for await (const { texts } of lines) yield texts.join('\n') + '\n';
}
