import type { ModelSpec } from './checkpoint.ts';
import { describeGraph } from './graph/describeGraph.ts';

/**
 * Whether padding changes what a model says of a sentence. Each of several texts is padded to a length, so that such a
 * model is not `masked`; its embeddings' masks may hide the padding all the same.
 */
export function countsPadding({ body, embedding, masked }: ModelSpec): boolean {
  if (body.kind !== 'graph') return !masked;
  const last = describeGraph(body, embedding.dimension).get(body.nodes.at(-1)?.name ?? '');
  return last?.output.seesPadding ?? !masked;
}
