import { UserError } from '../../errors.ts';
import { longestText } from '../../recipe/defaults.ts';
import type { ModelSpec } from '../checkpoint.ts';
import type { GraphBody, GraphNode } from '../graphBody.ts';
import { activationOf, sizeOf } from '../layerConfig.ts';
import { noHead, unsupported, type Layer } from '../layers.ts';
import { weightName, type WeightSource } from '../layerWeights.ts';
import type { Dialect } from '../specOfLayers.ts';
import { describeGraph, graphLayers, isPaddingMasked } from './describeGraph.ts';
import { strayMask } from './expressible.ts';
import { nodeOf } from './savedNode.ts';

/** The saved model's layers around the graph. */
interface Ends {
  readonly embedding: Layer;
  /** Dense without bias and activation, all that takes the embedding: the factor B. */
  readonly factor: Layer | undefined;
  readonly head: Layer;
  /** The head's activation, where it is a layer of its own. */
  readonly activation: Layer | undefined;
}

/**
 * What a model computes whose layers are no simple chain: from its one Embedding to its Dense head any of the layers of
 * `describeGraph`, in any order and with branches.
 *
 * @param names of the saved weights
 * @param outputs names of the layers whose outputs are the model's, where it says them
 * @throws UserError `unsupported-layer` that names the layer, `several-inputs`, `several-outputs`, `no-head`,
 * `weight-missing`
 */
export function graphOfLayers(
  layers: readonly Layer[],
  outputs: readonly string[] | undefined,
  names: ReadonlySet<string>,
  dialect: Dialect,
  file: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } {
  const used = inOrder(layers, outputOf(layers, outputs, file), file);
  const input = inputOf(used, file);
  const ends = endsOf(used, input, file);
  const { embedding, factor, head } = ends;
  const nodes = nodesOf(used, input, ends, file);
  const maskZero = embedding.config.mask_zero === true;
  const length = lengthOf(input, embedding, file);
  const body: GraphBody = {
    kind: 'graph',
    nodes,
    hidden: [],
    ...(length !== undefined && { length }),
    maskZero,
    dialect,
    names: {
      input: input?.name ?? 'ids',
      embedding: embedding.name,
      ...(factor && { factor: factor.name }),
      head: head.name,
      ...(ends.activation && {
        activation: {
          name: ends.activation.name,
          className: ends.activation.className === 'Softmax' ? 'Softmax' : 'Activation',
        },
      }),
    },
  };
  const width = sizeOf(embedding, 'output_dim', file);
  const dimension = factor === undefined ? width : sizeOf(factor, 'units', file);
  const facts = describeGraph(body, dimension, file);
  for (const layer of used) {
    const { inputs } = nodes.find(({ name }) => name === layer.name) ?? {};
    const isMasked = ([input = '']: readonly string[]): boolean =>
      input === 'embedding' ? maskZero : facts.get(input)?.output.masked === true;
    if (layer.masked === true && inputs !== undefined && !isMasked(inputs)) {
      throw unsupported(layer, 'it is handed a mask that is not that of its input', file);
    }
  }
  const stray = strayMask(body, dimension);
  if (stray !== undefined) throw unsupported(stray.node, stray.why, file);
  const spec: ModelSpec = {
    embedding: {
      rows: sizeOf(embedding, 'input_dim', file),
      dimension,
      ...(factor !== undefined && { rank: width }),
    },
    body,
    ...headOf(head, ends.activation, file),
    masked: isPaddingMasked(body, dimension),
  };
  return { spec, sources: sourcesOf(facts, used, ends, names, file) };
}

/** The layer whose output is the model's. @throws UserError `several-outputs` */
function outputOf(layers: readonly Layer[], outputs: readonly string[] | undefined, file: string): Layer {
  const fed = new Set(layers.flatMap(({ inputs }) => inputs));
  const ends = outputs ?? layers.filter(({ name }) => !fed.has(name)).map(({ name }) => name);
  const [end, other] = ends;
  if (other !== undefined) {
    throw new UserError(
      'several-outputs',
      `The model has ${ends.length} outputs, where one is expected: '${ends.join("', '")}'.`,
      'Export a model whose one output classifies the text.',
      { file, item: other },
    );
  }
  const found = layers.find(({ name }) => name === end);
  if (found === undefined) throw noHead(file);
  return found;
}

/** The layers that an output is made of, each behind those that feed it. */
function inOrder(layers: readonly Layer[], output: Layer, file: string): Layer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const done = new Set<Layer>();
  // A stack of our own, for a file may be as deep as it likes.
  const stack: { readonly layer: Layer; next: number }[] = [{ layer: output, next: 0 }];
  const open = new Set<Layer>([output]);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const name = top.layer.inputs[top.next++];
    if (name === undefined) {
      done.add(top.layer);
      open.delete(top.layer);
      stack.pop();
      continue;
    }
    const input = byName.get(name);
    if (input === undefined) throw unsupported(top.layer, `it takes '${name}', which is no layer`, file);
    if (open.has(input)) throw unsupported(input, 'it lies on a circle', file);
    if (done.has(input)) continue;
    open.add(input);
    stack.push({ layer: input, next: 0 });
  }
  return [...done];
}

