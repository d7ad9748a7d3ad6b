import { UserError } from '../../errors.ts';
import { parseJson } from '../../parseJson.ts';
import type { KerasFormat } from '../fileNames.ts';
import { withoutInnerModels } from '../innerModels.ts';
import { openLayers, type OpenModel } from '../layeredModel.ts';
import { layersOf, endsOf, type Layer } from '../layers.ts';
import { openFile } from '../openFile.ts';
import { readAll } from '../replaceFile.ts';
import { Hdf5Error, readHdf5, type Hdf5File } from './hdf5.ts';
import type { Hdf5Dataset, Hdf5Source } from './hdf5Protocol.ts';
import { configEntry, metadataEntry, readArchive, weightsEntry } from './kerasArchive.ts';
import { kerasTopology } from './kerasConfig.ts';
import { archiveWeights, listedWeights, type KerasWeight } from './kerasWeights.ts';
import { takeTextLayer, type OwnTokenizer } from './textLayer.ts';

/** The attribute of an `.h5` file, and the field of a `.keras` file's metadata, that holds the spec of a model of ours. */
export const noteName = 'embedding_press';

export interface OpenKeras extends OpenModel {
  readonly format: KerasFormat;
  /** Of a model that reads text by itself. */
  readonly tokenizer?: OwnTokenizer;
}

/** What a file says before its weights are looked at. */
export interface DescribedKeras {
  readonly format: KerasFormat;
  readonly topology: unknown;
  /** Of the Keras that has saved it. */
  readonly version: string | undefined;
  readonly note: unknown;
  /** Words that lie beside the topology. */
  readonly words: string | undefined;
  readonly source: Hdf5Source;
  /** @param layers the saved ones without models inside, after whose names the weights are called */
  readonly listWeights: (
    hdf5: Hdf5File,
    saved: readonly Layer[],
    layers: readonly Layer[],
  ) => Promise<KerasWeight[]>;
}

/**
 * Opens a model that Keras has saved whole: a `.keras` file of Keras 3 or 2, or an `.h5` file of either. Its name does
 * not matter. The weights' shapes are read and checked against the layers, the weights by `readWeights`.
 *
 * @throws UserError that names the entry, layer or weight: see specOfLayers.ts for the models that are understood;
 * `weights-only` for a file of weights, `no-keras-model` for one that is something else.
 */
export async function openKeras(path: string): Promise<OpenKeras> {
  const { format, topology, version, note, words, source, listWeights } = await describeKeras(path);
  const { topology: ofRows, tokenizer } = takeTextLayer(kerasTopology(topology, version, path), words, path);
  const saved = layersOf(ofRows, path);
  const { layers, ends } = withoutInnerModels({ layers: saved, ends: endsOf(topology) }, path);
  const found = await readWeightsFile(source, path, async (hdf5) => {
    const weights = new Map<string, KerasWeight & Hdf5Dataset>();
    for (const weight of await listWeights(hdf5, saved, layers)) {
      const dataset = await hdf5.dataset(weight.object);
      if (dataset !== undefined) weights.set(weight.name, { ...weight, ...dataset });
    }
    return weights;
  });
  const opened = openLayers({
    file: path,
    dialect: 'keras',
    layers,
    ends,
    note,
    shapes: new Map([...found].map(([name, { shape }]) => [name, shape])),
    // Of other types none is read.
    numberBytes: (name) => (found.get(name)?.type === '<d' ? 8 : 4),
    read: (names, take) =>
      readWeightsFile(source, path, async (hdf5) => {
        for (const name of names) {
          const weight = found.get(name);
          if (weight === undefined) continue;
          checkType(weight, path);
          take(name, { shape: weight.shape, data: await hdf5.read(weight.object, weight.shape) });
        }
      }),
  });
  return { ...opened, format, ...(tokenizer && { tokenizer }) };
}

/** @throws UserError `weights-only` for a file of weights, `no-keras-model` for one that is something else */
export async function describeKeras(path: string): Promise<DescribedKeras> {
  return (await formatOf(path)) === 'keras' ? describeArchive(path) : describeHdf5(path);
}

