import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Checkpoint } from '../checkpoint.ts';
import type { KerasFormat } from '../fileNames.ts';
import { layersOf } from '../layers.ts';
import type { Watch } from '../replaceFile.ts';
import { isRounded, roundedToHalf } from '../storage.ts';
import type { Storage } from '../storageTypes.ts';
import { topologyOf, type Topology } from '../tfjsTopology.ts';
import { writeHdf5 } from './hdf5.ts';
import { configEntry, metadataEntry, weightsEntry } from './kerasArchive.ts';
import { kerasOrder } from './kerasOrder.ts';
import { noteName } from './kerasReader.ts';
import { archiveWeights } from './kerasWeights.ts';
import { withTextLayer, wordsEntries, wordsOfLayer } from './textLayer.ts';

/** The form that the topology has, which Keras 3 reads as well. */
const kerasVersion = '2.15.0';

const inKeras = { module: 'keras.layers', registered_name: null };

interface LayerConfig {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface WrittenWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Whether its numbers are of half precision, in float32, whose 13 bits that are 0 are compressed away. */
  readonly halves: boolean;
}

/**
 * Writes a checkpoint as a file that `load_model` of Keras 3 and of Keras 2 (tf_keras) loads without custom code. The
 * spec lies in it as a note, so that it is read back without guessing.
 *
 * @param path which must not be there.
 * @param storage of the embedding, which `checkStorage` has accepted.
 * @throws UserError `float16-range`; Error where no stock layers compute the model: see `lackOfStockLayers`.
 */
export async function writeKeras(
  path: string,
  checkpoint: Checkpoint,
  format: KerasFormat,
  storage: Storage = 'float32',
  watch?: Watch,
): Promise<void> {
  const { spec } = checkpoint;
  const ofRows = inKerasOrder(topologyOf(spec, 'keras'));
  const weights = await weightsOf(ofRows, checkpoint, storage === 'float16', watch);
  const note = JSON.stringify({ spec });
  const { textLayer } = checkpoint;
  const words = wordsOfLayer(checkpoint);
  const inConfig = format === 'h5' || textLayer?.wordsInConfig === true;
  const topology =
    textLayer === undefined || words === undefined
      ? ofRows
      : withTextLayer(ofRows, textLayer, inConfig ? words : undefined);
  if (format === 'h5') await writeH5(path, topology, weights, note, watch);
  else await writeArchive(path, topology, weights, note, inConfig ? undefined : words, watch);
}

function inKerasOrder(topology: Topology): Topology {
  const layers = layersOf({ class_name: 'Functional', config: { layers: topology.layers } }, '');
  const sorted = kerasOrder(layers, [{ layer: topology.output, call: 0 }]);
  return { ...topology, layers: sorted.map((layer) => topology.layers[layers.indexOf(layer)] ?? {}) };
}

async function weightsOf(
  { weights }: Topology,
  checkpoint: Checkpoint,
  half: boolean,
  watch: Watch | undefined,
): Promise<WrittenWeight[]> {
  const written: WrittenWeight[] = [];
  for (const { name, shape, source } of weights) {
    const tensor = typeof source === 'string' ? checkpoint.weights.get(source) : { shape, data: source };
    const halves = half && typeof source === 'string' && isRounded(source);
    const data = tensor && (halves ? await roundedToHalf(tensor, name, watch) : tensor).data;
    if (data?.length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`Weight '${name}' is not there.`);
    written.push({ name, shape, data, halves });
  }
  return written;
}

/** @param module whether classes are named with their module, as in a `.keras` file; wrapped layers always are */
function modelConfig({ layers, inputs, output }: Topology, module: boolean): Record<string, unknown> {
  return {
    ...(module && { module: 'keras', registered_name: null }),
    class_name: module ? 'Model' : 'Functional',
    config: {
      name: 'text_classifier',
      trainable: true,
      layers: layers.map((layer) => {
        const { config } = layer as unknown as LayerConfig;
        const inner = Object.fromEntries(
          ['layer', 'backward_layer'].flatMap((field) => {
            const wrapped = config[field] as LayerConfig | undefined;
            return wrapped === undefined ? [] : [[field, { ...inKeras, ...wrapped }]];
          }),
        );
        return { ...(module && inKeras), ...layer, config: { ...config, ...inner } };
      }),
      input_layers: inputs.length === 1 ? [inputs[0], 0, 0] : inputs.map((input) => [input, 0, 0]),
      output_layers: [output, 0, 0],
    },
  };
}

async function writeH5(
  path: string,
  topology: Topology,
  weights: readonly WrittenWeight[],
  note: string,
  watch: Watch | undefined,
): Promise<void> {
  const names = topology.layers.map(({ name }) => String(name));
  await writeHdf5(path, async (file) => {
    for (const group of ['/', '/model_weights']) {
      await file.setText(group, 'keras_version', kerasVersion);
      await file.setText(group, 'backend', 'tensorflow');
    }
    await file.setText('/', 'model_config', JSON.stringify(modelConfig(topology, false)));
    await file.setText('/', noteName, note);
    await file.setText('/model_weights', 'layer_names', names);
    for (const layer of names) {
      const own = weights.filter(({ name }) => name.startsWith(`${layer}/`));
      const group = `/model_weights/${layer}`;
      await file.makeGroup(group);
      if (own.length === 0) continue;
      for (const { name, shape, data, halves } of own) {
        await file.write(`${group}/${name}:0`, shape, data, halves, watch);
      }
      await file.setText(
        group,
        'weight_names',
        own.map(({ name }) => `${name}:0`),
      );
    }
  });
}

async function writeArchive(
  path: string,
  topology: Topology,
  weights: readonly WrittenWeight[],
  note: string,
  words: readonly string[] | undefined,
  watch: Watch | undefined,
): Promise<void> {
  const layers = layersOf({ class_name: 'Functional', config: { layers: topology.layers } }, path);
  // Scopes are named otherwise in each file; a layer's weights have one order in all of them.
  const objects = archiveWeights(layers);
  const h5 = `${path}.weights`;
  try {
    await writeHdf5(h5, async (file) => {
      // Of the model itself; Keras 2 looks for it.
      await file.makeGroup('/vars');
      for (const { name: layer } of layers) {
        const places = objects.filter(({ name }) => name.startsWith(`${layer}/`));
        const own = weights.filter(({ name }) => name.startsWith(`${layer}/`));
        for (const [i, { name, shape, data, halves }] of own.entries()) {
          const place = places[i];
          if (place === undefined) throw new Error(`Weight '${name}' has no place.`);
          await file.write(place.object, shape, data, halves, watch);
        }
      }
    });
    const {
      default: { ZipFile },
    } = await import('yazl');
    const zip = new ZipFile();
    const stored = { compress: false, mtime: new Date(1980, 0, 1) };
    const text = (name: string, value: unknown): void => {
      zip.addBuffer(Buffer.from(JSON.stringify(value)), name, stored);
    };
    text(metadataEntry, { keras_version: kerasVersion, [noteName]: JSON.parse(note) as unknown });
    text(configEntry, modelConfig(topology, true));
    zip.addFile(h5, weightsEntry, stored);
    if (words !== undefined) {
      for (const name of wordsEntries) zip.addBuffer(Buffer.from(words.join('\n')), name, stored);
    }
    zip.end();
    const watched = async function* <T>(chunks: AsyncIterable<T>): AsyncGenerator<T> {
      for await (const chunk of chunks) {
        await watch?.();
        yield chunk;
      }
    };
    await pipeline(zip.outputStream, watched, createWriteStream(path, { flags: 'wx' }));
  } finally {
    await rm(h5, { force: true });
  }
}
