import type { GraphNames } from '../graphBody.ts';
import type { ReadTable } from './readTables.ts';
import type { UsedCall } from './usedCalls.ts';

/** The saved model's layers around the graph. */
export interface Ends {
  /** Of token ids, in the model's order; undefined for a Sequential that begins with its Embedding. */
  readonly inputs: readonly (UsedCall | undefined)[];
  /** The largest first. */
  readonly tables: readonly [ReadTable, ...ReadTable[]];
  readonly head: UsedCall;
  /** The head's activation, where it is a layer of its own. */
  readonly activation: UsedCall | undefined;
}

/**
 * The nodes' names, by those of the calls. A call that gives an embedding's vectors has that of the embedding.
 * @param main the call that gives the vectors of the first embedding
 */
export function nameNodes(
  calls: readonly UsedCall[],
  main: string,
  further: readonly ReadTable[],
): ReadonlyMap<string, string> {
  const taken = new Set(calls.map(({ name }) => name));
  const names = new Map<string, string>();
  for (const { name } of calls) {
    let node = name;
    // That of the first embedding, which is no node.
    for (let i = 1; node === 'embedding' || (node !== name && taken.has(node)); i++) node = `${name}_${i}`;
    taken.add(node);
    names.set(name, node);
  }
  for (const table of further) {
    for (const { call, vectors } of table.calls) names.set(vectors, names.get(call.name)!);
  }
  names.set(main, 'embedding');
  return names;
}

/** Names that the nodes do not have. */
export function namesOf(
  { tables, inputs, head, activation }: Ends,
  nodeNames: ReadonlyMap<string, string>,
): GraphNames {
  const [main, ...further] = tables;
  const factors = further.flatMap(({ factor, calls }) =>
    factor === undefined ? [] : [[nodeNames.get(calls[0]!.vectors)!, factor.name] as const],
  );
  const layers = further
    .map(({ layer, calls }) => [nodeNames.get(calls[0]!.call.name)!, layer.name] as const)
    .filter(([node, layer]) => node !== layer);
  // A layer may be called as the first embedding's node is.
  const other = main.layer.name === 'embedding' ? undefined : nodeNames.get('embedding');
  if (other !== undefined && layers.every(([node]) => node !== other)) layers.push([other, 'embedding']);
  return {
    input: inputs[0]?.name ?? 'ids',
    embedding: main.layer.name,
    ...(main.factor && { factor: main.factor.name }),
    ...(factors.length > 0 && { factors: Object.fromEntries(factors) }),
    ...(layers.length > 0 && { layers: Object.fromEntries(layers) }),
    head: head.name,
    ...(activation && {
      activation: {
        name: activation.name,
        className: activation.layer.className === 'Softmax' ? 'Softmax' : 'Activation',
      },
    }),
  };
}
