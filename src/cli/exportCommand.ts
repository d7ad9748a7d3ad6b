import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { WrittenFormat } from '../core/checkpoint/fileNames.ts';
import type { Storage } from '../core/checkpoint/storageTypes.ts';
import type { EngineName } from '../core/engine/engine.ts';
import { UserError } from '../core/errors.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { printProgress } from '../process/askCli.ts';
import { originInRun, runAround, type FoundOrigin } from '../process/modelOrigin.ts';
import { writeExport, type ExportPhase } from '../process/writeExport.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { findRun } from './findRun.ts';
import { longWork } from './longWork.ts';
import { shownPath } from './text.ts';

export interface ExportOptions {
  readonly format: WrittenFormat;
  readonly storage: Storage;
  readonly fold: boolean;
  /** A recipe or a run. */
  readonly from?: string;
  readonly json: boolean;
  readonly engine: EngineName | 'auto';
  /** What the model card is called; the folder's name if not given. */
  readonly title?: string;
}

const phases: Readonly<Record<ExportPhase, string>> = {
  reading: 'Reading the model',
  writing: 'Writing it',
  measuring: 'Measuring its accuracy',
};

/** Writes a model in another format: see `writeExport`. */
export async function exportCommand(path: string, folder: string, options: ExportOptions): Promise<ExitCode> {
  const { from, json, ...wanted } = options;
  const source = resolve(path);
  const origin = from === undefined ? await runAround(source) : await originOf(from, source);
  let last: ExportPhase | undefined;
  const exported = await longWork((watch) =>
    writeExport({
      ...wanted,
      source,
      target: resolve(folder),
      ...(origin && { origin }),
      mayLackData: from === undefined,
      async watch(phase) {
        if (json && !process.stderr.isTTY && phase !== last) printProgress(phase);
        last = phase;
        await watch(undefined, phases[phase]);
      },
    }),
  );
  if (exported === undefined) return exitCode.cancelled;
  if (json) {
    console.log(JSON.stringify(exported));
    return exitCode.done;
  }
  const { storage, accuracy, notes, notMeasured } = exported;
  console.log(`Written to ${shownPath(exported.folder)}`);
  if (accuracy !== undefined) {
    const { part, sentences, before, after } = accuracy;
    const was = storage === 'float32' ? '' : `, before the rounding ${before.toFixed(4)}`;
    console.log(`Accuracy of what was written on ${sentences} ${part} sentences: ${after.toFixed(4)}${was}`);
  }
  for (const note of notes) console.log(`Note: ${note}`);
  if (notMeasured !== undefined) console.log(`Note: The accuracy was not measured: ${notMeasured}`);
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