function checkType({ name, type }: KerasWeight & Hdf5Dataset, path: string): void {
  if (type === '<f' || type === '<d') return;
  throw new UserError(
    'unsupported-dtype',
    `The weight '${name}' has the HDF5 type ${JSON.stringify(type)}, where float32 or float64 is expected.`,
    'Save the model with float32 weights.',
    { file: path, item: name },
  );
}

async function describeArchive(path: string): Promise<DescribedKeras> {
  const { config, metadata, words, weights } = await readArchive(path);
  if (config === undefined) throw noModel(path, `an archive without ${configEntry}`);
  if (weights === undefined) {
    throw new UserError(
      'weights-missing',
      `The archive has no ${weightsEntry}.`,
      "Save the model again, with model.save('model.keras').",
      { file: path, item: weightsEntry },
    );
  }
  const parsed = metadata === undefined ? undefined : parse(metadata, metadataEntry, path);
  const notes = (parsed ?? {}) as Record<string, unknown>;
  return {
    format: 'keras',
    topology: parse(config, configEntry, path),
    version: typeof notes.keras_version === 'string' ? notes.keras_version : undefined,
    note: specIn(notes[noteName]),
    words,
    source: weights,
    listWeights: (_, saved, layers) => Promise.resolve(archiveWeights(saved, layers)),
  };
}

async function describeHdf5(path: string): Promise<DescribedKeras> {
  const file = await openFile(path);
  const bytes = await file
    .stat()
    .then(({ size }) => size)
    .finally(() => file.close());
  const source = { path, offset: 0, bytes };
  const { config, version, note, isWeights } = await readWeightsFile(source, path, async (hdf5) => ({
    config: (await hdf5.texts('/', 'model_config'))?.[0],
    version: (await hdf5.texts('/', 'keras_version'))?.[0],
    note: (await hdf5.texts('/', noteName))?.[0],
    isWeights: (await hdf5.texts('/', 'layer_names')) !== undefined || (await hdf5.hasGroup('/layers')),
  }));
  if (config === undefined) {
    if (!isWeights) throw noModel(path, 'an HDF5 file without model_config');
    throw new UserError(
      'weights-only',
      "The file holds a model's weights, and not its layers.",
      "Save the whole model, with model.save('model.keras') or model.save('model.h5').",
      { file: path },
    );
  }
  return {
    format: 'h5',
    topology: parse(config, 'model_config', path),
    version,
    note: note === undefined ? undefined : specIn(parse(note, noteName, path)),
    // An .h5 file has none of them but in the layer's config.
    words: undefined,
    source,
    listWeights: (hdf5, saved, layers) => listedWeights(hdf5, saved, layers, path),
  };
}

/** By its first bytes. */
async function formatOf(path: string): Promise<KerasFormat> {
  const file = await openFile(path);
  const start = new Uint8Array(8);
  await readAll(file, start, 0).finally(() => file.close());
  const text = Buffer.from(start).toString('latin1');
  if (text.startsWith('PK')) return 'keras';
  if (text.startsWith('\x89HDF')) return 'h5';
  throw noModel(path, 'neither an archive nor an HDF5 file');
}

function noModel(path: string, what: string): UserError {
  return new UserError(
    'no-keras-model',
    `The file is no model that Keras has saved, but ${what}.`,
    "Save the whole model, with model.save('model.keras') or model.save('model.h5').",
    { file: path },
  );
}

function parse(text: string, item: string, path: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new UserError(
      'invalid-json',
      `The file's ${item} is no JSON.`,
      'Copy the file anew from where it was made, or save the model again.',
      { file: path, item },
    );
  }
}

/** @throws UserError `damaged-hdf5` for what the HDF5 library refuses */
export async function readWeightsFile<T>(
  source: Hdf5Source,
  path: string,
  use: (hdf5: Hdf5File) => Promise<T>,
): Promise<T> {
  try {
    return await readHdf5(source, use);
  } catch (error) {
    if (!(error instanceof Hdf5Error)) throw error;
    throw new UserError(
      'damaged-hdf5',
      `The file's weights cannot be read: ${error.message}.`,
      'Copy the file anew from where it was made, or save the model again.',
      { file: path, ...(error.object !== undefined && { item: error.object }) },
    );
  }
}

function specIn(note: unknown): unknown {
  return (note as { spec?: unknown } | null | undefined)?.spec;
}
