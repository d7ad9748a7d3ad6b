import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamedTensor, Tensor, WritableCheckpoint } from './checkpoint.ts';
import { blocksOf, sizeOf } from './tensorBlocks.ts';
import { bytesOf, writeAll } from './replaceFile.ts';
import { layersModel, topologyOf } from './tfjsTopology.ts';

/** As tensorflowjs_converter cuts them, so that browsers cache the shards one by one. */
const shardBytes = 4 * 2 ** 20;

/**
 * Writes `model.json` and its shards into an existing folder, as a layers model that plain `tf.loadLayersModel` loads.
 * The spec lies in the model's `userDefinedMetadata`, so that it is read back without guessing.
 */
export async function writeTfjs(folder: string, { spec, weights }: WritableCheckpoint): Promise<void> {
  const topology = topologyOf(spec, 'tfjs');
  const tensors = topology.weights.map(({ name, shape, source }): NamedTensor => {
    const tensor = typeof source === 'string' ? weights.get(source) : { shape, data: source };
    if (tensor === undefined || sizeOf(tensor.shape) !== sizeOf(shape)) {
      throw new Error(`Weight '${name}' is not there.`);
    }
    return { ...tensor, name, shape };
  });
  const total = tensors.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  const count = Math.max(1, Math.ceil(total / shardBytes));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  await writeShards(
    paths.map((path) => join(folder, path)),
    tensors,
  );
  const model = {
    format: 'layers-model',
    generatedBy: 'Embedding Press',
    convertedBy: null,
    modelTopology: layersModel(topology),
    weightsManifest: [
      { paths, weights: tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
    ],
    userDefinedMetadata: { embeddingPress: { spec } },
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
}

type NamedTensor = (Tensor | StreamedTensor) & { readonly name: string };

/** The tensors' bytes one after the other, cut into files of `shardBytes`. */
async function writeShards(paths: readonly string[], tensors: readonly NamedTensor[]): Promise<void> {
  let next = 0;
  let file: FileHandle | undefined;
  let room = 0;
  try {
    for (const tensor of tensors) {
      for await (const block of blocksOf(tensor, tensor.name)) {
        for (let bytes = bytesOf(block); bytes.length > 0;) {
          if (file === undefined || room === 0) {
            await file?.close();
            file = await open(paths[next++]!, 'wx');
            room = shardBytes;
          }
          const part = bytes.subarray(0, room);
          await writeAll(file, part);
          room -= part.length;
          bytes = bytes.subarray(part.length);
        }
      }
    }
  } finally {
    await file?.close();
  }
}
