import type { ModelSpec } from '../core/checkpoint/checkpoint.ts';
import { inspectCheckpoint } from '../core/checkpoint/inspect.ts';
import { alignColumns, shortPath } from './output.ts';

/** `inspect CHECKPOINT`: what the model is made of. Weights are not read. */
export async function inspect(path: string, json: boolean): Promise<string> {
  const inspection = await inspectCheckpoint(path);
  if (json) return JSON.stringify(inspection);
  const { layers, parameters, storageBytes, embeddingShare, vocabulary, labels, spec } = inspection;
  const rows = layers.map(({ name, shape, share, ...layer }) => [
    name,
    shape.join(' x '),
    count(layer.parameters),
    count(layer.storageBytes),
    percent(share),
  ]);
  return [
    `${shortPath(inspection.path)} (${inspection.format})`,
    describe(spec),
    ...(vocabulary === undefined ? [] : [`Vocabulary: ${count(vocabulary)} words`]),
    ...(labels === undefined ? [] : [`Labels: ${labels.join(', ')}`]),
    '',
    alignColumns([
      ['weight', 'shape', 'parameters', 'bytes', 'share'],
      ...rows,
      ['all', '', count(parameters), count(storageBytes), percent(1)],
    ]),
    '',
    `The embedding is ${percent(embeddingShare)} of the parameters.`,
  ].join('\n');
}

function describe({ embedding, body, head, classes, masked }: ModelSpec): string {
  const rank = embedding.rank === undefined ? '' : ` at rank ${embedding.rank}`;
  const hidden = body.hidden.length === 0 ? '' : `, hidden layers ${body.hidden.join(', ')}`;
  const encoder =
    body.kind === 'dan'
      ? 'DAN'
      : `LSTM with ${body.units} units${body.peepholes ? ' and peepholes' : ''}, ${body.pooling} pooling`;
  const padding = masked ? '' : '; padding counts as a token';
  return `${encoder}${hidden}, ${head} over ${classes} classes; embedding ${embedding.rows} x ${embedding.dimension}${rank}${padding}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
