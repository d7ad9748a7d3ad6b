import * as l10n from '@vscode/l10n';
import type { Body, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { layerOfTable, tablesOf, type SpecTable } from '../../src/core/checkpoint/graph/tables.ts';
import { classNames } from '../../src/core/checkpoint/graphBody.ts';
import type { CheckpointFormat } from '../../src/core/checkpoint/openCheckpoint.ts';
import type { TextSettings } from '../../src/core/recipe/recipe.ts';
import { formatCount } from '../format.ts';

export function describeFormat(format: CheckpointFormat): string {
  const formats: Readonly<Record<CheckpointFormat, string>> = {
    tfjs: l10n.t('TensorFlow.js layers model'),
    safetensors: l10n.t('safetensors, written by Embedding Press'),
    keras: l10n.t('Keras model'),
    h5: l10n.t('Keras model'),
    torch: l10n.t('PyTorch state dict'),
  };
  return formats[format];
}

/** More of anything nobody reads. */
const mostListed = 12;

/** `a, b`; of many things the first, and how many there are more. */
export function shortList(things: readonly (string | number)[]): string {
  const shown = things.slice(0, mostListed).join(', ');
  const more = things.length - mostListed;
  return more > 0 ? l10n.t('{0} and {1} more', shown, formatCount(more)) : shown;
}

/** `DAN, hidden layers 30, 25` */
export function describeBody({ body }: ModelSpec): string {
  const parts = [describeEncoder(body)];
  if (body.kind === 'lstm' && body.peepholes) parts.push(l10n.t('peepholes'));
  if ('pooling' in body) {
    parts.push(body.pooling === 'mean' ? l10n.t('mean of all outputs') : l10n.t('last output'));
  }
  if (body.hidden.length > 0) parts.push(l10n.t('hidden layers {0}', shortList(body.hidden)));
  return parts.join(', ');
}

function describeEncoder(body: Body): string {
  switch (body.kind) {
    case 'dan':
      return 'DAN';
    case 'lstm':
      return l10n.t('LSTM with {0} units', body.units);
    case 'bilstm':
      return l10n.t('BiLSTM with {0} units in each direction', body.units);
    case 'gru':
      return l10n.t('GRU with {0} units', body.units);
    case 'cnn':
      return l10n.t('CNN with {0} filters of each width {1}', body.filters, body.widths.join(', '));
    case 'graph':
      return classNames(body);
  }
}

/** `3,502 × 32`, or the two factors; of several tables each with its name. */
export function describeEmbedding(spec: ModelSpec): string {
  const tables = tablesOf(spec);
  if (tables.length === 1) return describeTable(spec.embedding);
  return tables.map((table) => `${layerOfTable(spec, table.name)}: ${describeTable(table)}`).join('; ');
}

function describeTable({ rows, dimension, rank }: Pick<SpecTable, 'rows' | 'dimension' | 'rank'>): string {
  const shape = (m: number, n: number): string => `${formatCount(m)} × ${formatCount(n)}`;
  return rank === undefined
    ? shape(rows, dimension)
    : l10n.t('{0} and {1}, rank {2}', shape(rows, rank), shape(rank, dimension), rank);
}

/** `title (20 tokens), body`: the inputs of a model that takes several texts. */
export function describeInputs({ body }: ModelSpec): string | undefined {
  if (body.kind !== 'graph') return undefined;
  return body.inputs
    ?.map(({ name, length }) =>
      length === undefined ? name : l10n.t('{0} ({1} tokens)', name, formatCount(length)),
    )
    .join(', ');
}

/** `Words and punctuation, lower case, at most 80 tokens` */
export function describeText(
  { tokenizer, lowercase, maxLength, padding, outOfVocabularyToken }: TextSettings,
  masked: boolean,
): string {
  const tokenizers: Readonly<Record<TextSettings['tokenizer'], string>> = {
    words: l10n.t('Words and punctuation'),
    whitespace: l10n.t('Split at white space'),
    runs: l10n.t('Runs of letters and of marks'),
    keras: l10n.t("As Keras's Tokenizer"),
    'text-vectorization': l10n.t("As Keras's TextVectorization"),
    ids: l10n.t('Rows of the table'),
  };
  const parts = [tokenizers[tokenizer]];
  if (lowercase && tokenizer !== 'ids') parts.push(l10n.t('lower case'));
  parts.push(l10n.t('at most {0} tokens', formatCount(maxLength)));
  // A model that masks its padding does not see on which side it is.
  if (!masked) parts.push(padding === 'left' ? l10n.t('padded on the left') : l10n.t('padded on the right'));
  if (outOfVocabularyToken !== '' && tokenizer !== 'ids')
    parts.push(l10n.t('unknown words as {0}', outOfVocabularyToken));
  return parts.join(', ');
}
