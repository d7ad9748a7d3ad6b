import { resolve } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../core/checkpoint/folder.ts';
import { findModel } from '../core/checkpoint/openCheckpoint.ts';
import { checkApart } from '../core/checkpoint/outputApart.ts';
import { returnFormat } from '../core/checkpoint/returnFormat.ts';
import { foldEmbedding } from '../core/embedding/fold.ts';
import { locate } from '../core/errors.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { shownPath } from './text.ts';

/** Writes a compressed model without its second factor, which goes into the next kernel. */
export async function foldCommand(checkpoint: string, folder: string): Promise<ExitCode> {
  const target = resolve(folder);
  const path = resolve(checkpoint);
  await checkApart(target, await findModel(path));
  const model = await readCheckpoint(path);
  const folded = await locate({ file: path }, () => foldEmbedding(model));
  const { notes } = await writeCheckpoint(target, folded, await returnFormat(path));
  console.log(`Written to ${shownPath(target)}`);
  for (const note of notes) console.log(`Note: ${note}`);
  return exitCode.done;
}
