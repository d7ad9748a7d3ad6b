import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { openLayers, type OpenModel } from './layeredModel.ts';
import { layersOf } from './layers.ts';
import { readJsonObject } from './openFile.ts';
import { findShards, readShards } from './shards.ts';
import { readManifest } from './weightsManifest.ts';

/**
 * Opens a tfjs layers model: topology and manifest are read and checked against each other and against the sizes of the
 * shards; the weights are read by `readWeights`.
 *
 * @throws UserError that names the layer, shard or tensor; see specOfLayers.ts for the models that are understood.
 */
export async function openTfjs(path: string): Promise<OpenModel> {
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
  const notes = model.userDefinedMetadata as { embeddingPress?: { spec?: unknown } } | null | undefined;
  const opened = openLayers({
    file: path,
    dialect: 'tfjs',
    layers,
    note: notes?.embeddingPress?.spec,
    shapes: new Map(groups.flatMap(({ weights }) => weights.map(({ name, shape }) => [name, shape]))),
    async read(names, take) {
      for (const [i, group] of groups.entries()) {
        for await (const [{ name, shape, type }, bytes] of readShards(group.weights, shards[i] ?? [])) {
          if (names.has(name)) take(name, { shape, data: type.decode(bytes) });
        }
      }
    },
  });
  const shards = await Promise.all(groups.map((group) => findShards(group, dirname(path), path)));
  return opened;
}
