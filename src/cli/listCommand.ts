import { resolve } from 'node:path';
import { listRuns, type Run } from '../process/runStatus.ts';
import { alignColumns, shortPath } from './output.ts';

/** `list [FOLDER]`: the runs of the recipes in a folder, newest first. */
export async function list(folder: string, json: boolean): Promise<string> {
  const runs = await listRuns(resolve(folder));
  if (json) return JSON.stringify(runs.map(({ folder: runFolder, status }) => ({ runFolder, ...status })));
  if (runs.length === 0) return 'There are no runs of recipes in this folder.';
  return alignColumns([['recipe', 'state', 'epochs', 'started', 'run'], ...runs.map(row)]);
}

function row({ folder, status }: Run): string[] {
  const started = new Date(status.startedAt).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
  const { epochsDone, epochsTotal } = status;
  return [
    status.recipe,
    status.state,
    epochsTotal === 0 ? '-' : `${epochsDone} of ${epochsTotal}`,
    started,
    shortPath(folder),
  ];
}
