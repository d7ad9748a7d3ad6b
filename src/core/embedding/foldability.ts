import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { tablesOf } from '../checkpoint/graph/tables.ts';
import { UserError } from '../errors.ts';
import { walkFold } from './foldWalk.ts';

/** Whether `foldEmbedding` gives the same outputs, once an embedding is factorized; and if not, what stands in the way. */
export type Foldability = { readonly exact: true } | { readonly exact: false; readonly why: string };

/** What a BatchNormalization adds, of which no more than that there is something need be known. */
const someShift = new Float64Array(0);

/** @returns why: a sentence that names the layer */
export function foldability({
  embedding,
  body,
  biasFree,
}: Pick<ModelSpec, 'embedding' | 'body' | 'biasFree'>): Foldability {
  if (body.kind !== 'graph') return { exact: true };
  const tables = tablesOf({ embedding, body });
  const factorized = tables.filter(({ rank }) => rank !== undefined);
  // Which table it is of, and nothing else, is known of a factor.
  const starts = (factorized.length > 0 ? factorized : tables).map(({ name, dimension }) => {
    const map = { shape: [dimension, dimension], data: new Float32Array(0) };
    return [name, { width: dimension, map }] as const;
  });
  try {
    walkFold(body, embedding.dimension, {
      biasFree,
      starts: new Map(starts),
      foldInto: () => undefined,
      normalize: (_, segments) => segments.map((segment) => ({ ...segment, shift: someShift })),
    });
    return { exact: true };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'not-foldable') throw error;
    return { exact: false, why: error.message };
  }
}
