import { resolve } from 'node:path';
import type { Body, ModelSpec } from '../core/checkpoint/checkpoint.ts';
import { layerOfTable, tablesOf } from '../core/checkpoint/graph/tables.ts';
import { classNames } from '../core/checkpoint/graphBody.ts';
import { inspectCheckpoint, type Inspection } from '../core/checkpoint/inspect.ts';
import type { Foldability } from '../core/embedding/foldability.ts';
import { listTensors } from '../core/checkpoint/listTensors.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { printTensors } from './tensorListing.ts';
import { shownPath, table } from './text.ts';

export async function inspectCommand(
  checkpoint: string,
  { json }: { readonly json: boolean },
): Promise<ExitCode> {
  const listing = await listTensors(resolve(checkpoint));
  if (listing !== undefined) {
    if (json) console.log(JSON.stringify(listing));
    else printTensors(listing);
    return exitCode.done;
  }
  const inspection = await inspectCheckpoint(resolve(checkpoint));
  if (json) {
    console.log(JSON.stringify(inspection));
    return exitCode.done;
  }
  const { path, format, spec, layers, parameters, storageBytes, embeddingShare } = inspection;
  const { folding, vocabulary, labels } = inspection;
  console.log(`${shownPath(path)} (${format})`);
  console.log(describe(inspection));
  const inputs = describeInputs(spec);
  if (inputs !== undefined) console.log(`Texts: ${inputs}`);
  if (vocabulary !== undefined) console.log(`Vocabulary: ${count(vocabulary)} words`);
  if (labels !== undefined) console.log(`Labels: ${labels.join(', ')}`);
  const rows = layers.map((layer) => [
    layer.name,
    layer.shape.join(' x '),
    count(layer.parameters),
    count(layer.storageBytes),
    percent(layer.share),
  ]);
  const header = ['weight', 'shape', 'parameters', 'bytes', 'share'];
  const all = ['all', '', count(parameters), count(storageBytes), percent(1)];
  console.log(`\n${table([header, ...rows, all], [1])}`);
  console.log(`\nThe embedding is ${percent(embeddingShare)} of the parameters.`);
  console.log(foldingText(folding, spec));
  return exitCode.done;
}

/** What `fold` and `export --fold` would do. */
function foldingText(folding: Foldability, { embedding }: ModelSpec): string {
  if (!folding.exact) return `Not to be folded: ${folding.why}`;
  return embedding.rank === undefined
    ? 'Once it is compressed, its second factor B can be folded into the next layer: the same outputs, narrower.'
    : 'Its second factor B can be folded into the next layer: the same outputs, narrower (export --fold).';
}

function describe({ spec, countsPadding }: Inspection): string {
  const { body, head, logit, classes } = spec;
  const hidden = body.hidden.length === 0 ? '' : `, hidden layers ${body.hidden.join(', ')}`;
  const padding = countsPadding ? '; padding counts as a token' : '';
  return `${describeBody(body)}${hidden}, ${logit ? 'logit' : head} over ${classes} classes; ${describeTables(spec)}${padding}`;
}

function describeTables(spec: ModelSpec): string {
  const tables = tablesOf(spec);
  const all = tables.map(({ name, rows, dimension, rank }) => {
    const atRank = rank === undefined ? '' : ` at rank ${rank}`;
    const named = tables.length === 1 ? '' : ` '${layerOfTable(spec, name)}'`;
    return `embedding${named} ${rows} x ${dimension}${atRank}`;
  });
  return all.join(', ');
}

/** The inputs of a model that takes several texts, in their order. */
function describeInputs({ body }: ModelSpec): string | undefined {
  if (body.kind !== 'graph') return undefined;
  return body.inputs
    ?.map(({ name, length }) => (length === undefined ? name : `${name} (${length} tokens)`))
    .join(', ');
}

function describeBody(body: Body): string {
  switch (body.kind) {
    case 'dan':
      return 'DAN';
    case 'cnn':
      return `CNN with ${body.filters} filters of each width ${body.widths.join(', ')}`;
    case 'lstm':
      return `LSTM with ${body.units} units${body.peepholes ? ' and peepholes' : ''}, ${body.pooling} pooling`;
    case 'bilstm':
      return `BiLSTM with ${body.units} units in each direction, ${body.pooling} pooling`;
    case 'gru':
      return `GRU with ${body.units} units, ${body.pooling} pooling`;
    case 'graph':
      return classNames(body);
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
