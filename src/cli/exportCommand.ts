import { stat, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { version } from '../../package.json';
import type { Checkpoint } from '../core/checkpoint/checkpoint.ts';
import { lackOfLayers, readCheckpoint, readModel, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { modelFile, type WrittenFormat } from '../core/checkpoint/fileNames.ts';
import { checkStorage, type Storage } from '../core/checkpoint/storage.ts';
import { createEngine } from '../core/engine/createEngine.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { UserError } from '../core/errors.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { hashFile } from '../core/report/hashFile.ts';
import { modelCard, type RoundingEffect } from '../core/report/modelCard.ts';
import { roundingEffect } from '../core/report/roundingEffect.ts';
import { describeOrigin, originInRun, runAround, type FoundOrigin } from '../process/modelOrigin.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { findRun } from './findRun.ts';
import { shownPath } from './text.ts';

export interface ExportOptions {
  readonly format: WrittenFormat;
  readonly storage: Storage;
  /** A recipe or a run. */
  readonly from?: string;
  readonly json: boolean;
  readonly engine: EngineName | 'auto';
  /** What the model card is called; the folder's name if not given. */
  readonly title?: string;
}

/** Writes a model in another format, with its vocabulary, its text settings and its card. */
export async function exportCommand(path: string, folder: string, options: ExportOptions): Promise<ExitCode> {
  const { format, storage, json, title } = options;
  const source = resolve(path);
  const checkpoint = await readCheckpoint(source);
  const lack = lackOfLayers(checkpoint.spec, format);
  if (lack !== undefined) {
    throw new UserError(
      'no-stock-layers',
      `${lack}, so the model cannot be written as ${modelFile[format]}.`,
      'Choose another format; safetensors holds every model.',
      { file: path },
    );
  }
  checkStorage(storage, format, checkpoint, path);
  const target = resolve(folder);
  const origin = options.from === undefined ? await runAround(source) : await originOf(options.from, source);
  const extra: string[] = [];
  let rounding: RoundingEffect | undefined;
  const { notes } = await writeCheckpoint(target, checkpoint, format, {
    storage,
    async card(written) {
      if (origin !== undefined && (storage !== 'float32' || origin.run === undefined)) {
        rounding = await measure(origin, checkpoint, written, options, extra);
      }
      const files = (await readdir(written)).sort();
      return modelCard({
        name: title ?? basename(target),
        checkpoint,
        format,
        storage,
        files: await Promise.all(
          files.map(async (name) => ({ name, ...(await hashFile(join(written, name))) })),
        ),
        version,
        ...(origin && { origin: await describeOrigin(origin) }),
        ...(rounding && { rounding }),
      });
    },
  });
  const all = [...notes, ...extra];
  if (json) {
    console.log(
      JSON.stringify({
        folder: target,
        format,
        storage,
        notes: all,
        ...(rounding && { accuracy: rounding }),
      }),
    );
    return exitCode.done;
  }
  console.log(`Written to ${shownPath(target)}`);
  if (rounding !== undefined) {
    const { part, sentences, before, after } = rounding;
    const was = storage === 'float32' ? '' : `, before the rounding ${before.toFixed(4)}`;
    console.log(`Accuracy of what was written on ${sentences} ${part} sentences: ${after.toFixed(4)}${was}`);
  }
  for (const note of all) console.log(`Note: ${note}`);
  return exitCode.done;
}

/** @throws UserError as the recipe's or the run's reader does, `no-trial` for a run that has no model of that name */
async function originOf(from: string, model: string): Promise<FoundOrigin> {
  if ((await stat(from).catch(() => undefined))?.isFile() === true) return { recipe: await readRecipe(from) };
  const run = await findRun(from);
  const inside = await runAround(model);
  const found = inside?.run?.folder === run ? inside : await originInRun(run, basename(model));
  if (found !== undefined) return found;
  throw new UserError(
    'no-trial',
    `The run has no model '${basename(model)}'.`,
    "Name the model by its folder, which keeps the name that the run's table shows, or give the recipe instead.",
    { file: run },
  );
}

/** Where the run was found by itself, data that has gone since is no reason to write nothing. */
async function measure(
  { recipe, run }: FoundOrigin,
  before: Checkpoint,
  written: string,
  { engine, from }: ExportOptions,
  notes: string[],
): Promise<RoundingEffect | undefined> {
  try {
    return await roundingEffect({
      recipe,
      before,
      after: await readModel(written),
      part: run === undefined || run.isDone ? 'test' : 'validation',
      engine: createEngine(engine),
    });
  } catch (error) {
    if (from !== undefined || !(error instanceof UserError)) throw error;
    notes.push(`The accuracy was not measured: ${error.message}`);
    return undefined;
  }
}
