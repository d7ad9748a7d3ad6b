import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** tfjs's own way to load a model, from files. */
export async function loadPlain(folder: string): Promise<layers.LayersModel> {
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as {
    modelTopology: object;
    userDefinedMetadata: Record<string, unknown>;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const shards = await Promise.all(
    json.weightsManifest.flatMap(({ paths }) => paths.map((path) => readFile(join(folder, path)))),
  );
  return layers.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      userDefinedMetadata: json.userDefinedMetadata,
      weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
      weightData: new Uint8Array(Buffer.concat(shards)).buffer,
    }),
  );
}

/** What tfjs itself predicts for sentences of one length. */
export function predictPlain(
  model: layers.LayersModel,
  ids: readonly (readonly number[])[],
  dtype: 'int32' | 'float32' = 'int32',
): number[][] {
  return tf.tidy(() => {
    const input = tf.tensor2d(
      ids.map((row) => [...row]),
      [ids.length, ids[0]!.length],
      dtype,
    );
    return (model.predict(input) as tf.Tensor2D).arraySync();
  });
}
