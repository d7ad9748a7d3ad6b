import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { version } from '../../package.json';
import type { Checkpoint } from '../core/checkpoint/checkpoint.ts';
import { modelFile, type WrittenFormat } from '../core/checkpoint/fileNames.ts';
import { foldEmbedding } from '../core/embedding/fold.ts';
import { foldability } from '../core/embedding/foldability.ts';
import { lackOfLayers, readCheckpoint, readModel, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { findModel } from '../core/checkpoint/openCheckpoint.ts';
import { checkApart } from '../core/checkpoint/outputApart.ts';
import { checkStorage } from '../core/checkpoint/storage.ts';
import type { Storage } from '../core/checkpoint/storageTypes.ts';
import { createEngine } from '../core/engine/createEngine.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { locate, UserError } from '../core/errors.ts';
import { hashFile } from '../core/report/hashFile.ts';
import { modelCard, type RoundingEffect } from '../core/report/modelCard.ts';
import { roundingEffect } from '../core/report/roundingEffect.ts';
import { prepareData, type PreparedData } from '../core/sweep/prepare.ts';
import { describeOrigin, type FoundOrigin } from './modelOrigin.ts';

export type ExportPhase = 'reading' | 'writing' | 'measuring';

export interface ExportRequest {
  /** A model's absolute path. */
  readonly source: string;
  /** Absolute. */
  readonly target: string;
  readonly format: WrittenFormat;
  readonly storage: Storage;
  /** Whether the second factor goes into the next layer. */
  readonly fold: boolean;
  /** What the model card is called; the folder's name if not given. */
  readonly title?: string;
  readonly origin?: FoundOrigin;
  /** Where the origin was found by itself, data that has gone since is no reason to write nothing. */
  readonly mayLackData: boolean;
  readonly engine: EngineName | 'auto';
  /** Told of each phase, and asked while it lasts; ends the work by throwing. */
  readonly watch: (phase: ExportPhase) => Promise<void>;
}

/** What was written. */
export interface Exported {
  readonly folder: string;
  readonly format: WrittenFormat;
  readonly storage: Storage;
  /** What a user of the files should know. */
  readonly notes: readonly string[];
  /** Of the model as it was read back; absent where nothing was rounded in a run, or there is no data. */
  readonly accuracy?: RoundingEffect;
  /** Why a rounding was not measured. */
  readonly notMeasured?: string;
}

/**
 * Writes a model in another format, with its vocabulary, its text settings and its card.
 *
 * @throws UserError `output-over-input`, `no-stock-layers` where the format cannot express the model, as `readCheckpoint`, `foldEmbedding`, `checkStorage`,
 * `writeCheckpoint` and, unless `mayLackData`, `prepareData` do
 */
export async function writeExport(request: ExportRequest): Promise<Exported> {
  const { source, target, format, storage, title, origin, watch } = request;
  await checkApart(target, await findModel(source));
  await watch('reading');
  const { read, data } = await readModelOf(source, origin);
  const checkpoint = request.fold ? await locate({ file: source }, () => foldEmbedding(read)) : read;
  const lack = lackOfLayers(checkpoint.spec, format);
  if (lack !== undefined) {
    throw new UserError(
      'no-stock-layers',
      `${lack}, so the model cannot be written as ${modelFile[format]}.`,
      'Choose another format; safetensors holds every model.',
      { file: source },
    );
  }
  checkStorage(storage, format, checkpoint, source);
  let phase: ExportPhase = 'writing';
  const still = (): Promise<void> => watch(phase);
  await still();
  let measured: Measured = {};
  const { notes } = await writeCheckpoint(target, checkpoint, format, {
    storage,
    watch: still,
    async card(written) {
      if (origin !== undefined && (storage !== 'float32' || origin.run === undefined)) {
        phase = 'measuring';
        measured = await measure(request, origin, checkpoint, written, data);
      }
      const files = (await readdir(written)).sort();
      return modelCard({
        name: title ?? basename(target),
        checkpoint,
        format,
        storage,
        files: await Promise.all(
          files.map(async (name) => ({ name, ...(await hashFile(join(written, name), still)) })),
        ),
        version,
        ...(origin && { origin: await describeOrigin(origin) }),
        ...(measured.accuracy && { rounding: measured.accuracy }),
      });
    },
  });
  return {
    folder: target,
    format,
    storage,
    notes: [...foldingNotes(read, request.fold), ...notes],
    ...measured,
  };
}

/** The model; one that its recipe names alone, with what the recipe says of it, and with the data, which tell that. */
async function readModelOf(
  source: string,
  origin: FoundOrigin | undefined,
): Promise<{ readonly read: Checkpoint; readonly data?: PreparedData }> {
  const { recipe, run } = origin ?? {};
  const isRecipes =
    run === undefined &&
    recipe?.model !== undefined &&
    (await findModel(recipe.model)) === (await findModel(source));
  if (!isRecipes) return { read: await readCheckpoint(source) };
  const model = await readCheckpoint(source, recipe.architecture);
  const data = await prepareData(recipe, model);
  const { text, vocabulary, labels } = data;
  return { read: { ...model, text, vocabulary, labels }, data };
}

/** Whether the second factor could have gone into the next layer, and did. */
function foldingNotes({ spec }: Checkpoint, isFolded: boolean): string[] {
  if (isFolded) return ['The second factor is folded into the next layer.'];
  if (spec.embedding.rank === undefined) return [];
  const folding = foldability(spec);
  return [
    folding.exact
      ? 'The second factor can be folded into the next layer, with the same outputs: --fold.'
      : folding.why,
  ];
}

type Measured = Pick<Exported, 'accuracy' | 'notMeasured'>;

async function measure(
  { mayLackData, engine, watch }: ExportRequest,
  { recipe, run }: FoundOrigin,
  before: Checkpoint,
  written: string,
  data: PreparedData | undefined,
): Promise<Measured> {
  try {
    await watch('measuring');
    const accuracy = await roundingEffect({
      data: data ?? (await prepareData(recipe, before)),
      before,
      after: await readModel(written),
      part: run === undefined || run.isDone ? 'test' : 'validation',
      engine: createEngine(engine),
      pause: () => watch('measuring'),
    });
    return { accuracy };
  } catch (error) {
    if (!mayLackData || !(error instanceof UserError)) throw error;
    return { notMeasured: error.message };
  }
}
