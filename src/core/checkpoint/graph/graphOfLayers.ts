import { longestText } from '../../recipe/defaults.ts';
import type { ModelSpec } from '../checkpoint.ts';
import { headOfUnits, type Head } from '../headUnits.ts';
import type { GraphBody, GraphNode, TokenInput } from '../graphBody.ts';
import { activationOf, sizeOf } from '../layerConfig.ts';
import { unsupported, type Layer, type ModelEnds } from '../layers.ts';
import { weightName, type WeightSource } from '../layerWeights.ts';
import type { Dialect } from '../specOfLayers.ts';
import { describeGraph, graphLayers, isPaddingMasked } from './describeGraph.ts';
import { strayMask } from './expressible.ts';
import { maskInputs, withIdleMasks } from './maskOrigins.ts';
import { joinsTime } from './mergeRules.ts';
import { NodeConfig } from './nodeConfig.ts';
import { namesOf, nameNodes, type Ends } from './graphNames.ts';
import { readTables } from './readTables.ts';
import { nodeOf } from './savedNode.ts';
import { usedCalls, type UsedCall } from './usedCalls.ts';

/**
 * What a model computes whose layers are no simple chain: from its Embeddings to its Dense head any of the layers of
 * `describeGraph`, in any order and with branches. It may have several inputs of token ids and several embeddings, and
 * call a layer more than once.
 *
 * @param ends where the model says them
 * @param names of the saved weights
 * @throws UserError `unsupported-layer` that names the layer, `several-outputs`, `no-head`, `weight-missing`
 */
export function graphOfLayers(
  layers: readonly Layer[],
  modelEnds: ModelEnds | undefined,
  names: ReadonlySet<string>,
  dialect: Dialect,
  file: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } {
  const calls = usedCalls(layers, modelEnds, file);
  const ends = endsOf(calls, layers, modelEnds, file);
  const [main, ...further] = ends.tables;
  const [mainCall] = main.calls;
  if (mainCall === undefined) throw new Error('A table is read.');
  const nodeNames = nameNodes(calls, mainCall.vectors, further);
  const nodes = [...embeddingNodes(ends, nodeNames), ...nodesOf(calls, ends, nodeNames, file)];
  const inputs = ends.inputs.length > 1 ? ends.inputs.map((input) => tokenInput(input!, file)) : undefined;
  const length = inputs === undefined ? lengthOf(ends.inputs[0]?.layer, main.layer, file) : undefined;
  const body: GraphBody = {
    kind: 'graph',
    nodes,
    hidden: [],
    ...(inputs && { inputs }),
    ...(mainCall.input > 0 && { input: mainCall.input }),
    ...(length !== undefined && { length }),
    maskZero: main.maskZero,
    dialect,
    names: namesOf(ends, nodeNames),
  };
  const facts = describeGraph(body, main.dimension, file);
  checkMasks(body, main.dimension, calls, ends, nodeNames, file);
  const stray = strayMask(body, main.dimension);
  if (stray !== undefined) throw unsupported(stray.node, stray.why, file);
  const spec: ModelSpec = {
    embedding: {
      rows: main.rows,
      dimension: main.dimension,
      ...(main.rank !== undefined && { rank: main.rank }),
    },
    body,
    ...headOf(ends.head.layer, ends.activation?.layer, file),
    masked: isPaddingMasked(body, main.dimension),
  };
  return { spec, sources: sourcesOf(facts, calls, ends, nodeNames, names, file) };
}

function endsOf(
  calls: readonly UsedCall[],
  layers: readonly Layer[],
  modelEnds: ModelEnds | undefined,
  file: string,
): Ends {
  const last = calls.at(-1)!;
  const before = calls.find(({ name }) => name === last.inputs[0]);
  const isActivation =
    ['Activation', 'Softmax'].includes(last.layer.className) &&
    before?.layer.className === 'Dense' &&
    activationOf(before.layer) === 'linear' &&
    calls.filter(({ inputs }) => inputs.includes(before.name)).length === 1;
  const head = isActivation ? before : last;
  if (head.layer.className !== 'Dense') throw unsupported(head.layer, 'a model ends in a Dense layer', file);
  if (calls.filter(({ layer }) => layer === head.layer).length > 1)
    throw unsupported(head.layer, 'the model calls its last layer more than once', file);
  const inputs = inputsOf(calls, layers, modelEnds, file);
  const tables = readTables(
    calls,
    inputs.map((input) => input?.name),
    head,
    file,
  );
  return { inputs, tables, head, activation: isActivation ? last : undefined };
}

