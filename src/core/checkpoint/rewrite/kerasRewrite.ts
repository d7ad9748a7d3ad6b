import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { EmbeddingTable } from '../../embedding/table.ts';
import { UserError } from '../../errors.ts';
import { parseJson } from '../../parseJson.ts';
import { checkFinite } from '../checkFinite.ts';
import type { Tensor } from '../checkpoint.ts';
import { modelFile } from '../fileNames.ts';
import { writeHdf5, type Hdf5Output } from '../keras/hdf5.ts';
import { configEntry, metadataEntry, readArchive, readAssets, weightsEntry } from '../keras/kerasArchive.ts';
import { describeKeras, noteName, readWeightsFile, type DescribedKeras } from '../keras/kerasReader.ts';
import { inMemory } from '../tensorBlocks.ts';
import { embeddingsIn, factorName, insertFactors, type SavedEmbedding } from './insertFactors.ts';
import { archivePlan, listedPlan, type CopyPlan } from './kerasPlan.ts';
import type { Rewritable, WrittenFactor } from './rewritable.ts';
import { object, type Json } from './savedTopology.ts';

/** @throws UserError that names the entry, layer or weight */
export async function openKerasRewrite(path: string): Promise<Rewritable> {
  const described = await describeKeras(path);
  const { format, topology, source } = described;
  const embeddings = embeddingsIn(topology, path);
  const planOf = (factors: readonly WrittenFactor[]): Promise<CopyPlan> =>
    format === 'keras'
      ? Promise.resolve(archivePlan(topology, factors, path))
      : readWeightsFile(source, path, (hdf5) => listedPlan(hdf5, topology, factors, path));
  return {
    format,
    embeddings,
    factorName: (embedding) => factorName(topology, embedding, path),
    async tableOf(embedding) {
      const plan = await planOf([]);
      const { rows, dimension } = embedding;
      const { data } = await readTable(described, plan.tableOf(embedding), embedding, path);
      return new EmbeddingTable(rows, dimension, data);
    },
    async write(folder, factors) {
      const target = join(folder, modelFile[format]);
      const changed = insertFactors(topology, factors, path);
      const plan = await planOf(factors);
      if (format === 'h5') {
        await writeCopy(target, described, plan, factors, path, async (file) => {
          await file.setText('/', 'model_config', JSON.stringify(changed));
          await file.setText('/model_weights', 'layer_names', [...plan.layerNames]);
        });
      } else await writeArchive(target, described, plan, factors, changed, path);
      return plan.hasTraining
        ? ["The optimizer's state and settings are not in the copy: compile the model before you train it."]
        : [];
    },
  };
}

async function readTable(
  { source }: DescribedKeras,
  name: string,
  { name: layer, rows, dimension }: SavedEmbedding,
  path: string,
): Promise<Tensor> {
  return readWeightsFile(source, path, async (hdf5) => {
    const found = await hdf5.dataset(name);
    const shape = found?.shape.join(' x ') ?? 'missing';
    if (found === undefined || shape !== `${rows} x ${dimension}`) {
      throw new UserError(
        found === undefined ? 'weight-missing' : 'weight-shape',
        `The table of the layer '${layer}' is ${shape}, where the layer asks for ${rows} x ${dimension}.`,
        'Save the model again.',
        { file: path, item: layer },
      );
    }
    const data = await hdf5.read(name, found.shape);
    checkFinite(data, layer, path);
    return { shape: found.shape, data };
  });
}

/** What the copy has of its own, or has not. */
const written = ['model_config', 'layer_names', 'training_config', noteName];

/** The file's objects as they were, at their new places, and the factors in the place of their tables. */
async function writeCopy(
  target: string,
  { source }: DescribedKeras,
  plan: CopyPlan,
  factors: readonly WrittenFactor[],
  path: string,
  finish: (file: Hdf5Output) => Promise<void>,
): Promise<void> {
  const objects = await readWeightsFile(source, path, async (hdf5) => {
    const found: { from: string; to: string; shape?: readonly number[] }[] = [];
    for (const { object: from, isArray } of await hdf5.entries()) {
      const to = plan.placeOf(from);
      if (to === undefined) continue;
      const shape = isArray ? (await hdf5.dataset(from))?.shape : undefined;
      found.push({ from, to, ...(shape && { shape }) });
    }
    return found;
  });
  const weights = new Map<string, Tensor>();
  for (const factor of factors) {
    const both = await inMemory(
      new Map([
        ['A', factor.A],
        ['B', factor.B],
      ] as const),
    );
    weights.set(plan.tableOf(factor, true), both.get('A')!);
    weights.set(plan.factorOf(factor), both.get('B')!);
  }
  try {
    await writeHdf5(target, async (file) => {
      await file.openOrigin(source);
      for (const { from, to, shape } of objects)
        if (!weights.has(to)) await file.copy(from, to, shape, written);
      for (const [name, { shape, data }] of weights) await file.write(name, shape, data);
      for (const [group, names] of plan.newLists) await file.setText(group, 'weight_names', names);
      await finish(file);
    });
  } catch (error) {
    await rm(target, { force: true });
    // What the library refuses here is in the file that is copied.
    return readWeightsFile(source, path, () => Promise.reject(error as Error));
  }
}

async function writeArchive(
  target: string,
  described: DescribedKeras,
  plan: CopyPlan,
  factors: readonly WrittenFactor[],
  changed: Json,
  path: string,
): Promise<void> {
  const h5 = `${target}.weights`;
  try {
    await writeCopy(h5, described, plan, factors, path, () => Promise.resolve());
    const {
      default: { ZipFile },
    } = await import('yazl');
    const zip = new ZipFile();
    const stored = { compress: false, mtime: new Date(1980, 0, 1) };
    const { metadata } = await readArchive(path);
    const { [noteName]: _, ...notes } = object(metadata === undefined ? {} : parseJson(metadata));
    const { compile_config: _compiled, ...config } = changed;
    zip.addBuffer(Buffer.from(JSON.stringify(notes)), metadataEntry, stored);
    zip.addBuffer(Buffer.from(JSON.stringify(config)), configEntry, stored);
    for (const [name, bytes] of await readAssets(path)) zip.addBuffer(bytes, name, stored);
    zip.addFile(h5, weightsEntry, stored);
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(target, { flags: 'wx' }));
  } finally {
    await rm(h5, { force: true });
  }
}