/** The one input of token ids; undefined for a Sequential that begins with its Embedding. @throws UserError `several-inputs` */
function inputOf(layers: readonly Layer[], file: string): Layer | undefined {
  const [start, other] = layers.filter(({ inputs }) => inputs.length === 0);
  if (other !== undefined) {
    throw new UserError(
      'several-inputs',
      `The model has several inputs, '${start?.name}' and '${other.name}' among them, where one is expected.`,
      'Export a model with one input of token ids, or compress its embeddings without retraining: embedding-press factorize MODEL FOLDER --reduction 0.9.',
      { file, item: other.name },
    );
  }
  return start?.className === 'InputLayer' ? start : undefined;
}

function endsOf(layers: readonly Layer[], input: Layer | undefined, file: string): Ends {
  const [embedding, other] = layers.filter(({ className }) => className === 'Embedding');
  if (embedding === undefined) throw unsupported(layers.at(-1)!, 'no Embedding leads to it', file);
  if (other !== undefined) throw unsupported(other, `'${embedding.name}' is another embedding`, file);
  if (embedding.inputs[0] !== input?.name) {
    throw unsupported(embedding, `it takes '${embedding.inputs[0]}', where token ids are expected`, file);
  }
  const last = layers.at(-1)!;
  const before = layers.find(({ name }) => name === last.inputs[0]);
  const isActivation =
    ['Activation', 'Softmax'].includes(last.className) &&
    before?.className === 'Dense' &&
    activationOf(before) === 'linear' &&
    layers.filter(({ inputs }) => inputs.includes(before.name)).length === 1;
  const head = isActivation ? before : last;
  if (head.className !== 'Dense') throw unsupported(head, 'a model ends in a Dense layer', file);
  const [factor, ...rest] = layers.filter(({ inputs }) => inputs.includes(embedding.name));
  const isFactor =
    factor?.className === 'Dense' &&
    rest.length === 0 &&
    factor !== head &&
    factor.config.use_bias === false &&
    activationOf(factor) === 'linear';
  return {
    embedding,
    factor: isFactor ? factor : undefined,
    head,
    activation: isActivation ? last : undefined,
  };
}

function nodesOf(
  layers: readonly Layer[],
  input: Layer | undefined,
  { embedding, factor, head, activation }: Ends,
  file: string,
): GraphNode[] {
  const start = factor ?? embedding;
  const around = new Set([input, embedding, factor, head, activation]);
  for (const layer of layers) {
    if (layer.calls > 1) throw unsupported(layer, 'the model calls it more than once', file);
  }
  return layers
    .filter((layer) => !around.has(layer))
    .map((layer) => {
      const { name, className } = layer;
      if (!graphLayers.has(className)) throw unsupported(layer, 'no such layer is computed here', file);
      if (name === 'embedding' || name.includes('/')) {
        throw unsupported(layer, "a layer's name is not to be 'embedding' or to hold a slash", file);
      }
      if (layer.inputs.some((taken) => taken === input?.name)) {
        throw unsupported(layer, 'it takes token ids', file);
      }
      const node = nodeOf(layer);
      return { ...node, inputs: node.inputs.map((taken) => (taken === start.name ? 'embedding' : taken)) };
    });
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

function headOf(
  head: Layer,
  activation: Layer | undefined,
  file: string,
): Pick<ModelSpec, 'head' | 'classes'> {
  if (head.config.use_bias === false) throw unsupported(head, 'it has no bias', file);
  const units = sizeOf(head, 'units', file);
  const name =
    activation === undefined
      ? activationOf(head)
      : activation.className === 'Softmax'
        ? 'softmax'
        : activationOf(activation);
  if (name === 'sigmoid' && units === 1) return { head: 'sigmoid', classes: 2 };
  if (name === 'sigmoid') return { head: 'multi-label', classes: units };
  if (name === 'softmax' && units > 1) return { head: 'softmax', classes: units };
  if (name === 'linear' && units > 1) return { head: 'logits', classes: units };
  throw unsupported(head, `a head of ${units} units with '${name}' is no classifier`, file);
}

function sourcesOf(
  facts: ReturnType<typeof describeGraph>,
  layers: readonly Layer[],
  { embedding, factor, head }: Ends,
  names: ReadonlySet<string>,
  file: string,
): WeightSource[] {
  const sources: WeightSource[] = [];
  const add = (ours: string, layer: Layer, weight: string, direction?: string): void => {
    sources.push({ ours, theirs: weightName(names, layer, weight, file, direction) });
  };
  add(factor === undefined ? 'embedding/table' : 'embedding/A', embedding, 'embeddings');
  if (factor !== undefined) add('embedding/B', factor, 'kernel');
  for (const layer of layers) {
    for (const [name] of facts.get(layer.name)?.weights ?? []) {
      const [weight = '', direction] = name.split('/').toReversed();
      add(`graph/${layer.name}/${name}`, layer, weight, direction);
    }
  }
  add('head/kernel', head, 'kernel');
  add('head/bias', head, 'bias');
  return sources;
}