/** The inputs in the model's order; undefined for that of a Sequential that begins with its Embedding. */
function inputsOf(
  calls: readonly UsedCall[],
  layers: readonly Layer[],
  ends: ModelEnds | undefined,
  file: string,
): (UsedCall | undefined)[] {
  const starts = calls.filter(({ inputs }) => inputs.length === 0);
  const [first] = starts;
  if (starts.length === 1 && first?.layer.className === 'Embedding') return [undefined];
  const stray = starts.find(({ layer }) => layer.className !== 'InputLayer');
  if (stray !== undefined) throw unsupported(stray.layer, 'it takes nothing', file);
  const idle = ends?.inputs.find((name) => starts.every((start) => start.name !== name));
  const unused = layers.find(({ name }) => name === idle);
  if (unused !== undefined) throw unsupported(unused, 'the model makes nothing of it', file);
  const place = ({ name }: UsedCall): number => ends?.inputs.indexOf(name) ?? -1;
  return [...starts].sort((a, b) => place(a) - place(b));
}

/** Those that read an embedding, but for the first, which is no node. */
function embeddingNodes({ tables, inputs }: Ends, nodeNames: ReadonlyMap<string, string>): GraphNode[] {
  const [main, ...further] = tables;
  const node = (name: string, config: object, weightsOf?: string): GraphNode => ({
    name,
    className: 'Embedding',
    config: { ...config },
    inputs: [],
    ...(weightsOf !== undefined && { weightsOf }),
  });
  const place = (input: number): object => (inputs.length > 1 ? { input } : {});
  const again = main.calls
    .slice(1)
    .map(({ input, vectors }) => node(nodeNames.get(vectors)!, place(input), 'embedding'));
  const others = further.flatMap(({ calls, rows, dimension, rank, maskZero }) =>
    calls.map(({ input, vectors }, i) =>
      i === 0
        ? node(nodeNames.get(vectors)!, {
            ...place(input),
            input_dim: rows,
            output_dim: dimension,
            ...(rank !== undefined && { rank }),
            mask_zero: maskZero,
          })
        : node(nodeNames.get(vectors)!, place(input), nodeNames.get(calls[0]!.vectors)),
    ),
  );
  return [...again, ...others];
}

function nodesOf(
  calls: readonly UsedCall[],
  { tables, inputs, head, activation }: Ends,
  nodeNames: ReadonlyMap<string, string>,
  file: string,
): GraphNode[] {
  const ofTables = new Set(tables.flatMap(({ layer, factor }) => [layer, factor]));
  const around = new Set([...inputs, head, activation]);
  const tokens = new Set(inputs.map((input) => input?.name));
  const owners = new Map<Layer, string>();
  return calls
    .filter((call) => !around.has(call) && !ofTables.has(call.layer))
    .map((call): GraphNode => {
      const { layer } = call;
      if (!graphLayers.has(layer.className)) throw unsupported(layer, 'no such layer is computed here', file);
      if (layer.name.includes('/')) throw unsupported(layer, "a layer's name is not to hold a slash", file);
      const read = call.inputs.find((input) => tokens.has(input));
      if (read !== undefined) {
        throw unsupported(
          layer,
          `it takes '${read}', and only an Embedding takes token ids, or any input`,
          file,
        );
      }
      const name = nodeNames.get(call.name)!;
      const owner = owners.get(layer);
      if (owner === undefined) owners.set(layer, name);
      return {
        ...nodeOf(layer),
        name,
        inputs: call.inputs.map((input) => nodeNames.get(input)!),
        ...(owner !== undefined && { weightsOf: owner }),
      };
    });
}

