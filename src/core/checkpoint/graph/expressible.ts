import type { GraphBody, GraphNode } from '../graphBody.ts';
import type { Dialect } from '../specOfLayers.ts';
import { describeGraph, embeddingShape, isPaddingMasked } from './describeGraph.ts';
import { maskInputs, maskOrigins } from './maskOrigins.ts';
import { joinsTime, mergesCounted } from './mergeRules.ts';
import { NodeConfig } from './nodeConfig.ts';
import type { NodeShape } from './nodeFacts.ts';
import { embeddingCalls } from './tables.ts';

type Config = Readonly<Record<string, unknown>>;

const recurrent: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'SimpleRNN', 'Bidirectional']);
const elementwise: ReadonlySet<string> = new Set(['Add', 'Multiply', 'Average', 'Maximum']);

/** Activations that tfjs has, and computes as Keras does. */
const tfjsActivations: ReadonlySet<unknown> = new Set([
  'linear',
  'relu',
  'relu6',
  'elu',
  'selu',
  'gelu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'tanh',
  'silu',
  'swish',
  'hard_sigmoid_0.2',
]);

interface Fault {
  readonly node: GraphNode;
  readonly why: string;
}

function joinsSteps(
  { dialect }: GraphBody,
  shapes: ReadonlyMap<string, NodeShape>,
  node: GraphNode,
): boolean {
  const first = shapes.get(node.inputs[0] ?? '');
  return first !== undefined && joinsTime(new NodeConfig(node, dialect), first);
}

/** What each node hands on, and the embedding. */
function shapesOf(body: GraphBody, dimension: number): Map<string, NodeShape> {
  const shapes = new Map([['embedding', embeddingShape(body, dimension)]]);
  for (const [name, { output }] of describeGraph(body, dimension)) shapes.set(name, output);
  return shapes;
}

/**
 * A layer of a tfjs model that would get a mask which is not its input's: tfjs hands every layer the last mask that any
 * layer before it had, merges, other than Concatenate, make a mask that no layer can take, and ELU and LeakyReLU hand
 * none on, so that what follows has their input's in a chain alone.
 *
 * Source: `execute` in tfjs-layers/src/engine/executor.ts, `Merge.computeMask` in layers/merge.ts, `supportsMasking` in
 * layers/advanced_activations.ts.
 */
export function strayMask(body: GraphBody, dimension: number): Fault | undefined {
  if (body.dialect !== 'tfjs' || embeddingCalls(body).every(({ maskZero }) => !maskZero)) return undefined;
  const shapes = shapesOf(body, dimension);
  const broken = new Set<string>();
  const lost = new Set<string>();
  const isChain = body.nodes.every(({ inputs }) => inputs.length === 1);
  for (const node of body.nodes) {
    const masked = node.inputs.map((input) => shapes.get(input)?.masked === true);
    const isBroken = node.inputs.some((input) => broken.has(input));
    const isLost = node.inputs.some((input) => lost.has(input));
    const isStray =
      [node.className, classInside(node.config)].includes('Softmax') ||
      (recurrent.has(node.className) && (masked[0] !== true || isBroken || (isLost && !isChain))) ||
      (node.className === 'Concatenate' &&
        (isBroken ||
          ((isLost || (masked.includes(true) && masked.includes(false))) && joinsSteps(body, shapes, node))));
    if (isStray) return { node, why: 'tfjs hands it a mask that is not that of its input' };
    const merges = elementwise.has(node.className) && masked[0] === true;
    if (shapes.get(node.name)?.masked !== true) continue;
    if (merges || isBroken) broken.add(node.name);
    if (isLost || node.className === 'ELU' || node.className === 'LeakyReLU') lost.add(node.name);
  }
  return undefined;
}

/**
 * The body with the masks that its embeddings make once they are saved for a library: in another one than it comes from
 * only those that a layer takes which leaves out in every library what they say.
 */
export function withSavedMasks(body: GraphBody, dimension: number, dialect: Dialect): GraphBody {
  if (body.dialect === dialect) return body;
  const shapes = shapesOf(body, dimension);
  const origins = maskOrigins(body, dimension);
  const taken = body.nodes
    .filter(
      ({ className, inputs: [input = ''] }) => recurrent.has(className) && shapes.get(input)?.masked === true,
    )
    .flatMap(({ inputs: [input = ''] }) => [...(origins.get(input) ?? [])]);
  const tables = new Set(
    embeddingCalls(body)
      .filter(({ name }) => taken.includes(name))
      .map(({ table }) => table),
  );
  return {
    ...body,
    dialect,
    maskZero: body.maskZero && tables.has('embedding'),
    nodes: body.nodes.map((node) => {
      const { className, name, config, weightsOf } = node;
      if (className !== 'Embedding' || weightsOf !== undefined) return node;
      return { ...node, config: { ...config, mask_zero: config.mask_zero === true && tables.has(name) } };
    }),
  };
}

/** Averages of a Keras model that leave out the padding, which tfjs's own do not. */
export function maskedAverages(body: GraphBody, dimension: number): ReadonlySet<string> {
  if (body.dialect !== 'keras') return new Set();
  const shapes = shapesOf(body, dimension);
  const found = body.nodes.filter(
    ({ className, inputs }) =>
      className === 'GlobalAveragePooling1D' && shapes.get(inputs[0] ?? '')?.masked === true,
  );
  return new Set(found.map(({ name }) => name));
}

/** Why the layers of a library do not compute a graph that follows another's rules; undefined where they do. */
export function lackOfGraph(body: GraphBody, dimension: number, dialect: Dialect): string | undefined {
  if (body.dialect === dialect) return undefined;
  const fault =
    dialect === 'tfjs'
      ? (lackInTfjs(body, dimension) ?? maskFault(body, dimension, dialect))
      : (lackInKeras(body) ?? maskFault(body, dimension, dialect));
  return fault && `${fault.why} (the layer '${fault.node.name}')`;
}

