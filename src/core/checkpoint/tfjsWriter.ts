import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from './checkpoint.ts';
import { bytesOf, writeAll } from './replaceFile.ts';
import { layersModel, topologyOf } from './tfjsTopology.ts';

/** As tensorflowjs_converter cuts them, so that browsers cache the shards one by one. */
const shardBytes = 4 * 2 ** 20;

/**
 * Writes `model.json` and its shards into an existing folder, as a layers model that plain `tf.loadLayersModel` loads.
 * The spec lies in the model's `userDefinedMetadata`, so that it is read back without guessing.
 */
export async function writeTfjs(folder: string, { spec, weights }: Checkpoint): Promise<void> {
  const topology = topologyOf(spec, 'tfjs');
  const tensors = topology.weights.map(({ name, shape, source }) => {
    const data = typeof source === 'string' ? weights.get(source)?.data : source;
    if (data?.length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`Weight '${name}' is not there.`);
    return { name, shape, data };
  });
  const total = tensors.reduce((sum, { data }) => sum + data.byteLength, 0);
  const count = Math.max(1, Math.ceil(total / shardBytes));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  await writeShards(
    paths.map((path) => join(folder, path)),
    tensors.map(({ data }) => bytesOf(data)),
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

/** The tensors' bytes one after the other, cut into files of `shardBytes`. */
async function writeShards(paths: readonly string[], tensors: readonly Uint8Array[]): Promise<void> {
  let tensor = 0;
  let at = 0;
  for (const path of paths) {
    const file = await open(path, 'wx');
    try {
      for (let room = shardBytes; room > 0 && tensor < tensors.length;) {
        const bytes = tensors[tensor]!;
        const part = bytes.subarray(at, at + room);
        await writeAll(file, part);
        room -= part.length;
        at += part.length;
        if (at === bytes.length) {
          tensor++;
          at = 0;
        }
      }
    } finally {
      await file.close();
    }
  }
}
