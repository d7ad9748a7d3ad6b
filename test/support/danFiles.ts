import type { ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import type { Hdf5Output } from '../../src/core/checkpoint/keras/hdf5.ts';

/** A small DAN, and files of Keras that hold it. */
export const spec: ModelSpec = {
  embedding: { rows: 5, dimension: 3 },
  body: { kind: 'dan', hidden: [] },
  head: 'softmax',
  classes: 2,
  masked: true,
};

/** Keras's config of it. */
export const dan = {
  class_name: 'Sequential',
  config: {
    layers: [
      { class_name: 'Embedding', config: { name: 'words', input_dim: 5, output_dim: 3, mask_zero: true } },
      { class_name: 'GlobalAveragePooling1D', config: { name: 'mean' } },
      { class_name: 'Dense', config: { name: 'head', units: 2, activation: 'softmax', use_bias: true } },
    ],
  },
};

export const weights = new Map<string, { shape: number[]; data: Float32Array }>([
  ['words/embeddings', { shape: [5, 3], data: new Float32Array(15).fill(0.5) }],
  ['head/kernel', { shape: [3, 2], data: new Float32Array(6).fill(0.5) }],
  ['head/bias', { shape: [2], data: new Float32Array(2) }],
]);

/** Fills an .h5 file. */
export async function writeDan(
  file: Hdf5Output,
  model: unknown = dan,
  tensors: typeof weights = weights,
): Promise<void> {
  await file.setText('/', 'model_config', JSON.stringify(model));
  for (const layer of ['words', 'mean', 'head']) {
    await file.makeGroup(`/model_weights/${layer}`);
    const names = [...tensors.keys()].filter((name) => name.startsWith(`${layer}/`));
    for (const name of names) {
      const { shape, data } = tensors.get(name)!;
      await file.write(`/model_weights/${layer}/${name}`, shape, data);
    }
    if (names.length > 0) await file.setText(`/model_weights/${layer}`, 'weight_names', names);
  }
}

/** Fills the model.weights.h5 of a .keras archive. */
export async function writeWeights(
  file: Hdf5Output,
  tensors: ReadonlyMap<string, { shape: number[]; data: Float32Array }> = weights,
): Promise<void> {
  const places = {
    'words/embeddings': 'embedding/vars/0',
    'head/kernel': 'dense/vars/0',
    'head/bias': 'dense/vars/1',
  };
  for (const [name, place] of Object.entries(places)) {
    const { shape, data } = tensors.get(name)!;
    await file.write(`/layers/${place}`, shape, data);
  }
}
