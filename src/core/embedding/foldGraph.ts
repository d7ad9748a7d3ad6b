import type { Tensor } from '../checkpoint/checkpoint.ts';
import { layerActivation, normalizationSettings } from '../checkpoint/graph/denseRules.ts';
import { describeGraph, embeddingShape } from '../checkpoint/graph/describeGraph.ts';
import { joinsTime } from '../checkpoint/graph/mergeRules.ts';
import { NodeConfig } from '../checkpoint/graph/nodeConfig.ts';
import type { NodeShape } from '../checkpoint/graph/nodeFacts.ts';
import { convolutionSettings } from '../checkpoint/graph/windowRules.ts';
import type { GraphBody, GraphNode } from '../checkpoint/graphBody.ts';
import { UserError } from '../errors.ts';
import { foldKernel, type Segment } from './foldKernel.ts';

interface FoldedGraph {
  readonly body: GraphBody;
  /** The kernels and biases that are others now. */
  readonly changed: ReadonlyMap<string, Tensor>;
  /** Names before those of weights that are gone. */
  readonly gone: readonly string[];
}

/** Why the product with B cannot be moved past a layer. */
const obstacles: Readonly<Record<string, string>> = {
  LayerNormalization: 'it divides each vector by its own deviation',
  GlobalMaxPooling1D: 'it takes maxima',
  MaxPooling1D: 'it takes maxima',
  Maximum: 'it takes maxima',
  Multiply: 'it multiplies',
  Add: 'it adds vectors to others, number by number',
  Average: 'it adds vectors to others, number by number',
};

const passing: ReadonlySet<string> = new Set([
  'Dropout',
  'SpatialDropout1D',
  'GlobalAveragePooling1D',
  'AveragePooling1D',
]);

/**
 * Multiplies B into every kernel that meets the embedding's vectors. Dropout is nothing once a model is trained; means
 * and Flatten let the product pass; of a Concatenate only the rows of its part are multiplied; a BatchNormalization is
 * affine, goes into kernel and bias with B, and is gone.
 *
 * @param dimension n
 * @param weights of the model, by our names
 * @throws UserError `not-foldable` that names the layer in the way
 */
