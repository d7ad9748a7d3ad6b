import { resolve } from 'node:path';
import { userErrorOf } from '../core/errors.ts';
import { runsBeside } from '../process/runFolder.ts';
import { isDamaged, listRuns, type Run } from '../process/runStatus.ts';
import { exitCode, type ExitCode } from './exitCode.ts';
import { shownPath, table } from './text.ts';

export async function listCommand(
  folder: string,
  options: { readonly json: boolean; readonly runs?: string },
): Promise<ExitCode> {
  const { json, runs: elsewhere = runsBeside(folder) } = options;
  const runs = await listRuns(resolve(elsewhere));
  if (json) {
    console.log(JSON.stringify(runs.map((run) => ({ folder: run.folder, ...run.status }))));
  } else if (runs.length === 0) {
    console.log('There are no runs of recipes in this folder.');
  } else {
    console.log(table([['recipe', 'state', 'epochs', 'started', 'run'], ...runs.map(row)], [1, 3, 4]));
    for (const { status } of runs) if (isDamaged(status)) console.error(userErrorOf(status.error).format());
  }
  return exitCode.done;
}

function row({ folder, status }: Run): string[] {
  const { recipe, state, epochsDone, epochsTotal, startedAt } = status;
  const started = `${new Date(startedAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return [
    recipe,
    state,
    epochsTotal === 0 ? '-' : `${epochsDone} of ${epochsTotal}`,
    started,
    shownPath(folder),
  ];
}
