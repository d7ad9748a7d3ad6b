import type { GraphBody, GraphNode } from '../graphBody.ts';
import type { Dialect } from '../specOfLayers.ts';
import { addMaskedMean } from '../tfjsEncoder.ts';
import type { Graph } from '../tfjsGraph.ts';
import { describeGraph } from './describeGraph.ts';
import { maskedAverages } from './expressible.ts';
import { maskInputs, withIdleMasks } from './maskOrigins.ts';

type Config = Readonly<Record<string, unknown>>;

/**
 * A graph's nodes as stock layers, with the names that they have; `lackOfGraph` has found none missing.
 *
 * @param ids names of the layers of token ids
 * @param embedded the calls whose outputs are the embeddings', by the names of what reads them
 * @returns the last one's name
 */
export function addGraph(
  graph: Graph,
  body: GraphBody,
  dimension: number,
  dialect: Dialect,
  ids: readonly string[],
  embedded: ReadonlyMap<string, string>,
): string {
  const facts = describeGraph(body, dimension);
  const averages = dialect === 'tfjs' ? maskedAverages(body, dimension) : new Set();
  const texts = maskInputs(body, dimension);
  const masks = describeGraph(withIdleMasks(body), dimension);
  const isJoined = body.nodes.some(
    ({ name, className }) => className === 'Concatenate' && masks.get(name)?.output.masked === true,
  );
  const saved = (node: string): string => {
    const name = embedded.get(node) ?? body.names?.layers?.[node] ?? node;
    // Keras 3 gives such a name to what it computes of the masks when it loads the file, and then refuses the layer's.
    return isJoined && dialect === 'keras' && /^concatenate(_\d+)?$/.test(name) ? `${name}_layer` : name;
  };
  for (const node of body.nodes) {
    const { className } = node;
    if (className === 'Embedding') continue;
    const name = saved(node.name);
    const inputs = node.inputs.map(saved);
    if (averages.has(node.name)) {
      const width = facts.get(node.name)?.output.width ?? 0;
      const [text = 0] = texts.get(node.inputs[0] ?? '') ?? [];
      const suffix = ids.length > 1 ? `_${text}` : '';
      const layer = layerOfCall(
        name,
        body.nodes.map(({ name: node }) => saved(node)),
      );
      addMaskedMean(graph, ids[text] ?? '', inputs[0] ?? '', width, layer, suffix);
      graph.calls.set(name, { layer, call: 0 });
      continue;
    }
    if (node.weightsOf !== undefined) {
      graph.again(saved(node.weightsOf), name, inputs);
      continue;
    }
    graph.add(className, name, savedConfig(node, body.dialect, dialect), inputs);
    for (const [weight, shape] of facts.get(node.name)?.weights ?? []) {
      graph.weight(`${name}/${savedWeight(node, weight)}`, shape, `graph/${node.name}/${weight}`);
    }
  }
  return saved(body.nodes.at(-1)?.name ?? 'embedding');
}

/** A name for a layer of its own that stands for a call of another one: tfjs takes no `#` in it. */
function layerOfCall(call: string, taken: readonly string[]): string {
  let name = call.replaceAll('#', '_');
  while (name !== call && taken.includes(name)) name += '_';
  return name;
}

/** A Bidirectional's weights have the name of their layer, with its direction before it. */
function savedWeight({ config }: GraphNode, weight: string): string {
  const [name = '', direction] = weight.split('/').toReversed();
  return direction === undefined ? name : `${direction}_${innerName(config.layer)}/${name}`;
}

function innerName(layer: unknown): string {
  return String((layer as { class_name?: unknown }).class_name).toLowerCase();
}

/** Settings that libraries write as lists of one. */
const lists: ReadonlySet<string> = new Set(['kernel_size', 'strides', 'dilation_rate', 'pool_size']);

function savedConfig(
  { className, config }: Pick<GraphNode, 'className' | 'config'>,
  from: Dialect,
  to: Dialect,
): Record<string, unknown> {
  const saved: Record<string, unknown> = { ...ownDefaults(className, from) };
  for (const [field, value] of Object.entries(config)) {
    // The layer's is the node's, and how masks are merged the library's.
    if (field === 'name' || field === 'merged_mask') continue;
    if (field === 'layer' || field === 'backward_layer') {
      if (field === 'layer' || to === 'keras') saved[field] = savedInner(value, from, to);
    } else if (field === 'activation' || field === 'recurrent_activation') {
      saved[field] = savedActivation(value);
    } else saved[field] = lists.has(field) ? [value].flat() : value;
  }
  if (className === 'LeakyReLU') {
    // Keras 3 reads it under its old name, too.
    const { negative_slope: slope, alpha = slope ?? 0.3, ...rest } = saved;
    return { ...rest, alpha };
  }
  // Of sequences, which tfjs does not join on an axis that is counted from the last one.
  if (className === 'Concatenate' && saved.axis === -2 && to === 'tfjs') return { ...saved, axis: 1 };
  if (className === 'ReLU' && to === 'tfjs') {
    return { max_value: saved.max_value ?? null };
  }
  return saved;
}

/** Where Keras and tfjs differ in what a config leaves out. */
function ownDefaults(className: string, from: Dialect): Config {
  if (className !== 'LSTM' && className !== 'GRU') return {};
  return {
    recurrent_activation: from === 'tfjs' ? 'hard_sigmoid' : 'sigmoid',
    ...(className === 'GRU' && { reset_after: from === 'keras' }),
  };
}

function savedInner(value: unknown, from: Dialect, to: Dialect): Record<string, unknown> {
  const { class_name: className, config } = value as { class_name: string; config: Config };
  return {
    class_name: className,
    config: { name: className.toLowerCase(), ...savedConfig({ className, config }, from, to) },
  };
}

function savedActivation(name: unknown): unknown {
  if (name === 'hard_sigmoid_0.2') return 'hard_sigmoid';
  return name === 'silu' ? 'swish' : name;
}