export function foldGraph(
  body: GraphBody,
  dimension: number,
  B: Tensor,
  weights: ReadonlyMap<string, Tensor>,
): FoldedGraph {
  const shapes = new Map<string, NodeShape>([['embedding', embeddingShape(body, dimension)]]);
  for (const [name, { output }] of describeGraph(body, dimension)) shapes.set(name, output);
  /** What nodes hand on that is made of the embedding's vectors by an affine map of its rows alone. */
  const carried = new Map<string, readonly Segment[]>([['embedding', [{ width: dimension, map: B }]]]);
  const changed = new Map<string, Tensor>();
  /** Nodes that are gone, and what took their place. */
  const replaced = new Map<string, string>();
  const weight = (name: string): Tensor => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`The model has no ${name}.`);
    return found;
  };

  const foldInto = (prefix: string, segments: readonly Segment[], refuse: Refuse): void => {
    const { kernel, shift } = foldKernel(weight(`${prefix}/kernel`), segments);
    changed.set(`${prefix}/kernel`, kernel);
    if (shift === undefined) return;
    const bias = weights.get(`${prefix}/bias`);
    if (bias === undefined) throw refuse('it has no bias for the sums of the BatchNormalization before it');
    // Of a GRU's two biases the first one is the input's.
    const data = bias.data.map((b, i) => b + (shift[i] ?? 0));
    changed.set(`${prefix}/bias`, { shape: bias.shape, data });
  };

  for (const node of body.nodes) {
    const inputs = node.inputs.map((input) => carried.get(input));
    const [first] = inputs;
    if (inputs.every((segments) => segments === undefined)) continue;
    const config = new NodeConfig(node, body.dialect);
    const refuse: Refuse = (why) => notFoldable(node, why);
    const inputShapes = node.inputs.map((input) => shapes.get(input)!);
    const prefix = `graph/${node.name}`;
    switch (node.className) {
      case 'Concatenate':
        if (joinsTime(config, inputShapes[0]!)) throw refuse('it joins sequences in time');
        carried.set(
          node.name,
          inputs.flatMap((segments, i) => segments ?? [{ width: inputShapes[i]!.width }]),
        );
        break;
      case 'Flatten': {
        const { steps } = inputShapes[0]!;
        const times = typeof steps === 'number' ? steps : 1;
        carried.set(node.name, Array.from({ length: times }, () => first ?? []).flat());
        break;
      }
      case 'BatchNormalization': {
        const { epsilon } = normalizationSettings(config, inputShapes[0]!);
        const part = (name: string): Tensor | undefined => weights.get(`${prefix}/${name}`);
        const [mean, variance] = [weight(`${prefix}/moving_mean`), weight(`${prefix}/moving_variance`)];
        const scales = Float64Array.from(
          variance.data,
          (v, c) => (part('gamma')?.data[c] ?? 1) / Math.sqrt(v + epsilon),
        );
        const shifts = scales.map((scale, c) => (part('beta')?.data[c] ?? 0) - scale * mean.data[c]!);
        carried.set(node.name, normalized(first ?? [], scales, shifts));
        replaced.set(node.name, replaced.get(node.inputs[0]!) ?? node.inputs[0]!);
        break;
      }
      case 'Bidirectional':
        foldInto(`${prefix}/forward`, first ?? [], refuse);
        foldInto(`${prefix}/backward`, first ?? [], refuse);
        break;
      case 'Conv1D': {
        const isPadded = convolutionSettings(config).padding !== 'valid';
        if (isPadded && first?.some(({ shift }) => shift)) {
          throw refuse(
            'the zeros that it puts before and behind the steps are not those of the BatchNormalization before it',
          );
        }
        foldInto(prefix, first ?? [], refuse);
        break;
      }
      case 'Dense':
      case 'TimeDistributed':
      case 'LSTM':
      case 'GRU':
      case 'SimpleRNN':
        foldInto(prefix, first ?? [], refuse);
        break;
      default:
        if (!passing.has(node.className) && !isIdentity(config)) {
          throw refuse(obstacles[node.className] ?? 'it is not linear');
        }
        carried.set(node.name, first ?? []);
    }
  }
  const last = body.nodes.at(-1);
  const ofHead = carried.get(last?.name ?? '');
  if (ofHead !== undefined)
    foldInto('head', ofHead, (why) => notFoldable({ name: 'head', className: 'Dense' }, why));
  return {
    body: without(replaced, body),
    changed,
    gone: [...replaced.keys()].map((name) => `graph/${name}/`),
  };
}

type Refuse = (why: string) => UserError;

function notFoldable({ name, className }: Pick<GraphNode, 'name' | 'className'>, why: string): UserError {
  return new UserError(
    'not-foldable',
    `The factor B cannot be multiplied into what follows: the layer '${name}' (${className}) stands in the way, for ${why}.`,
    'Use the model with its factors.',
  );
}

function isIdentity(config: NodeConfig): boolean {
  return config.className === 'Activation' && layerActivation(config).kind === 'linear';
}

/** Each number of y times its scale, plus its shift. */
function normalized(segments: readonly Segment[], scales: Float64Array, shifts: Float64Array): Segment[] {
  let from = 0;
  return segments.map(({ width, map, shift }) => {
    const [scale, add] = [scales.subarray(from, from + width), shifts.subarray(from, from + width)];
    from += width;
    const rows = map?.shape[0] ?? width;
    const data = new Float32Array(rows * width);
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < width; c++) {
        data[i * width + c] = (map === undefined ? Number(i === c) : map.data[i * width + c]!) * scale[c]!;
      }
    }
    return {
      width,
      map: { shape: [rows, width], data },
      shift: add.map((value, c) => value + (shift?.[c] ?? 0) * scale[c]!),
    };
  });
}

/** The graph of what is left, whose table is A itself. */
function without(replaced: ReadonlyMap<string, string>, { names, ...body }: GraphBody): GraphBody {
  const nodes = body.nodes
    .filter(({ name }) => !replaced.has(name))
    .map((node) => ({ ...node, inputs: node.inputs.map((input) => replaced.get(input) ?? input) }));
  if (names === undefined) return { ...body, nodes };
  const { factor: _, ...kept } = names;
  return { ...body, nodes, names: kept };
}
