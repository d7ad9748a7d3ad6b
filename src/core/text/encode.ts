import type { DataSource, TextSettings } from '../recipe/recipe.ts';
import { UserError } from '../errors.ts';
import { readRows, type Row } from './dataset.ts';
import type { EncodedDataset } from './encoded.ts';
import { GrowingInts } from './growing.ts';
import type { LabelIndex } from './labels.ts';
import { tokenize } from './tokenizer.ts';
import type { WordIndex } from './vocabulary.ts';

/** How text becomes table rows. */
export interface Encoding {
  readonly text: TextSettings;
  /** Not needed by the tokenizer `ids`. */
  readonly words?: WordIndex;
  /** m; an id of the tokenizer `ids` must be below it. */
  readonly rows?: number;
}

/**
 * Reads a labelled file into table rows, streamed: only the rows are kept.
 *
 * Padding inside a text, and unknown words where the vocabulary has no row for them, are left out. A sentence that
 * has no token left becomes one unknown token (where there is no such row: one padding token), so that no sentence has
 * length 0.
 *
 * @throws UserError as `readRows` does, for a label that is not among the known ones, and for the tokenizer `ids` where
 * a piece is no integer in [0, rows).
 */
export async function encodeDataset(
  source: DataSource,
  encoding: Encoding,
  labels: LabelIndex,
): Promise<EncodedDataset> {
  const ids = new GrowingInts();
  const offsets = new GrowingInts();
  const classes = new GrowingInts();
  const withUnknown = new GrowingInts();
  const { words } = encoding;
  const padding = words?.paddingId ?? 0;
  const unknown = words?.unknownId ?? padding;
  const indexed = encoding.text.tokenizer === 'ids';
  // Row 0 in a text that is indexed already is padding and not a word without a row.
  const marked = indexed && unknown === padding ? -1 : unknown;
  offsets.push(0);
  for await (const row of readRows(source)) {
    classes.push(labels.indexOf(row.label, source.path, row.line));
    const start = ids.length;
    let unknowns = 0;
    const add = (id: number): void => {
      if (id === marked) unknowns = 1;
      if (id !== padding) ids.push(id);
    };
    if (indexed) {
      for (const piece of tokenize(row.text, encoding.text))
        add(parseId(piece, row, source.path, encoding.rows));
    } else {
      if (words === undefined) throw new Error('Words cannot be encoded without a vocabulary.');
      for (const token of tokenize(row.text, encoding.text)) add(words.idOf(token));
    }
    if (ids.length === start) {
      ids.push(unknown);
      unknowns = 1;
    }
    offsets.push(ids.length);
    withUnknown.push(unknowns);
  }
  return {
    ids: ids.toArray(),
    offsets: offsets.toArray(),
    labels: classes.toArray(),
    withUnknown: Uint8Array.from(withUnknown.toArray()),
  };
}

/** The dataset with its rows renumbered; `unknown` is the unknown words' new row. */
export function renumber(data: EncodedDataset, newIds: Int32Array, unknown: number): EncodedDataset {
  const ids = data.ids.map((id) => newIds[id]!);
  const withUnknown = Uint8Array.from(data.withUnknown, (_, i) =>
    ids.subarray(data.offsets[i], data.offsets[i + 1]).includes(unknown) ? 1 : 0,
  );
  return { ...data, ids, withUnknown };
}

/**
 * Every sentence with padding on one side as tokens of their own, `length` tokens long, for models that do not mask:
 * what such a model was trained on is the padded sentence.
 */
export function padSentences(data: EncodedDataset, length: number, side: 'left' | 'right'): EncodedDataset {
  const count = data.labels.length;
  const ids = new Int32Array(count * length);
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const sentence = data.ids.subarray(data.offsets[i], data.offsets[i + 1]);
    ids.set(sentence, i * length + (side === 'left' ? length - sentence.length : 0));
    offsets[i + 1] = (i + 1) * length;
  }
  return { ...data, ids, offsets };
}

function parseId(piece: string, row: Row, file: string, rows: number | undefined): number {
  const id = /^\d{1,10}$/.test(piece) ? Number(piece) : -1;
  const limit = rows ?? 2 ** 31 - 1;
  if (id >= 0 && id < limit) return id;
  throw new UserError(
    id < 0 ? 'invalid-id' : 'id-outside-table',
    id < 0
      ? `'${piece.slice(0, 40)}' on line ${row.line} is no row number, where integers from 0 on are expected.`
      : `The row ${id} on line ${row.line} is outside the table, which has ${limit} rows.`,
    id < 0
      ? 'Set "tokenizer" in the recipe to "words" or "whitespace" where the data holds text.'
      : 'Check that the data was indexed with the vocabulary of this model.',
    { file, line: row.line },
  );
}
