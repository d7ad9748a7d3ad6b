import type { Checkpoint, NamedBody, Tensor } from '../checkpoint/checkpoint.ts';
import { factorCoding } from '../compression/coding.ts';
import { schemeOf } from '../compression/codings.ts';
import { UserError } from '../errors.ts';
import { tablesOf, type SpecTable } from '../checkpoint/graph/tables.ts';
import { tensorsBelow } from '../checkpoint/tensorsBelow.ts';
import { foldGraph } from './foldGraph.ts';
import { foldKernel } from './foldKernel.ts';

/**
 * Multiplies B into the kernels that follow the embedding, which are linear in it: a DAN's first layer after the mean,
 * the input kernels of a recurrence, and of a convolution the block of each of its window's tokens; see `foldGraph` for
 * what else may lie between. The model that
 * results has A for its table, k columns wide and coded as it was, and no factor: the same outputs up to rounding, with
 * fewer FLOPs than the factorized one, and a narrower look-up than the original's. It takes fewer bytes, too, where B is
 * not coded in few bits: the kernels are float32.
 *
 * @throws UserError `not-factorized`, and `not-foldable` for a layer in the way that is not linear
 */
export function foldEmbedding(checkpoint: Checkpoint): Checkpoint {
  const { spec, weights } = checkpoint;
  const tables = tablesOf(spec).filter(({ rank }) => rank !== undefined);
  if (tables.length === 0) {
    throw new UserError(
      'not-factorized',
      "The model's embedding is not factorized: there is nothing to fold.",
      'Name a compressed model.',
    );
  }
  const factors = new Map(tables.map((table) => [table.name, factorOf(checkpoint, table)]));
  const folded = new Map<string, Tensor>();
  for (const [name, tensor] of weights) {
    const part = tables.map(({ prefix }) => partName(name, prefix)).find((found) => found !== undefined);
    if (part === undefined) folded.set(name, tensor);
    else if (part.factor === 'A') folded.set(part.table, tensor);
  }
  const { rows, dimension, rank = dimension, coding } = spec.embedding;
  const embedding = { rows, dimension: rank, ...(coding && { coding }) };
  if (spec.body.kind === 'graph') {
    const { body, changed, gone } = foldGraph({ ...spec, body: spec.body }, factors, weights);
    for (const [name, tensor] of changed) folded.set(name, tensor);
    for (const name of folded.keys()) if (gone.some((start) => name.startsWith(start))) folded.delete(name);
    return { ...checkpoint, spec: { ...spec, body, embedding }, weights: folded };
  }
  const B = factors.get('embedding')!;
  for (const name of kernelsAfterEmbedding(spec.body)) {
    const kernel = weights.get(name);
    if (kernel === undefined) throw new Error(`The model has no ${name}.`);
    folded.set(name, foldKernel(kernel, [{ width: spec.embedding.dimension, map: B }]).kernel);
  }
  return { ...checkpoint, spec: { ...spec, embedding }, weights: folded };
}

/** Of a weight of a table's factors, or of a part of its code: the factor, and the weight's name in the table that A is then. */
function partName(
  name: string,
  prefix: string,
): { readonly factor: 'A' | 'B'; readonly table: string } | undefined {
  const [, factor, rest = ''] = name.startsWith(`${prefix}/`)
    ? (/^([AB])(\/.*)?$/.exec(name.slice(prefix.length + 1)) ?? [])
    : [];
  return factor === 'A' || factor === 'B' ? { factor, table: `${prefix}/table${rest}` } : undefined;
}

/** B, decoded where it is coded. */
function factorOf({ weights }: Checkpoint, { prefix, rank = 0, dimension, coding }: SpecTable): Tensor {
  const name = `${prefix}/B`;
  const how = factorCoding(coding);
  if (how !== undefined) {
    const data = schemeOf(how).decode(tensorsBelow(weights, name), rank, dimension, how);
    return { shape: [rank, dimension], data };
  }
  const factor = weights.get(name);
  if (factor === undefined) throw new Error(`The model has no ${name}.`);
  return factor;
}

function kernelsAfterEmbedding(body: NamedBody): string[] {
  switch (body.kind) {
    case 'dan':
      return [body.hidden.length > 0 ? 'hidden_0/kernel' : 'head/kernel'];
    case 'bilstm':
      return ['bilstm/forward/kernel', 'bilstm/backward/kernel'];
    case 'cnn':
      return body.widths.map((width) => `conv_${width}/kernel`);
    default:
      return [`${body.kind}/kernel`];
  }
}
