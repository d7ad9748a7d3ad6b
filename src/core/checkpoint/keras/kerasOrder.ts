interface GraphLayer {
  readonly name: string;
  readonly inputs: readonly string[];
}

/**
 * Layers in the order in which Keras holds those of a functional model, whatever the order in its file: by their
 * distance from the output, the longest first, and at one distance as a walk from the output meets them. Weights go to
 * layers by this order when a file is loaded.
 *
 * Source: `map_graph` in keras/src/ops/function.py.
 */
export function kerasOrder<T extends GraphLayer>(layers: readonly T[], output: string): T[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const met = new Map<string, number>();
  const after: T[] = [];
  const visit = (name: string): void => {
    const layer = byName.get(name);
    if (layer === undefined || met.has(name)) return;
    met.set(name, met.size);
    layer.inputs.forEach(visit);
    after.push(layer);
  };
  visit(output);
  const distance = new Map<string, number>();
  for (const { name, inputs } of after.toReversed()) {
    const own = distance.get(name) ?? 0;
    distance.set(name, own);
    for (const input of inputs) distance.set(input, Math.max(own + 1, distance.get(input) ?? 0));
  }
  const of = (order: ReadonlyMap<string, number>, { name }: T): number => order.get(name) ?? 0;
  return after.sort((a, b) => of(distance, b) - of(distance, a) || of(met, a) - of(met, b));
}
