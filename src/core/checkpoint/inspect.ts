import { dirname } from 'node:path';
import type { ArchitectureSettings, TextSettings } from '../recipe/recipe.ts';
import type { ModelSpec } from './checkpoint.ts';
import { foldability, type Foldability } from '../embedding/foldability.ts';
import { countsPadding } from './countsPadding.ts';
import { tablesOf } from './graph/tables.ts';
import { openCheckpoint, textOfModel, type CheckpointFormat } from './openCheckpoint.ts';
import { describeSettings } from './settings.ts';

export interface InspectedLayer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  /** In the file. */
  readonly storageBytes: number;
  /** Of the model's parameters, in [0,1]. */
  readonly share: number;
}

export interface Inspection {
  /** The model's file. */
  readonly path: string;
  readonly format: CheckpointFormat;
  readonly spec: ModelSpec;
  readonly layers: readonly InspectedLayer[];
  readonly parameters: number;
  readonly storageBytes: number;
  /** Share of the parameters that are the embeddings', in [0,1]. */
  readonly embeddingShare: number;
  /** Of the file. */
  readonly embeddingBytes: number;
  /** Whether padding changes what the model says. */
  readonly countsPadding: boolean;
  /** Whether a second factor, the model's or one that compression gives it, can go into the next layer. */
  readonly folding: Foldability;
  /** Words, where a vocabulary lies in the model or beside it. */
  readonly vocabulary?: number;
  readonly labels?: readonly string[];
  /** Where the model has them, or settings of ours lie beside it. */
  readonly text?: TextSettings;
}

/**
 * Describes a checkpoint without reading its weights.
 * @param architecture of a file of bare tensors
 * @throws UserError as `openCheckpoint` does.
 */
export async function inspectCheckpoint(
  path: string,
  architecture?: ArchitectureSettings,
): Promise<Inspection> {
  const opened = await openCheckpoint(path, architecture);
  const { format, path: file, spec, stored } = opened;
  const { words, labels, text } = await describeSettings(dirname(file), textOfModel(opened, architecture));
  const sizes = [...stored].map(([name, { shape, bytes }]) => ({
    name,
    shape,
    parameters: shape.reduce((a, b) => a * b, 1),
    storageBytes: bytes,
  }));
  const parameters = sizes.reduce((sum, layer) => sum + layer.parameters, 0);
  const layers = sizes.map((layer) => ({ ...layer, share: layer.parameters / parameters }));
  const prefixes = tablesOf(spec).map(({ prefix }) => `${prefix}/`);
  const ofTables = layers.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
  const embedding = (figure: (layer: InspectedLayer) => number): number =>
    ofTables.reduce((sum, layer) => sum + figure(layer), 0);
  return {
    path: file,
    format,
    spec,
    layers,
    parameters,
    storageBytes: sizes.reduce((sum, layer) => sum + layer.storageBytes, 0),
    embeddingShare: embedding((layer) => layer.share),
    embeddingBytes: embedding((layer) => layer.storageBytes),
    countsPadding: countsPadding(spec),
    folding: foldability(spec),
    ...(words !== undefined && { vocabulary: words }),
    ...(labels !== undefined && { labels }),
    ...(text !== undefined && { text }),
  };
}
