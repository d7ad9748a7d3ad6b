import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WritableCheckpoint } from './checkpoint.ts';
import type { Watch } from './replaceFile.ts';
import { writeShards, type NamedWeight } from './shardWriter.ts';
import { isRounded, quantize, type Quantization } from './storage.ts';
import type { Storage } from './storageTypes.ts';
import { sizeOf } from './tensorBlocks.ts';
import { layersModel, topologyOf } from './tfjsTopology.ts';

/**
 * Writes `model.json` and its shards into an existing folder, as a layers model that plain `tf.loadLayersModel` loads.
 * The spec lies in the model's `userDefinedMetadata`, so that it is read back without guessing.
 *
 * @param storage of the embedding, whose weights are in memory where it is not float32
 */
export async function writeTfjs(
  folder: string,
  { spec, weights }: WritableCheckpoint,
  storage: Storage = 'float32',
  watch?: Watch,
): Promise<void> {
  const topology = topologyOf(spec, 'tfjs');
  const quantizations = new Map<string, Quantization>();
  const tensors = topology.weights.map(({ name, shape, source }): NamedWeight => {
    const tensor = typeof source === 'string' ? weights.get(source) : { shape, data: source };
    if (tensor === undefined || sizeOf(tensor.shape) !== sizeOf(shape)) {
      throw new Error(`Weight '${name}' is not there.`);
    }
    if (storage === 'float32' || typeof source !== 'string' || !isRounded(source)) {
      return { ...tensor, name, shape };
    }
    if (!('data' in tensor)) throw new Error(`${source} is rounded and not in memory.`);
    const { bytes, quantization } = quantize(tensor, storage, source);
    quantizations.set(name, quantization);
    return { name, shape, length: bytes.length, bytes: () => [bytes] };
  });
  const paths = await writeShards(folder, tensors, watch);
  const model = {
    format: 'layers-model',
    generatedBy: 'Embedding Press',
    convertedBy: null,
    modelTopology: layersModel(topology),
    weightsManifest: [
      {
        paths,
        weights: tensors.map(({ name, shape }) => {
          const quantization = quantizations.get(name);
          return { name, shape, dtype: 'float32', ...(quantization && { quantization }) };
        }),
      },
    ],
    userDefinedMetadata: { embeddingPress: { spec } },
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
}
