import type { TextLayout } from '../checkpoint/graph/inputLength.ts';
import type { DataSource, TextSettings } from '../recipe/recipe.ts';
import { UserError, type Place } from '../errors.ts';
import { readRows } from './dataset.ts';
import { DatasetWriter } from './datasetWriter.ts';
import type { EncodedDataset } from './encoded.ts';
import type { LabelIndex } from './labels.ts';
import { checkSingle, LabelSets, separatorDefault } from './labelSets.ts';
import { tokenize } from './tokenizer.ts';
import type { WordIndex } from './vocabulary.ts';

/** How text becomes table rows. */
export interface Encoding {
  readonly text: TextSettings;
  /** Not needed by the tokenizer `ids`. */
  readonly words?: WordIndex;
  /** m; an id of the tokenizer `ids` must be below it. */
  readonly rows?: number;
  /** Of each text, of a model that takes several: its sentences are such texts one after the other. */
  readonly layouts?: readonly TextLayout[] | undefined;
}

/** Texts as table rows. */
export interface EncodedText<Ids = ArrayLike<number>> {
  readonly ids: Ids;
  /** Of the texts, before padding. */
  readonly tokens: number;
  /** How many of them are unknown: see `encodeText`. */
  readonly unknown: number;
}

/**
 * One text as table rows. Padding inside it, and unknown words where the vocabulary has no row for them, are left out.
 * A text that has no token left becomes one unknown token (where there is no such row: one padding token), so that no
 * sentence has length 0.
 *
 * @param place of the text, for the error
 * @returns its rows, the number of its tokens, and how many of them are unknown (1 for a text without any)
 * @throws UserError for the tokenizer `ids` where a piece is no integer in [0, rows).
 */
export function encodeText(text: string, encoding: Encoding, place?: Place): EncodedText<number[]> {
  const encoded = encodeTokens(text, encoding, place);
  if (encoded.ids.length > 0) return encoded;
  const { words } = encoding;
  const unknown = words?.unknownId ?? words?.paddingId ?? 0;
  return { ids: [unknown], tokens: encoded.tokens, unknown: Math.max(1, encoded.unknown) };
}

/** As `encodeText`, but for a text that has no token left. */
function encodeTokens(
  text: string,
  { text: settings, words, rows }: Encoding,
  place: Place | undefined,
): EncodedText<number[]> {
  const padding = words?.paddingId ?? 0;
  const unknown = words?.unknownId ?? padding;
  const indexed = settings.tokenizer === 'ids';
  // Row 0 in a text that is indexed already is padding and not a word without a row.
  const marked = indexed && unknown === padding ? -1 : unknown;
  const ids: number[] = [];
  let unknowns = 0;
  // Keras's Tokenizer leaves unknown words out before `pad_sequences` cuts.
  const cutsLast = settings.tokenizer === 'keras';
  const pieces = tokenize(text, cutsLast ? { ...settings, maxLength: Infinity } : settings);
  for (const piece of pieces) {
    if (!indexed && words === undefined) throw new Error('Words cannot be encoded without a vocabulary.');
    const id = indexed || words === undefined ? parseId(piece, rows, place) : words.idOf(piece);
    if (id === marked) unknowns++;
    if (id !== padding) ids.push(id);
  }
  const tokens = pieces.length;
  if (ids.length > settings.maxLength) {
    ids.splice(settings.truncation === 'left' ? 0 : settings.maxLength, ids.length - settings.maxLength);
  }
  return { ids, tokens, unknown: unknowns };
}

/**
 * What turns the texts of a sentence into table rows: one text as `encodeText` does. Of several each is cut to its length
 * and padded to it with row 0; one that has no token left is padding alone.
 *
 * @returns a function of the texts, and of their place for the error of `encodeText`
 */
export function sentenceEncoder(
  encoding: Encoding,
): (texts: readonly string[], place?: Place) => EncodedText {
  const { layouts, text: settings } = encoding;
  if (layouts === undefined) return ([text = ''], place) => encodeText(text, encoding, place);
  let length = 0;
  const encodings = layouts.map((layout) => {
    const start = length;
    length += layout.length;
    return { ...encoding, rows: layout.rows, text: { ...settings, maxLength: layout.length }, start };
  });
  return (texts, place) => {
    const sentence = new Int32Array(length);
    let [tokens, unknown] = [0, 0];
    encodings.forEach((own, i) => {
      const encoded = encodeTokens(texts[i]!, own, place);
      sentence.set(padSentence(encoded.ids, own.text.maxLength, settings.padding), own.start);
      tokens += encoded.tokens;
      unknown += encoded.unknown;
    });
    return { ids: sentence, tokens, unknown };
  };
}

/**
 * Reads a labelled file into table rows, streamed: only the rows are kept, in memory where they are few.
 *
 * @param folder for a file of the rows; the system's folder of temporary files if not given
 * @param labels a `LabelSets` where sentences have several labels, or none
 * @throws UserError as `readRows` and `encodeText` do, and for a label that is not among the known ones.
 */
export async function encodeDataset(
  source: DataSource,
  encoding: Encoding,
  labels: LabelIndex,
  folder?: string,
): Promise<EncodedDataset> {
  const sets = labels instanceof LabelSets ? labels : undefined;
  const writer = new DatasetWriter(folder, sets?.sets);
  const index = sets?.separatedBy(source.labelSeparator ?? separatorDefault) ?? labels;
  const encode = sentenceEncoder(encoding);
  for await (const { line, label, texts } of readRows(source, sets !== undefined)) {
    if (sets === undefined) checkSingle(label, source.path, line);
    const found = index.indexOf(label, source.path, line);
    const { ids, unknown } = encode(texts, { file: source.path, line });
    writer.push({ ids, label: found, withUnknown: unknown > 0, line });
  }
  return writer.finish();
}

/**
 * A sentence with padding on one side as tokens of their own, `length` tokens long, for models that do not mask: what
 * such a model was trained on is the padded sentence.
 */
export function padSentence(ids: ArrayLike<number>, length: number, side: 'left' | 'right'): Int32Array {
  const padded = new Int32Array(length);
  padded.set(ids, side === 'left' ? length - ids.length : 0);
  return padded;
}

function parseId(piece: string, rows: number | undefined, place: Place | undefined): number {
  const id = /^\d{1,10}$/.test(piece) ? Number(piece) : -1;
  const limit = rows ?? 2 ** 31 - 1;
  if (id >= 0 && id < limit) return id;
  const at = place?.line === undefined ? '' : ` on line ${place.line}`;
  throw new UserError(
    id < 0 ? 'invalid-id' : 'id-outside-table',
    id < 0
      ? `'${piece.slice(0, 40)}'${at} is no row number, where integers from 0 on are expected.`
      : `The row ${id}${at} is outside the table, which has ${limit} rows.`,
    id < 0
      ? 'Set "tokenizer" in the recipe to "words" or "whitespace" where the data holds text.'
      : 'Check that the data was indexed with the vocabulary of this model.',
    place,
  );
}
