import type { LayerCall, LayerOutput } from '../layers.ts';

interface GraphLayer {
  readonly name: string;
  readonly calls: readonly Pick<LayerCall, 'inputs'>[];
}

/**
 * Layers in the order in which Keras holds those of a functional model, whatever the order in its file: by their
 * distance from the outputs, the longest of any call first, and at one distance as a walk from the outputs meets them.
 * Weights go to layers by this order when a file is loaded. Layers that lead to no output are left out.
 *
 * Source: `map_graph` in keras/src/ops/function.py.
 */
export function kerasOrder<T extends GraphLayer>(layers: readonly T[], outputs: readonly LayerOutput[]): T[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const { met, after } = walk(byName, outputs);
  const ofCall = new Map<string, number>();
  const ofLayer = new Map<string, number>();
  for (const output of after.toReversed()) {
    const own = Math.max(ofCall.get(keyOf(output)) ?? 0, ofLayer.get(output.layer) ?? 0);
    ofCall.set(keyOf(output), own);
    ofLayer.set(output.layer, own);
    for (const input of inputsOf(byName, output)) {
      ofCall.set(keyOf(input), Math.max(own + 1, ofCall.get(keyOf(input)) ?? 0));
    }
  }
  const of = (order: ReadonlyMap<string, number>, { name }: T): number => order.get(name) ?? 0;
  return layers
    .filter(({ name }) => met.has(name))
    .sort((a, b) => of(ofLayer, b) - of(ofLayer, a) || of(met, a) - of(met, b));
}

function keyOf({ layer, call }: LayerOutput): string {
  return `${call} ${layer}`;
}

function inputsOf(
  layers: ReadonlyMap<string, GraphLayer>,
  { layer, call }: LayerOutput,
): readonly LayerOutput[] {
  return layers.get(layer)?.calls[call]?.inputs ?? [];
}

/** From the outputs: the layers as they are first met, and the calls behind all that they depend on. */
function walk(
  layers: ReadonlyMap<string, GraphLayer>,
  outputs: readonly LayerOutput[],
): { met: ReadonlyMap<string, number>; after: LayerOutput[] } {
  const met = new Map<string, number>();
  const after: LayerOutput[] = [];
  const seen = new Set<string>();
  // A stack of our own, for a file may be as deep as it likes.
  const stack: { readonly output: LayerOutput; next: number }[] = [];
  const enter = (output: LayerOutput): void => {
    if (!layers.has(output.layer) || seen.has(keyOf(output))) return;
    seen.add(keyOf(output));
    if (!met.has(output.layer)) met.set(output.layer, met.size);
    stack.push({ output, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = inputsOf(layers, top.output)[top.next++];
      if (input !== undefined) enter(input);
      else after.push(stack.pop()!.output);
    }
  }
  return { met, after };
}
