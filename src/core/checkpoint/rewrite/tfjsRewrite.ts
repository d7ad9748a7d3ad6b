import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { RowSource } from '../../embedding/rowSource.ts';
import { modelFile } from '../fileNames.ts';
import { readJsonObject } from '../openFile.ts';
import { findShards, readShardRange, type Shard } from '../shards.ts';
import { writeShards, type NamedWeight } from '../shardWriter.ts';
import { readManifest, storedBytes, type StoredWeight } from '../weightsManifest.ts';
import { embeddingsIn, factorName, insertFactors, type SavedEmbedding } from './insertFactors.ts';
import type { Rewritable, WrittenFactor } from './rewritable.ts';
import { object } from './savedTopology.ts';

interface PlacedWeight extends StoredWeight {
  readonly shards: readonly Shard[];
  readonly position: number;
  /** As the manifest lists it. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** @throws UserError that names the layer, shard or tensor */
export async function openTfjsRewrite(path: string): Promise<Rewritable> {
  const model = await readJsonObject(path);
  const topology = model.modelTopology;
  const embeddings = embeddingsIn(topology, path);
  const weights = await placeWeights(model.weightsManifest, path);
  const find = ({ name, rows, dimension }: SavedEmbedding): PlacedWeight => {
    const found = weights.find(
      (weight) => /(^|\/)embeddings$/.test(weight.name) && weight.name.split('/').includes(name),
    );
    const shape = found?.shape.join(' x ') ?? 'missing';
    if (found !== undefined && shape === `${rows} x ${dimension}`) return found;
    throw new UserError(
      found === undefined ? 'weight-missing' : 'weight-shape',
      `The table of the layer '${name}' is ${shape}, where the layer asks for ${rows} x ${dimension}.`,
      'Export the model anew.',
      { file: path, item: name },
    );
  };
  return {
    format: 'tfjs',
    embeddings,
    factorName: (embedding) => factorName(topology, embedding, path),
    tableOf: (embedding) => Promise.resolve(rowsOf(find(embedding), path)),
    async write(folder, factors) {
      const factorOf = new Map(factors.map((factor) => [find(factor).name, factor]));
      const { paths, entries } = await writeWeights(folder, weights, factorOf);
      const { embeddingPress: _, ...notes } = object(model.userDefinedMetadata);
      const written = {
        ...model,
        modelTopology: insertFactors(topology, factors, path),
        weightsManifest: [{ paths, weights: entries }],
        ...(model.userDefinedMetadata !== undefined && { userDefinedMetadata: notes }),
      };
      await writeFile(join(folder, modelFile.tfjs), JSON.stringify(written));
      return [];
    },
  };
}

async function placeWeights(manifest: unknown, path: string): Promise<PlacedWeight[]> {
  const placed: PlacedWeight[] = [];
  for (const [i, group] of readManifest(manifest, path).entries()) {
    const { weights: entries } = (manifest as { weights: Record<string, unknown>[] }[])[i]!;
    const shards = await findShards(group, dirname(path), path);
    let position = 0;
    for (const [j, weight] of group.weights.entries()) {
      placed.push({ ...weight, shards, position, entry: entries[j]! });
      position += storedBytes(weight);
    }
  }
  return placed;
}

function rowsOf({ name, shape, shards, position, type }: PlacedWeight, file: string): RowSource {
  const [rows = 0, dimension = 0] = shape;
  const rowBytes = dimension * type.bytes;
  return {
    rows,
    dimension,
    place: { file, item: name },
    readRows: async (first, count) =>
      type.decode(await readShardRange(shards, position + first * rowBytes, count * rowBytes)),
  };
}

/** All weights as they were, and the factors in the place of their table. */
async function writeWeights(
  folder: string,
  weights: readonly PlacedWeight[],
  factorOf: ReadonlyMap<string, WrittenFactor>,
): Promise<{ paths: string[]; entries: unknown[] }> {
  const written: NamedWeight[] = [];
  const entries: unknown[] = [];
  for (const weight of weights) {
    const factor = factorOf.get(weight.name);
    if (factor === undefined) {
      const { name, shape, entry } = weight;
      written.push({ name, shape, length: storedBytes(weight), bytes: () => bytesOf(weight) });
      entries.push(entry);
      continue;
    }
    const { A, B } = factor;
    for (const tensor of [
      { ...A, name: weight.name },
      { ...B, name: `${factor.factor}/kernel` },
    ]) {
      written.push(tensor);
      entries.push({ name: tensor.name, shape: tensor.shape, dtype: 'float32' });
    }
  }
  return { paths: await writeShards(folder, written), entries };
}

const blockBytes = 16 * 2 ** 20;

async function* bytesOf(weight: PlacedWeight): AsyncGenerator<Uint8Array> {
  const length = storedBytes(weight);
  for (let at = 0; at < length; at += blockBytes) {
    yield await readShardRange(weight.shards, weight.position + at, Math.min(blockBytes, length - at));
  }
}