/** @throws UserError `unsupported-layer` for a layer whose mask is not that of its inputs, or of several texts */
function checkMasks(
  body: GraphBody,
  dimension: number,
  calls: readonly UsedCall[],
  { inputs }: Ends,
  nodeNames: ReadonlyMap<string, string>,
  file: string,
): void {
  const origins = maskInputs(body, dimension);
  const handed = calls.some(({ masks }) => masks.length > 0)
    ? maskInputs(withIdleMasks(body), dimension)
    : origins;
  const facts = describeGraph(body, dimension);
  const nodes = new Map(body.nodes.map((node) => [node.name, node]));
  for (const { name, layer, masks } of calls) {
    const node = nodes.get(nodeNames.get(name)!);
    if (node === undefined || node.className === 'Embedding' || layer.className === 'Embedding') continue;
    const own = new Set(node.inputs.flatMap((input) => [...(handed.get(input) ?? [])]));
    const given = new Set(masks.map((mask) => inputs.findIndex((input) => input?.name === mask)));
    const isStray = body.inputs === undefined ? own.size === 0 : [...given].some((input) => !own.has(input));
    if (masks.length > 0 && isStray) {
      throw unsupported(layer, 'it is handed a mask that is not that of its input', file);
    }
    if (mergesTexts(body, node, origins, facts)) {
      throw unsupported(
        layer,
        'it merges masks of several texts, which Keras 2 and Keras 3 do in their own ways',
        file,
      );
    }
  }
}

/** Whether a node makes one mask of those of several texts, step by step. */
function mergesTexts(
  { dialect }: GraphBody,
  node: GraphNode,
  origins: ReadonlyMap<string, ReadonlySet<number>>,
  facts: ReturnType<typeof describeGraph>,
): boolean {
  if (facts.get(node.name)?.output.masked !== true) return false;
  const masks = node.inputs
    .map((input) => [...(origins.get(input) ?? [])].sort().join())
    .filter((mask) => mask !== '');
  if (masks.every((mask) => mask === masks[0])) return false;
  return !(node.className === 'Concatenate' && joinsTime(new NodeConfig(node, dialect), { steps: 'any' }));
}

function tokenInput({ name, layer }: UsedCall, file: string): TokenInput {
  const length = lengthOf(layer, layer, file);
  return { name, ...(length !== undefined && { length }) };
}

/** Tokens of a sentence, where the saved model's input says it. @throws UserError `unsupported-layer` for too many */
function lengthOf(input: Layer | undefined, embedding: Layer, file: string): number | undefined {
  const shape = input?.config.batch_input_shape ?? embedding.config.batch_input_shape;
  const length = Array.isArray(shape) ? (shape as unknown[])[1] : embedding.config.input_length;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length <= 0) return undefined;
  if (length <= longestText) return length;
  throw unsupported(
    input ?? embedding,
    `it takes sentences of ${length} tokens, where at most ${longestText} are read`,
    file,
  );
}

function headOf(head: Layer, activation: Layer | undefined, file: string): Head {
  const units = sizeOf(head, 'units', file);
  const name =
    activation === undefined
      ? activationOf(head)
      : activation.className === 'Softmax'
        ? 'softmax'
        : activationOf(activation);
  const found = headOfUnits(name, units);
  if (found !== undefined) return head.config.use_bias === false ? { ...found, biasFree: true } : found;
  throw unsupported(head, `a head of ${units} units with '${name}' is no classifier`, file);
}

function sourcesOf(
  facts: ReturnType<typeof describeGraph>,
  calls: readonly UsedCall[],
  { tables, head }: Ends,
  nodeNames: ReadonlyMap<string, string>,
  names: ReadonlySet<string>,
  file: string,
): WeightSource[] {
  const sources: WeightSource[] = [];
  const add = (ours: string, layer: Layer, weight: string, direction?: string): void => {
    sources.push({ ours, theirs: weightName(names, layer, weight, file, direction) });
  };
  tables.forEach(({ layer, factor, calls: [first] }, i) => {
    const prefix = i === 0 ? 'embedding' : `graph/${nodeNames.get(first!.vectors)!}`;
    add(factor === undefined ? `${prefix}/table` : `${prefix}/A`, layer, 'embeddings');
    if (factor !== undefined) add(`${prefix}/B`, factor, 'kernel');
  });
  const ofTables = new Set(tables.flatMap(({ layer, factor }) => [layer, factor]));
  for (const { name: call, layer } of calls) {
    if (ofTables.has(layer)) continue;
    const node = nodeNames.get(call)!;
    for (const [name] of facts.get(node)?.weights ?? []) {
      const [weight = '', direction] = name.split('/').toReversed();
      add(`graph/${node}/${name}`, layer, weight, direction);
    }
  }
  add('head/kernel', head.layer, 'kernel');
  if (head.layer.config.use_bias !== false) add('head/bias', head.layer, 'bias');
  return sources;
}
