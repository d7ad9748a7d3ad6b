import { resolve } from 'node:path';
import { lackOfLayers, readCheckpoint, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { modelFile, type WrittenFormat } from '../core/checkpoint/fileNames.ts';
import { UserError } from '../core/errors.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { shownPath } from './text.ts';

/** Writes a model in another format, with its vocabulary and its text settings. */
export async function exportCommand(
  path: string,
  folder: string,
  { format, json }: { readonly format: WrittenFormat; readonly json: boolean },
): Promise<ExitCode> {
  const checkpoint = await readCheckpoint(resolve(path));
  const lack = lackOfLayers(checkpoint.spec, format);
  if (lack !== undefined) {
    throw new UserError(
      'no-stock-layers',
      `${lack}, so the model cannot be written as ${modelFile[format]}.`,
      'Choose another format; safetensors holds every model.',
      { file: path },
    );
  }
  const target = resolve(folder);
  const { notes } = await writeCheckpoint(target, checkpoint, format);
  if (json) {
    console.log(JSON.stringify({ folder: target, format, notes }));
    return exitCode.done;
  }
  console.log(`Written to ${shownPath(target)}`);
  for (const note of notes) console.log(`Note: ${note}`);
  return exitCode.done;
}
