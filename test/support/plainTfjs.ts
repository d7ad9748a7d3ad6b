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

/** The same for the texts of a model's inputs, one behind the other in each row of ids. */
export function predictPlainTexts(
  model: layers.LayersModel,
  ids: readonly (readonly number[])[],
): number[][] {
  return tf.tidy(() => {
    const length = ids[0]?.length ?? 0;
    const sizes = model.inputs.map(({ shape }) => shape[1] ?? 0);
    const free = sizes.filter((size) => size === 0).length;
    const each = (length - sizes.reduce((a, b) => a + b, 0)) / free;
    let from = 0;
    const texts = sizes.map((size) => {
      const own = size === 0 ? each : size;
      const rows = ids.map((row) => row.slice(from, from + own));
      from += own;
      return tf.tensor2d(rows, [ids.length, own], 'int32');
    });
    return (model.predict(texts) as tf.Tensor2D).arraySync();
  });
}
