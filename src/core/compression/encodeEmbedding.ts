import { tablesOf, withCoding } from '../checkpoint/graph/tables.ts';
import type { Checkpoint, Tensor } from '../checkpoint/checkpoint.ts';
import type { Random } from '../random.ts';
import { factorCoding, type Coding, type Parts } from './coding.ts';
import { schemeOf } from './codings.ts';

/**
 * The model with a table, or its factors, coded. The exact values stay beside the parts for training to start from;
 * a checkpoint that is written holds the parts alone.
 *
 * @param worth of each of the table's rows, where some are stored better than others
 * @param table its name
 */
export function encodeEmbedding<M extends Pick<Checkpoint, 'spec' | 'weights'>>(
  checkpoint: M,
  coding: Coding,
  random: Random,
  worth?: Float64Array,
  table = 'embedding',
): M {
  const weights = new Map(checkpoint.weights);
  const { spec } = checkpoint;
  const found = tablesOf(spec).find(({ name }) => name === table);
  if (found === undefined) throw new Error(`The model has no table '${table}'.`);
  const { prefix, rank } = found;
  const encode = (name: string, how: Coding | undefined): void => {
    const matrix = weights.get(name);
    if (matrix === undefined) throw new Error(`The model has no ${name}.`);
    if (how === undefined) return;
    for (const [part, tensor] of schemeOf(how).encode(matrix, how, random, worth))
      weights.set(`${name}/${part}`, tensor);
  };
  if (rank === undefined) encode(`${prefix}/table`, coding);
  else {
    encode(`${prefix}/A`, coding);
    encode(`${prefix}/B`, factorCoding(coding));
  }
  return { ...checkpoint, spec: withCoding(spec, table, coding), weights };
}

/** The model with the parts of its coded table beside the exact values. */
export function withCodedTable(checkpoint: Checkpoint, coding: Coding, parts: Parts): Checkpoint {
  const weights = new Map(checkpoint.weights);
  for (const [part, tensor] of parts) weights.set(`embedding/table/${part}`, tensor);
  const { spec } = checkpoint;
  return { ...checkpoint, spec: { ...spec, embedding: { ...spec.embedding, coding } }, weights };
}

/** A table m x n that is neither factorized nor coded. @param name the table's */
export function tableOf({ spec, weights }: Checkpoint, name = 'embedding'): Tensor {
  const found = tablesOf(spec).find((one) => one.name === name);
  const table = weights.get(`${found?.prefix}/table`);
  if (table === undefined || found?.rank !== undefined || found?.coding !== undefined) {
    throw new Error('The model is compressed already.');
  }
  return table;
}
