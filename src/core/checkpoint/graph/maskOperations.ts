import type { GraphBody } from '../graphBody.ts';
import { kerasOrder } from '../keras/kerasOrder.ts';
import { layersOf } from '../layers.ts';
import type { Topology } from '../tfjsTopology.ts';
import { describeGraph } from './describeGraph.ts';

/** Layers whose call takes a mask in Keras 3. */
const takesMask: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'Bidirectional',
  'GlobalAveragePooling1D',
  'GRU',
  'LSTM',
  'SimpleRNN',
  'Softmax',
  'TimeDistributed',
]);

interface GraphLayer {
  readonly name: string;
  readonly className: string;
  readonly inputs: readonly string[];
}

/**
 * Whether Keras 2 and Keras 3 have a model's layers with weights in one order, by which a file's weights go to them.
 * Keras 3 counts what it computes of the masks among the layers, and to a Concatenate's mask its inputs lead.
 *
 * Source: `Concatenate.compute_mask` in keras/src/layers/merging/concatenate.py, Keras 3.12.
 */
export function isOrderShared(topology: Topology, body: GraphBody, dimension: number): boolean {
  if (!body.maskZero) return true;
  const layers = layersOf({ class_name: 'Functional', config: { layers: topology.layers } }, '');
  const weighted = new Set(topology.weights.map(({ name }) => name.slice(0, name.indexOf('/'))));
  const order = (of: readonly GraphLayer[]): string =>
    kerasOrder(of, topology.output)
      .map(({ name }) => name)
      .filter((name) => weighted.has(name))
      .join();
  return order(layers) === order(withMasks(layers, body, dimension));
}

/** The layers in the order of computation, with the operations of Keras 3 on masks among them. */
function withMasks(layers: readonly GraphLayer[], body: GraphBody, dimension: number): GraphLayer[] {
  const facts = describeGraph(body, dimension);
  const maskOf = new Map<string, string>();
  const all: GraphLayer[] = [];
  const operation = (name: string, inputs: readonly string[]): string => {
    all.push({ name: `mask ${name}`, className: 'Operation', inputs });
    return `mask ${name}`;
  };
  for (const layer of layers) {
    const { name, className, inputs } = layer;
    const masks = inputs.map((input) => maskOf.get(input));
    const [mask] = masks;
    const takes = mask !== undefined && takesMask.has(className);
    all.push(takes ? { ...layer, inputs: [...inputs, mask] } : layer);
    if (className === 'Embedding') maskOf.set(name, operation('ids', inputs));
    if (mask === undefined || (facts.has(name) && facts.get(name)?.output.masked !== true)) continue;
    if (className !== 'Concatenate') {
      maskOf.set(name, mask);
      continue;
    }
    const parts = inputs.map((input, i) => {
      const zeros = operation(`zeros ${name} ${i}`, [input]);
      const own = masks[i];
      return operation(`or ${name} ${i}`, own === undefined ? [zeros] : [own, zeros]);
    });
    maskOf.set(name, operation(`any ${name}`, [operation(`join ${name}`, parts)]));
  }
  return all;
}
