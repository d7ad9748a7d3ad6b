import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { UserError } from '../errors.ts';
import { walkFold } from './foldWalk.ts';

/** Whether `foldEmbedding` gives the same outputs, once an embedding is factorized; and if not, what stands in the way. */
export type Foldability = { readonly exact: true } | { readonly exact: false; readonly why: string };

/** What a BatchNormalization adds, of which no more than that there is something need be known. */
const someShift = new Float64Array(0);

/** @returns why: a sentence that names the layer */
export function foldability({ embedding, body }: Pick<ModelSpec, 'embedding' | 'body'>): Foldability {
  if (body.kind !== 'graph') return { exact: true };
  const { dimension } = embedding;
  try {
    walkFold(body, dimension, {
      start: { width: dimension },
      foldInto: () => undefined,
      normalize: (_, segments) => segments.map((segment) => ({ ...segment, shift: someShift })),
    });
    return { exact: true };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'not-foldable') throw error;
    return { exact: false, why: error.message };
  }
}
