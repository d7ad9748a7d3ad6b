import { UserError } from '../../errors.ts';
import type { GraphBody, GraphNode } from '../graphBody.ts';
import { dropout, vectorRules } from './denseRules.ts';
import { embedding } from './embeddingRule.ts';
import { concatenate, elementwise } from './mergeRules.ts';
import { NodeConfig } from './nodeConfig.ts';
import type { LayerRule, NodeFacts, NodeShape } from './nodeFacts.ts';
import { flatten, globalPooling } from './poolingRules.ts';
import { bidirectional, recurrent } from './recurrentRules.ts';
import { timeDistributed } from './timeDistributed.ts';
import { convolution, pool } from './windowRules.ts';

const rules: ReadonlyMap<string, LayerRule> = new Map(
  Object.entries({
    Embedding: embedding,
    ...vectorRules,
    TimeDistributed: timeDistributed,
    SpatialDropout1D: dropout,
    LSTM: recurrent,
    GRU: recurrent,
    SimpleRNN: recurrent,
    Bidirectional: bidirectional,
    Conv1D: convolution,
    MaxPooling1D: pool,
    AveragePooling1D: pool,
    GlobalAveragePooling1D: globalPooling,
    GlobalMaxPooling1D: globalPooling,
    Flatten: flatten,
    Concatenate: concatenate,
    Add: elementwise,
    Multiply: elementwise,
    Average: elementwise,
    Maximum: elementwise,
  }),
);

/** Keras's class names of the layers that a graph may have. */
export const graphLayers: ReadonlySet<string> = new Set(rules.keys());

/** What the embedding hands on, to the nodes that name it. */
export function embeddingShape(body: GraphBody, dimension: number): NodeShape {
  const { maskZero, input } = body;
  return { width: dimension, steps: stepsOfInput(body, input), masked: maskZero, seesPadding: !maskZero };
}

/** Tokens of an input; `any` where the batch decides. @param input its place; the first where absent */
function stepsOfInput({ inputs, length }: GraphBody, input = 0): number | 'any' {
  return (inputs === undefined ? length : inputs[input]?.length) ?? 'any';
}

/**
 * What is known of each node, by its name and in the nodes' order.
 *
 * @param dimension n
 * @param file that errors name
 * @throws UserError `unsupported-layer` that names a layer, and for a last node that hands on no vector a sentence
 */
export function describeGraph(body: GraphBody, dimension: number, file?: string): Map<string, NodeFacts> {
  const { nodes, dialect } = body;
  const shapes = new Map([['embedding', embeddingShape(body, dimension)]]);
  const facts = new Map<string, NodeFacts>();
  const unused = new Set(['embedding']);
  const owners = new Map<string, Owner>();
  for (const node of nodes) {
    const config = new NodeConfig(node, dialect, file);
    const rule = rules.get(node.className);
    if (rule === undefined) throw config.refuse('no such layer is known');
    if (shapes.has(node.name)) throw config.refuse('another one has its name');
    const inputs = node.inputs.map((input) => {
      const shape = shapes.get(input);
      if (shape === undefined) throw config.refuse(`its input '${input}' is not before it`);
      unused.delete(input);
      return shape;
    });
    if (node.className === 'Embedding') inputs.push(tokensOf(body, config));
    const found =
      node.weightsOf === undefined
        ? rule(config, inputs, dialect)
        : sharing(node, ownerOf(node.weightsOf, owners, body, dimension), (own) =>
            rule(new NodeConfig(own, dialect, file), inputs, dialect),
          );
    if (found === undefined)
      throw config.refuse(`it does not fit '${node.weightsOf}', whose weights it uses`);
    if (node.weightsOf === undefined) owners.set(node.name, { node, facts: found });
    shapes.set(node.name, found.output);
    facts.set(node.name, found);
    unused.add(node.name);
  }
  const last = nodes.at(-1);
  if (last === undefined) {
    throw new UserError(
      'no-layers',
      'The model has no layer between its embedding and its head.',
      'Add one that takes a vector of each sentence, such as GlobalAveragePooling1D.',
    );
  }
  const end = new NodeConfig(last, dialect, file);
  if (shapes.get(last.name)?.steps !== undefined)
    throw end.refuse('it hands on a vector a token to the head');
  unused.delete(last.name);
  const [idle] = unused;
  if (idle !== undefined) throw end.refuse(`'${idle}' leads to nothing`);
  return facts;
}

/** A node whose weights others may use. */
interface Owner {
  readonly node: GraphNode;
  /** Undefined of the spec's embedding, which is no node. */
  readonly facts: NodeFacts | undefined;
}

function ownerOf(
  name: string,
  owners: ReadonlyMap<string, Owner>,
  { maskZero }: GraphBody,
  dimension: number,
): Owner | undefined {
  if (name !== 'embedding') return owners.get(name);
  const config = { output_dim: dimension, mask_zero: maskZero };
  return { node: { name, className: 'Embedding', config, inputs: [] }, facts: undefined };
}

/** What is known of a node that uses another's weights; undefined where it is another kind of layer, or has other weights. */
function sharing(
  node: GraphNode,
  owner: Owner | undefined,
  describe: (node: GraphNode) => NodeFacts,
): NodeFacts | undefined {
  if (owner?.node.className !== node.className) return undefined;
  const isEmbedding = node.className === 'Embedding';
  const { config } = owner.node;
  if (!isEmbedding && JSON.stringify(node.config) !== JSON.stringify(config)) return undefined;
  const { weights, ...found } = describe(
    isEmbedding ? { ...node, config: { ...config, ...node.config } } : node,
  );
  const fits = owner.facts === undefined || JSON.stringify(weights) === JSON.stringify(owner.facts.weights);
  return fits ? { ...found, weights: [] } : undefined;
}

/** The token ids that an embedding takes. @throws UserError `unsupported-layer` for an input that the body has not */
function tokensOf(body: GraphBody, config: NodeConfig): NodeShape {
  const input = config.number('input', 0, 0, (body.inputs?.length ?? 1) - 1);
  if (!Number.isInteger(input)) throw config.refuse('its input is no place of one');
  return { width: 1, steps: stepsOfInput(body, input), masked: false, seesPadding: false };
}

/** Features of a sentence, which the head takes. */
export function graphWidth(body: GraphBody, dimension: number): number {
  return lastShape(body, dimension).width;
}

/**
 * Whether a sentence may be padded as far as one likes: it is one text, and the embeddings' masks reach every layer that
 * would see the padding. What `masked` of a spec says.
 */
export function isPaddingMasked(body: GraphBody, dimension: number): boolean {
  return body.inputs === undefined && !lastShape(body, dimension).seesPadding;
}

function lastShape(body: GraphBody, dimension: number): NodeShape {
  const facts = describeGraph(body, dimension).get(body.nodes.at(-1)?.name ?? '');
  if (facts === undefined) throw new Error('A graph has nodes.');
  return facts.output;
}
