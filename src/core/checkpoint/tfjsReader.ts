import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { checkFinite } from './checkFinite.ts';
import type { ModelSpec, Weights } from './checkpoint.ts';
import { layersOf, type Layer } from './layerChain.ts';
import { readJsonObject } from './openFile.ts';
import { findShards, readShards } from './shards.ts';
import { checkSpec, weightShapes } from './specFromJson.ts';
import { specOfLayers, type WeightSource } from './tfjsChain.ts';
import { lackOfStockLayers, topologyOf, type Topology } from './tfjsTopology.ts';
import { readManifest } from './weightsManifest.ts';

export interface TfjsModel {
  readonly spec: ModelSpec;
  readonly readWeights: () => Promise<Weights>;
}

/**
 * Opens a tfjs layers model: topology and manifest are read and checked against each other and against the sizes of the
 * shards; the weights are read by `readWeights`.
 *
 * @throws UserError that names the layer, shard or tensor; see tfjsChain.ts for the models that are understood.
 */
export async function openTfjs(path: string): Promise<TfjsModel> {
  const model = await readJsonObject(path);
  if (model.format === 'graph-model') {
    throw new UserError(
      'graph-model',
      'The file is a tfjs graph model, whose layers are lost.',
      'Export the model as a layers model.',
      { file: path },
    );
  }
  const layers = layersOf(model.modelTopology, path);
  const groups = readManifest(model.weightsManifest, path);
  const shapes = new Map(groups.flatMap(({ weights }) => weights.map(({ name, shape }) => [name, shape])));
  const { spec, sources } =
    describeOwn(model, layers, path) ?? specOfLayers(layers, new Set(shapes.keys()), path);
  checkShapes(weightShapes(spec), sources, shapes, path);
  const shards = await Promise.all(groups.map((group) => findShards(group, dirname(path), path)));
  return {
    spec,
    async readWeights(): Promise<Weights> {
      const names = new Map(sources.map(({ ours, theirs }) => [theirs, ours]));
      const weights: Weights = new Map();
      for (const [i, group] of groups.entries()) {
        for await (const [{ name, shape, type }, bytes] of readShards(group.weights, shards[i] ?? [])) {
          const ours = names.get(name);
          if (ours === undefined) continue;
          const data = type.decode(bytes);
          checkFinite(data, name, path);
          weights.set(ours, { shape, data });
        }
      }
      return weights;
    },
  };
}

/**
 * The spec that the writer left in the model, where the layers are still those that it stands for; undefined for a
 * foreign model, and for one whose layers were changed since.
 */
function describeOwn(
  model: Record<string, unknown>,
  layers: readonly Layer[],
  path: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } | undefined {
  const note = (model.userDefinedMetadata as { embeddingPress?: { spec?: unknown } } | null | undefined)
    ?.embeddingPress?.spec;
  if (note === undefined) return undefined;
  const spec = checkSpec(note, path);
  if (lackOfStockLayers(spec) !== undefined) return undefined;
  const topology = topologyOf(spec);
  if (!isSameGraph(layers, topology)) return undefined;
  const sources = topology.weights.flatMap(({ name, source }) =>
    typeof source === 'string' ? [{ ours: source, theirs: name }] : [],
  );
  return { spec, sources };
}

/** What decides the result; tfjs adds fields of its own when it saves a model again. */
const telling = [
  'activation',
  'dilation_rate',
  'filters',
  'go_backwards',
  'kernel_size',
  'mask_zero',
  'merge_mode',
  'padding',
  'recurrent_activation',
  'return_sequences',
  'strides',
  'units',
  'use_bias',
];

/** Of the layer, and of the one that it wraps. */
function tellingOf({ config }: Layer): string {
  const wrapped = config.layer as { readonly config?: Layer['config'] } | undefined;
  return JSON.stringify([config, wrapped?.config ?? {}].map((of) => telling.map((field) => of[field])));
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
        found.calls === layer.calls &&
        found.inputs.join() === layer.inputs.join() &&
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
