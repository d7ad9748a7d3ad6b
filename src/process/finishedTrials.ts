import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Results, RunEvent, TrialResult } from '../core/sweep/trial.ts';
import { runPaths } from './runFolder.ts';
import { readRunJson } from './runJson.ts';

/** The trials of a run that have ended, without those of a random search: with the test's figures where the run has, else as far as it has come. */
export async function finishedTrials(folder: string): Promise<TrialResult[]> {
  const { results, events } = runPaths(folder);
  const found = await readRunJson<Results>(results);
  if (found !== undefined) {
    const { baseline, control, points } = found;
    return [...(baseline?.seeds ?? []), ...(control?.seeds ?? []), ...points];
  }
  const trials = new Map<string, TrialResult>();
  try {
    // Most lines are steps, which need not be parsed; a run that is going on may have torn the last one.
    for await (const line of createInterface({ input: createReadStream(events) })) {
      if (!line.includes('"type":"result"') || !line.endsWith('}')) continue;
      const event = JSON.parse(line) as RunEvent;
      if (event.type === 'result' && event.result.kind !== 'try')
        trials.set(event.result.trial, event.result);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  return [...trials.values()];
}