function lackInTfjs(body: GraphBody, dimension: number): Fault | undefined {
  const averages = maskedAverages(body, dimension);
  const texts = maskInputs(body, dimension);
  const shapes = shapesOf(body, dimension);
  const seesPadding = shapes.get(body.nodes.at(-1)?.name ?? '')?.seesPadding === true;
  const joining = new Set<string>();
  for (const node of body.nodes) {
    const { className, config, inputs } = node;
    for (const own of configsOf(node)) {
      const activation = [own.activation, own.recurrent_activation].find(
        (name) => name !== undefined && !tfjsActivations.has(name),
      );
      if (activation !== undefined) {
        return { node, why: `tfjs has no activation ${JSON.stringify(activation)} as Keras computes it` };
      }
      if (own.className === 'ReLU' && [own.negative_slope, own.threshold].some((x) => (x ?? 0) !== 0)) {
        return { node, why: "tfjs's own ReLU has no slope and no threshold" };
      }
    }
    const cells = className === 'Bidirectional' ? configsOf(node) : [config];
    const isGru = className === 'GRU' || classInside(config) === 'GRU';
    if (isGru && cells.some(({ reset_after: after }) => after !== false)) {
      return { node, why: "tfjs's own GRU lacks reset_after, which is Keras's default" };
    }
    if (recurrent.has(className) && config.zero_output_for_mask === true) {
      return { node, why: `tfjs's own ${className} lacks zero_output_for_mask` };
    }
    if (className === 'Bidirectional' && config.backward_layer !== undefined && !isMirrored(config)) {
      return { node, why: "tfjs's own Bidirectional has two layers of one kind" };
    }
    if (className === 'Conv1D' && config.padding === 'causal') {
      return { node, why: "tfjs's own Conv1D lacks causal padding" };
    }
    // The mean is taken by the mask of the ids, step by step.
    if (className === 'Concatenate' && joinsSteps(body, shapes, node)) joining.add(node.name);
    else if (inputs.some((input) => joining.has(input))) joining.add(node.name);
    const isMasked = inputs.some((input) => shapes.get(input)?.masked === true);
    if (isMasked && seesPadding && mergesCounted(new NodeConfig(node, body.dialect)) !== undefined) {
      return { node, why: `tfjs's own ${className} merges what the masks do not count, too` };
    }
    const isOfSeveral = (texts.get(inputs[0] ?? '')?.size ?? 0) > 1;
    if (averages.has(node.name) && (joining.has(node.name) || isOfSeveral)) {
      return { node, why: "tfjs's own average counts padding, and its input is longer than the sentence" };
    }
  }
  return undefined;
}

function lackInKeras({ nodes }: GraphBody): Fault | undefined {
  for (const node of nodes) {
    const isHard = configsOf(node).some(({ className, activation, recurrent_activation: gates }) => {
      const hasGates = className === 'LSTM' || className === 'GRU';
      return [activation, hasGates ? (gates ?? 'hard_sigmoid') : undefined].includes('hard_sigmoid');
    });
    if (isHard) return { node, why: "Keras 3's hard_sigmoid is another function than tfjs's" };
  }
  return undefined;
}

/** A layer that would leave out other tokens than it does by the rules of its model. */
function maskFault(body: GraphBody, dimension: number, dialect: Dialect): Fault | undefined {
  const ours = shapesOf(body, dimension);
  const other = withSavedMasks(body, dimension, dialect);
  const theirs = shapesOf(other, dimension);
  const free = isPaddingMasked(body, dimension);
  for (const node of body.nodes) {
    const input = node.inputs[0] ?? '';
    const [own, their] = [ours.get(input)?.masked === true, theirs.get(input)?.masked === true];
    if (recurrent.has(node.className)) {
      if (own !== their) return { node, why: 'Keras and tfjs differ in the mask that it gets' };
      const isSequence = ours.get(node.name)?.steps !== undefined;
      if (own && node.className === 'Bidirectional' && isSequence && !free) {
        return { node, why: 'Keras and tfjs differ in what it gives at the padding' };
      }
    }
    if (dialect === 'keras' && node.className === 'GlobalAveragePooling1D' && their) {
      return { node, why: "Keras's average leaves out the padding, and tfjs's counts it" };
    }
  }
  const stray = strayMask(other, dimension);
  return stray && { node: stray.node, why: 'tfjs hands it a mask that is not that of its input' };
}

/** A node's config, and those of the layers that it wraps. */
function configsOf({ className, config }: GraphNode): Config[] {
  const wrapped = [config.layer, config.backward_layer].flatMap((layer) => {
    const { class_name: name, config: own } = (layer ?? {}) as { class_name?: string; config?: Config };
    return own === undefined ? [] : [{ ...own, className: name }];
  });
  return wrapped.length > 0 ? wrapped : [{ ...config, className }];
}

function classInside(config: Config): unknown {
  return (config.layer as { class_name?: unknown } | undefined)?.class_name;
}

/** Whether the layer that reads from the end is the other one turned round. */
function isMirrored(config: Config): boolean {
  const [forward, backward] = [config.layer, config.backward_layer] as {
    class_name: string;
    config: Config;
  }[];
  const sorted = (of: Config): string =>
    JSON.stringify(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));
  return (
    forward?.class_name === backward?.class_name &&
    sorted({ ...forward?.config, go_backwards: forward?.config.go_backwards !== true }) ===
      sorted({ ...backward?.config, go_backwards: backward?.config.go_backwards === true })
  );
}
