import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { withoutInnerModels } from './innerModels.ts';
import { openLayers, type OpenModel } from './layeredModel.ts';
import { layersOf, endsOf } from './layers.ts';
import { readJsonObject } from './openFile.ts';
import { findShards, readShardRange, type Shard } from './shards.ts';
import { readManifest, storedBytes, type StoredWeight } from './weightsManifest.ts';

/** A weight with its place in its group's shards. */
interface PlacedWeight extends StoredWeight {
  readonly shards: readonly Shard[];
  readonly position: number;
}

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
  const { layers, ends } = withoutInnerModels(
    { layers: layersOf(model.modelTopology, path), ends: endsOf(model.modelTopology) },
    path,
  );
  const groups = readManifest(model.weightsManifest, path);
  const notes = model.userDefinedMetadata as { embeddingPress?: { spec?: unknown } } | null | undefined;
  const numberBytes = new Map(
    groups.flatMap(({ weights }) => weights.map(({ name, type }) => [name, type.bytes])),
  );
  const weights = new Map<string, PlacedWeight>();
  const opened = openLayers({
    file: path,
    dialect: 'tfjs',
    layers,
    ends,
    note: notes?.embeddingPress?.spec,
    shapes: new Map(groups.flatMap(({ weights }) => weights.map(({ name, shape }) => [name, shape]))),
    numberBytes: (name) => numberBytes.get(name) ?? 0,
    async read(names, take) {
      for (const name of names) {
        const weight = weights.get(name);
        if (weight === undefined) continue;
        const bytes = await readShardRange(weight.shards, weight.position, storedBytes(weight));
        take(name, { shape: weight.shape, data: weight.type.decode(bytes) });
      }
    },
    rowsOf(name) {
      const weight = weights.get(name);
      const [rows = 0, dimension = 0] = weight?.shape ?? [];
      if (weight === undefined) return undefined;
      const { shards, position, type } = weight;
      const rowBytes = dimension * type.bytes;
      return {
        rows,
        dimension,
        place: { file: path, item: name },
        readRows: async (first, count) =>
          type.decode(await readShardRange(shards, position + first * rowBytes, count * rowBytes)),
      };
    },
  });
  for (const group of groups) {
    const shards = await findShards(group, dirname(path), path);
    let position = 0;
    for (const weight of group.weights) {
      weights.set(weight.name, { ...weight, shards, position });
      position += storedBytes(weight);
    }
  }
  return opened;
}
