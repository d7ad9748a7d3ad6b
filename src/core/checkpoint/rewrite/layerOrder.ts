import { callsOf, nameOf, tensorsIn, type SavedModel } from './savedTopology.ts';

/** A layer at one of its calls. */
interface Node {
  readonly layer: string;
  readonly inputs: readonly string[];
}

/**
 * Names of a model's layers in the order in which Keras holds them, by which weights go to them: as `kerasOrder`, for
 * layers that are called several times, and models of several outputs.
 *
 * Source: `map_graph` in keras/src/ops/function.py.
 */
export function layerOrder({ layers, isSequential, config }: SavedModel): string[] {
  if (isSequential) return layers.map(nameOf);
  // Keras 2 counts the calls of a model inside the model from 1: its first call is the one that has made it.
  const last = new Map<string, number>();
  for (const { layer, call } of tensorsIn([layers.map(callsOf), config.output_layers])) {
    last.set(layer, Math.max(call, last.get(layer) ?? 0));
  }
  const nodes = new Map<string, Node>();
  for (const layer of layers) {
    const name = nameOf(layer);
    const calls = callsOf(layer);
    const first = (last.get(name) ?? 0) >= Math.max(1, calls.length) ? 1 : 0;
    calls.forEach((call, i) => {
      const inputs = tensorsIn(call).map((from) => key(from.layer, from.call));
      nodes.set(key(name, first + i), { layer: name, inputs });
    });
    // An input has no calls.
    if (callsOf(layer).length === 0) nodes.set(key(name, 0), { layer: name, inputs: [] });
  }
  const { met, after } = walk(
    nodes,
    tensorsIn(config.output_layers).map(({ layer, call }) => key(layer, call)),
  );
  const ofNode = new Map<string, number>();
  const ofLayer = new Map<string, number>();
  for (const name of after.toReversed()) {
    const { layer, inputs } = nodes.get(name)!;
    const depth = Math.max(ofNode.get(name) ?? 0, ofLayer.get(layer) ?? 0);
    ofNode.set(name, depth);
    ofLayer.set(layer, depth);
    for (const input of inputs) ofNode.set(input, Math.max(depth + 1, ofNode.get(input) ?? 0));
  }
  const place = (of: ReadonlyMap<string, number>, name: string): number => of.get(name) ?? -1;
  return layers
    .map(nameOf)
    .sort((a, b) => place(ofLayer, b) - place(ofLayer, a) || place(met, a) - place(met, b));
}

function key(layer: string, call: number): string {
  return `${call} ${layer}`;
}

/** From the outputs: the layers as they are first met, and the nodes behind all that they depend on. */
function walk(
  nodes: ReadonlyMap<string, Node>,
  outputs: readonly string[],
): { met: Map<string, number>; after: string[] } {
  const met = new Map<string, number>();
  const after: string[] = [];
  const seen = new Set<string>();
  // A stack of our own, for a file may be as deep as it likes.
  const stack: { readonly name: string; next: number }[] = [];
  const enter = (name: string): void => {
    const node = nodes.get(name);
    if (node === undefined || seen.has(name)) return;
    seen.add(name);
    if (!met.has(node.layer)) met.set(node.layer, met.size);
    stack.push({ name, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = nodes.get(top.name)!.inputs[top.next++];
      if (input !== undefined) enter(input);
      else after.push(stack.pop()!.name);
    }
  }
  return { met, after };
}
