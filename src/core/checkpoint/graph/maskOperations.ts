import type { GraphBody } from '../graphBody.ts';
import { kerasOrder } from '../keras/kerasOrder.ts';
import { layersOf, type LayerOutput } from '../layers.ts';
import type { Topology } from '../tfjsTopology.ts';
import { describeGraph } from './describeGraph.ts';
import { withIdleMasks } from './maskOrigins.ts';
import { embeddingCalls } from './tables.ts';

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
  readonly config: Readonly<Record<string, unknown>>;
  readonly calls: readonly { readonly inputs: readonly LayerOutput[] }[];
}

/**
 * Whether Keras 2 and Keras 3 have a model's layers with weights in one order, by which a file's weights go to them.
 * Keras 3 counts what it computes of the masks among the layers, and to a Concatenate's mask its inputs lead.
 *
 * Source: `Concatenate.compute_mask` in keras/src/layers/merging/concatenate.py, Keras 3.12.
 */
export function isOrderShared(topology: Topology, body: GraphBody, dimension: number): boolean {
  if (embeddingCalls(body).every(({ maskZero }) => !maskZero)) return true;
  const layers = layersOf({ class_name: 'Functional', config: { layers: topology.layers } }, '');
  const weighted = new Set(topology.weights.map(({ name }) => name.slice(0, name.indexOf('/'))));
  const order = (of: readonly GraphLayer[]): string =>
    kerasOrder(of, [{ layer: topology.output, call: 0 }])
      .map(({ name }) => name)
      .filter((name) => weighted.has(name))
      .join();
  return order(layers) === order(withMasks(layers, topology.calls, body, dimension));
}

/**
 * The layers with the operations of Keras 3 on masks among them.
 * @param outputs of the calls in the order of computation, by the names that the body's nodes have
 */
function withMasks(
  layers: readonly GraphLayer[],
  outputs: ReadonlyMap<string, LayerOutput>,
  body: GraphBody,
  dimension: number,
): GraphLayer[] {
  const facts = describeGraph(withIdleMasks(body), dimension);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const inputsOf = new Map(layers.map(({ name, calls }) => [name, calls.map(({ inputs }) => [...inputs])]));
  const maskOf = new Map<string, LayerOutput>();
  const made: GraphLayer[] = [];
  const operation = (name: string, inputs: readonly LayerOutput[]): LayerOutput => {
    made.push({ name: `mask ${name}`, className: 'Operation', config: {}, calls: [{ inputs }] });
    return { layer: `mask ${name}`, call: 0 };
  };
  for (const [name, { layer, call }] of outputs) {
    const { className, config } = byName.get(layer)!;
    const own = inputsOf.get(layer)![call] ?? [];
    const inputs = [...own];
    const masks = inputs.map((input) => maskOf.get(keyOf(input)));
    const mask = masks.find((own) => own !== undefined);
    const key = keyOf({ layer, call });
    if (mask !== undefined && takesMask.has(className)) own.push(mask);
    if (className === 'Embedding' && config.mask_zero === true)
      maskOf.set(key, operation(`ids ${name}`, inputs));
    if (mask === undefined || (facts.has(name) && facts.get(name)?.output.masked !== true)) continue;
    if (className !== 'Concatenate') {
      maskOf.set(key, mask);
      continue;
    }
    const parts = inputs.map((input, i) => {
      const other = masks[i];
      if (other === undefined) return operation(`ones ${name} ${i}`, [input]);
      const column = operation(`column ${name} ${i}`, [other]);
      return operation(`or ${name} ${i}`, [column, operation(`zeros ${name} ${i}`, [input])]);
    });
    maskOf.set(key, operation(`any ${name}`, [operation(`join ${name}`, parts)]));
  }
  const changed = layers.map((layer) => ({
    ...layer,
    calls: inputsOf.get(layer.name)!.map((inputs) => ({ inputs })),
  }));
  return [...changed, ...made];
}

function keyOf({ layer, call }: LayerOutput): string {
  return `${call} ${layer}`;
}
