import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { runFolders, runPaths, runsBeside } from '../process/runFolder.ts';

/** The run folder of that path, or of that name among the runs of the working folder's recipes. */
export async function findRun(run: string): Promise<string> {
  const path = resolve(run);
  const isRun = await stat(runPaths(path).recipe).catch(() => undefined);
  if (isRun !== undefined) return path;
  return (await runFolders(runsBeside(process.cwd()))).find((folder) => basename(folder) === run) ?? path;
}
