import { layerActivation, normalizationSettings } from '../checkpoint/graph/denseRules.ts';
import { describeGraph, embeddingShape } from '../checkpoint/graph/describeGraph.ts';
import { joinsTime } from '../checkpoint/graph/mergeRules.ts';
import { embeddingCalls } from '../checkpoint/graph/tables.ts';
import { NodeConfig } from '../checkpoint/graph/nodeConfig.ts';
import type { NodeShape } from '../checkpoint/graph/nodeFacts.ts';
import { ofStep } from '../checkpoint/graph/timeDistributed.ts';
import { convolutionSettings } from '../checkpoint/graph/windowRules.ts';
import type { GraphBody, GraphNode } from '../checkpoint/graphBody.ts';
import { UserError } from '../errors.ts';
import type { Segment } from './foldKernel.ts';

/** What is done on the way of the embedding's vectors through a graph. */
export interface FoldSteps {
  /** Whether the head has no bias. */
  readonly biasFree: boolean | undefined;
  /** What the tables to be folded hand on, by their names. */
  readonly starts: ReadonlyMap<string, Segment>;
  /** A kernel, and its bias, that the vectors meet. @param prefix before the names of its weights */
  readonly foldInto: (prefix: string, segments: readonly Segment[]) => void;
  /** What a BatchNormalization makes of the vectors: it has a shift. */
  readonly normalize: (prefix: string, segments: readonly Segment[], epsilon: number) => readonly Segment[];
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

const noBias = 'it has no bias for the sums of the BatchNormalization before it';

const passing: ReadonlySet<string> = new Set([
  'Dropout',
  'SpatialDropout1D',
  'GlobalAveragePooling1D',
  'AveragePooling1D',
]);

/**
 * Follows the embedding's vectors to every kernel that meets them. Dropout is nothing once a model is trained; means and
 * Flatten let the product with B pass; of a Concatenate only the rows of its part are multiplied; a BatchNormalization
 * is affine, goes into kernel and bias with B, and is gone.
 *
 * @param dimension n
 * @returns nodes that are gone, and what took their place
 * @throws UserError `not-foldable` that names the layer in the way
 */
export function walkFold(body: GraphBody, dimension: number, steps: FoldSteps): ReadonlyMap<string, string> {
  const facts = describeGraph(body, dimension);
  const shapes = new Map<string, NodeShape>([['embedding', embeddingShape(body, dimension)]]);
  for (const [name, { output }] of facts) shapes.set(name, output);
  /** What nodes hand on that is made of the embedding's vectors by an affine map of its rows alone. */
  const carried = new Map<string, readonly Segment[]>();
  for (const { name, table } of embeddingCalls(body)) {
    const start = steps.starts.get(table);
    if (start !== undefined) carried.set(name, [start]);
  }
  const replaced = new Map<string, string>();
  const calls = new SharedKernels(body);

  for (const node of body.nodes) {
    const inputs = node.inputs.map((input) => carried.get(input));
    const [first = []] = inputs;
    const owner = node.weightsOf ?? node.name;
    const refuse = (why: string): UserError => notFoldable(node, why);
    const hasWeights = (facts.get(owner)?.weights ?? []).length > 0 && node.className !== 'Embedding';
    const meeting = hasWeights ? calls.meet(owner, inputs[0]) : 'first';
    if (meeting === 'other') throw refuse('it is called more than once, with vectors of different tables');
    if (inputs.every((segments) => segments === undefined)) continue;
    const inputShapes = node.inputs.map((input) => shapes.get(input)!);
    const { config, input } = ofStep(new NodeConfig(node, body.dialect), inputShapes[0]!);
    const isShifted = first.some(({ shift }) => shift);
    const weights = facts.get(owner)?.weights;
    const foldInto = (direction = ''): void => {
      if (isShifted && weights?.some(([name]) => name === `${direction}bias`) !== true) throw refuse(noBias);
      if (meeting === 'first') steps.foldInto(`graph/${owner}/${direction}`, first);
    };
    switch (config.className) {
      case 'Concatenate':
        if (joinsTime(config, input)) throw refuse('it joins sequences in time');
        carried.set(
          node.name,
          inputs.flatMap((segments, i) => segments ?? [{ width: inputShapes[i]!.width }]),
        );
        break;
      case 'Flatten': {
        const { steps: count } = input;
        const times = typeof count === 'number' ? count : 1;
        carried.set(node.name, Array.from({ length: times }, () => first).flat());
        break;
      }
      case 'BatchNormalization': {
        if (calls.isShared(owner)) throw refuse('it is called more than once');
        const { epsilon } = normalizationSettings(config, input);
        carried.set(node.name, steps.normalize(`graph/${node.name}/`, first, epsilon));
        replaced.set(node.name, replaced.get(node.inputs[0]!) ?? node.inputs[0]!);
        break;
      }
      case 'Bidirectional':
        foldInto('forward/');
        foldInto('backward/');
        break;
      case 'Conv1D':
        if (isShifted && convolutionSettings(config).padding !== 'valid') {
          throw refuse(
            'the zeros that it puts before and behind the steps are not those of the BatchNormalization before it',
          );
        }
        foldInto();
        break;
      case 'Dense':
      case 'LSTM':
      case 'GRU':
      case 'SimpleRNN':
        foldInto();
        break;
      default:
        if (!passing.has(config.className) && !isIdentity(config)) {
          throw refuse(obstacles[config.className] ?? 'it is not linear');
        }
        carried.set(node.name, first);
    }
  }
  const ofHead = carried.get(body.nodes.at(-1)?.name ?? '');
  if (ofHead === undefined) return replaced;
  if (steps.biasFree && ofHead.some(({ shift }) => shift))
    throw notFoldable({ name: body.names?.head ?? 'head', className: 'Dense' }, noBias);
  steps.foldInto('head/', ofHead);
  return replaced;
}

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

/** Kernels that several calls use, which can be folded once for all that meet the same vectors. */
class SharedKernels {
  readonly #shared: ReadonlySet<string>;
  readonly #met = new Map<string, readonly Segment[] | undefined>();

  constructor({ nodes }: GraphBody) {
    this.#shared = new Set(nodes.flatMap(({ weightsOf }) => weightsOf ?? []));
  }

  isShared(owner: string): boolean {
    return this.#shared.has(owner);
  }

  /** Whether it is the first call that meets its vectors, or meets the same ones as the first or others. */
  meet(owner: string, segments: readonly Segment[] | undefined): 'first' | 'same' | 'other' {
    if (!this.#met.has(owner)) {
      this.#met.set(owner, segments);
      return 'first';
    }
    const before = this.#met.get(owner);
    const isSame =
      before?.length === segments?.length &&
      (before ?? []).every(({ width, map, shift }, i) => {
        const own = segments?.[i];
        return own?.width === width && own.map === map && own.shift === shift;
      });
    return isSame ? 'same' : 'other';
  }
}
