import { UserError } from '../errors.ts';
import { checkFinite } from './checkFinite.ts';
import type { RowSource } from '../embedding/rowSource.ts';
import type { ModelSpec, ReadWeights, StoredSizes, Tensor, Weights } from './checkpoint.ts';
import { layersOf, type Layer, type ModelEnds } from './layers.ts';
import type { WeightSource } from './layerWeights.ts';
import { checkSpec, weightShapes } from './specFromJson.ts';
import { graphOfLayers } from './graph/graphOfLayers.ts';
import { specOfLayers, type Dialect } from './specOfLayers.ts';
import { lackOfStockLayers, topologyOf, type Topology } from './tfjsTopology.ts';

/** A saved model of layers, as each format's reader gives it. */
export interface LayeredModel {
  readonly file: string;
  readonly dialect: Dialect;
  readonly layers: readonly Layer[];
  /** Undefined for a Sequential. */
  readonly ends: ModelEnds | undefined;
  /** The spec that a writer of ours left in the file, unchecked; undefined in a foreign one. */
  readonly note: unknown;
  /** Shapes of the saved weights by name, `layer/weight` or `layer/scope/weight`. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Bytes that a number of a saved weight takes. */
  readonly numberBytes: (name: string) => number;
  /** Reads the weights named, in any order, and hands each to `take`. */
  readonly read: (names: ReadonlySet<string>, take: (name: string, tensor: Tensor) => void) => Promise<void>;
  /** The rows of a weight with two dimensions, where the format lets some be read without the others. */
  readonly rowsOf?: (name: string) => RowSource | undefined;
}

export interface OpenModel {
  readonly spec: ModelSpec;
  readonly stored: StoredSizes;
  readonly readWeights: ReadWeights;
  readonly tableRows?: (name: string) => RowSource | undefined;
}

/**
 * What a model of layers computes; its weights have been checked against its layers, and are read by `readWeights`.
 * @throws UserError that names the layer or the weight; see specOfLayers.ts for the models that are understood.
 */
export function openLayers(model: LayeredModel): OpenModel {
  const { file, shapes } = model;
  const { spec, sources } = describeOwn(model) ?? describeForeign(model);
  checkShapes(weightShapes(spec), sources, shapes, file);
  const names = new Map(sources.map(({ ours, theirs }) => [ours, theirs]));
  const stored = new Map(
    [...weightShapes(spec)].map(([name, shape]) => {
      const theirs = names.get(name);
      const ofNumber = theirs === undefined ? 0 : model.numberBytes(theirs);
      return [name, { shape, bytes: shape.reduce((a, b) => a * b, ofNumber) }] as const;
    }),
  );
  return {
    spec,
    stored,
    tableRows(name) {
      const source = sources.find(({ ours }) => ours === name);
      return source && model.rowsOf?.(source.theirs);
    },
    async readWeights(without) {
      const wanted = sources.filter(({ ours }) => without?.has(ours) !== true);
      const names = new Map(wanted.map(({ ours, theirs }) => [theirs, ours]));
      const weights: Weights = new Map();
      await model.read(new Set(names.keys()), (name, tensor) => {
        const ours = names.get(name);
        if (ours === undefined) return;
        checkFinite(tensor.data, name, file);
        weights.set(ours, tensor);
      });
      return weights;
    },
  };
}

/**
 * The spec that the writer left in the model, where the layers are still those that it stands for; undefined for a
 * foreign model, and for one whose layers were changed since.
 */
function describeOwn({
  note,
  layers,
  dialect,
  file,
}: LayeredModel): { spec: ModelSpec; sources: readonly WeightSource[] } | undefined {
  if (note === undefined) return undefined;
  const spec = checkSpec(note, file);
  if (lackOfStockLayers(spec, dialect) !== undefined) return undefined;
  const topology = topologyOf(spec, dialect);
  if (!isSameGraph(layers, topology)) return undefined;
  const sources = topology.weights.flatMap(({ name, source }) =>
    typeof source === 'string' ? [{ ours: source, theirs: name }] : [],
  );
  return { spec, sources };
}

/** What is not one of the chains, and may be a graph. */
const noChain: ReadonlySet<string> = new Set(['unsupported-layer', 'several-inputs']);

/** As one of the chains that are computed as a whole, which is quicker; else layer by layer. */
function describeForeign({ layers, ends, shapes, dialect, file }: LayeredModel): {
  spec: ModelSpec;
  sources: readonly WeightSource[];
} {
  const names = new Set(shapes.keys());
  try {
    return specOfLayers(layers, names, dialect, file);
  } catch (error) {
    if (!(error instanceof UserError) || !noChain.has(error.code)) throw error;
    return graphOfLayers(layers, ends, names, dialect, file);
  }
}

/** What decides the result; tfjs and Keras add fields of their own when they save a model again. */
const telling = [
  'activation',
  'alpha',
  'axis',
  'center',
  'dilation_rate',
  'epsilon',
  'filters',
  'go_backwards',
  'kernel_size',
  'mask_zero',
  'max_value',
  'merge_mode',
  'negative_slope',
  'padding',
  'pool_size',
  'recurrent_activation',
  'reset_after',
  'return_sequences',
  'scale',
  'strides',
  'threshold',
  'units',
  'use_bias',
];

/** Of the layer, and of the one that it wraps. */
function tellingOf({ config }: Layer): string {
  const wrapped = config.layer as { readonly config?: Layer['config'] } | undefined;
  const values = [config, wrapped?.config ?? {}].map((of) => telling.map((field) => of[field]));
  // Which one it is, the spec says.
  return JSON.stringify(values, (_, value: unknown) =>
    value === 'hard_sigmoid_0.2' ? 'hard_sigmoid' : value,
  );
}

function callsOf({ calls }: Layer): string {
  return JSON.stringify(calls.map(({ inputs }) => inputs));
}

function isSameGraph(layers: readonly Layer[], topology: Topology): boolean {
  const ours = layersOf({ class_name: 'Functional', config: { layers: topology.layers } }, '');
  return (
    layers.length === ours.length &&
    ours.every((layer) => {
      // By name: tfjs sorts the layers when it saves a model again.
      const found = layers.find(({ name }) => name === layer.name);
      return (
        found?.className === layer.className &&
        callsOf(found) === callsOf(layer) &&
        tellingOf(found) === tellingOf(layer)
      );
    })
  );
}

function checkShapes(
  expected: ReadonlyMap<string, readonly number[]>,
  sources: readonly WeightSource[],
  shapes: ReadonlyMap<string, readonly number[]>,
  file: string,
): void {
  for (const { ours, theirs } of sources) {
    const found = shapes.get(theirs)?.join(' x ');
    const wanted = expected.get(ours)?.join(' x ');
    if (found === wanted) continue;
    throw new UserError(
      'weight-shape',
      `The weight '${theirs}' is ${found ?? 'missing'}, where the layers ask for ${wanted ?? 'none'}.`,
      'Export the model anew.',
      { file, item: theirs },
    );
  }
}
