import { UserError, type Place } from '../../errors.ts';
import type { ModelSpec } from '../checkpoint.ts';
import { embeddingCalls, tablesOf } from './tables.ts';

/** Tokens of the model's input, where it has one and their number is fixed. */
export function inputLength({ body }: ModelSpec): number | undefined {
  return body.kind === 'graph' && body.inputs === undefined ? body.length : undefined;
}

/** The inputs of a model that takes several texts, by name. */
export function inputNames({ body }: ModelSpec): readonly string[] | undefined {
  return body.kind === 'graph' ? body.inputs?.map(({ name }) => name) : undefined;
}

/** How a text is laid out for its input. */
export interface TextLayout {
  /** Tokens to which it is cut and padded. */
  readonly length: number;
  /** Its ids are below it. */
  readonly rows: number;
}

/**
 * The layout of each text of a model that takes several.
 *
 * @param maxLength of the text settings, for those whose length the model leaves open
 */
export function textLayouts(spec: ModelSpec, maxLength: number): readonly TextLayout[] | undefined {
  const { body } = spec;
  if (body.kind !== 'graph') return undefined;
  const rows = inputRows(spec);
  return body.inputs?.map(({ length = maxLength }, i) => ({ length, rows: rows[i]! }));
}

/** Rows of the smallest of the tables that read each input: an id must be in all of them. */
export function inputRows(spec: ModelSpec): readonly number[] {
  const { body, embedding } = spec;
  if (body.kind !== 'graph') return [embedding.rows];
  const rows = new Map(tablesOf(spec).map((table) => [table.name, table.rows]));
  const calls = embeddingCalls(body);
  return (body.inputs ?? ['the only one']).map((_, i) =>
    Math.min(...calls.filter(({ input }) => input === i).map(({ table }) => rows.get(table)!)),
  );
}

/**
 * Whether each input has a row for every word: all texts have one vocabulary.
 *
 * @throws UserError `vocabulary-size`
 */
export function checkWords(spec: ModelSpec, words: number, place?: Place): void {
  const rows = inputRows(spec);
  const least = Math.min(...rows);
  if (words <= least) return;
  const name = inputNames(spec)?.[rows.indexOf(least)];
  throw new UserError(
    'vocabulary-size',
    `${name === undefined ? 'The input' : `The input '${name}'`} is read by a table of ${least} rows, and the vocabulary has ${words} words.`,
    'Index the texts with the words of each table, and set "tokenizer" under "text" to "ids".',
    place,
  );
}

/**
 * Whether sentences can be cut and padded to what the model's input takes. A text of several is cut to its own input's
 * length.
 *
 * @param maxLength of the text settings
 * @throws UserError `input-length`
 */
export function checkInputLength(spec: ModelSpec, maxLength: number, place?: Place): void {
  const length = inputLength(spec);
  if (length === undefined || maxLength === length || (spec.masked && maxLength < length)) return;
  throw new UserError(
    'input-length',
    `The model takes sentences of ${length} tokens, and "maxLength" is ${maxLength}.`,
    `Set "maxLength" in "text" to ${length}.`,
    place,
  );
}
