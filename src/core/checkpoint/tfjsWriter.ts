import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamedTensor, Tensor, WritableCheckpoint } from './checkpoint.ts';
import { blocksOf, sizeOf } from './tensorBlocks.ts';
import { bytesOf, writeAll } from './replaceFile.ts';
import { isRounded, quantize, type Quantization } from './storage.ts';
import type { Storage } from './storageTypes.ts';
import { layersModel, topologyOf } from './tfjsTopology.ts';

/** As tensorflowjs_converter cuts them, so that browsers cache the shards one by one. */
const shardBytes = 4 * 2 ** 20;

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
): Promise<void> {
  const topology = topologyOf(spec, 'tfjs');
  const tensors = topology.weights.map(({ name, shape, source }): NamedWeight => {
    const tensor = typeof source === 'string' ? weights.get(source) : { shape, data: source };
    if (tensor === undefined || sizeOf(tensor.shape) !== sizeOf(shape)) {
      throw new Error(`Weight '${name}' is not there.`);
    }
    if (storage === 'float32' || typeof source !== 'string' || !isRounded(source)) {
      return { ...tensor, name, shape };
    }
    if (!('data' in tensor)) throw new Error(`${source} is rounded and not in memory.`);
    return { name, shape, ...quantize(tensor, storage, source) };
  });
  const total = tensors.reduce((sum, tensor) => sum + bytesIn(tensor), 0);
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
      {
        paths,
        weights: tensors.map(({ name, shape, ...tensor }) => ({
          name,
          shape,
          dtype: 'float32',
          ...('bytes' in tensor && { quantization: tensor.quantization }),
        })),
      },
    ],
    userDefinedMetadata: { embeddingPress: { spec } },
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
}

interface QuantizedTensor {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly quantization: Quantization;
}

type NamedWeight = (Tensor | StreamedTensor | QuantizedTensor) & { readonly name: string };

function bytesIn(tensor: NamedWeight): number {
  return 'bytes' in tensor ? tensor.bytes.length : 4 * sizeOf(tensor.shape);
}

async function* bytesOfWeight(tensor: NamedWeight): AsyncGenerator<Uint8Array> {
  if ('bytes' in tensor) yield tensor.bytes;
  else for await (const block of blocksOf(tensor, tensor.name)) yield bytesOf(block);
}

/** The tensors' bytes one after the other, cut into files of `shardBytes`. */
async function writeShards(paths: readonly string[], tensors: readonly NamedWeight[]): Promise<void> {
  let next = 0;
  let file: FileHandle | undefined;
  let room = 0;
  try {
    for (const tensor of tensors) {
      for await (const block of bytesOfWeight(tensor)) {
        for (let bytes = block; bytes.length > 0;) {
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
