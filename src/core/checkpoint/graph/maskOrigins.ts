import type { GraphBody } from '../graphBody.ts';
import { describeGraph } from './describeGraph.ts';
import { embeddingCalls } from './tables.ts';

/**
 * The body with a mask wherever Keras 3 makes one: a Concatenate of sequences side by side makes one of all steps where
 * an input has none, which is as good as none.
 */
export function withIdleMasks(body: GraphBody): GraphBody {
  const nodes = body.nodes.map(({ className, config, ...node }) => ({
    ...node,
    className,
    config: { ...config, merged_mask: className === 'Concatenate' ? 'all' : 'any' },
  }));
  return { ...body, nodes };
}

/**
 * Of each node, and of the embedding, the names of those that read an embedding from whose ids its mask is made; none of a
 * node without a mask.
 */
export function maskOrigins(body: GraphBody, dimension: number): Map<string, ReadonlySet<string>> {
  const facts = describeGraph(body, dimension);
  const origins = new Map<string, ReadonlySet<string>>(
    embeddingCalls(body).map(({ name, maskZero }) => [name, new Set(maskZero ? [name] : [])]),
  );
  for (const { name, className, inputs } of body.nodes) {
    if (className === 'Embedding') continue;
    const isMasked = facts.get(name)?.output.masked === true;
    origins.set(name, new Set(isMasked ? inputs.flatMap((input) => [...(origins.get(input) ?? [])]) : []));
  }
  return origins;
}

/** The same with the places of the inputs whose ids they are. */
export function maskInputs(body: GraphBody, dimension: number): Map<string, ReadonlySet<number>> {
  const inputOf = new Map(embeddingCalls(body).map(({ name, input }) => [name, input]));
  return new Map(
    [...maskOrigins(body, dimension)].map(([name, from]) => [
      name,
      new Set([...from].map((embedding) => inputOf.get(embedding)!)),
    ]),
  );
}
