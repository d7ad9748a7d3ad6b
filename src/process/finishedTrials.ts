import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Results, RunEvent, TrialResult } from '../core/sweep/trial.ts';
import { runPaths } from './runFolder.ts';

/** The trials of a run that have ended, without those of a random search: with the test's figures where the run has, else as far as it has come. */
export async function finishedTrials(folder: string): Promise<TrialResult[]> {
  const { results, events } = runPaths(folder);
  const text = await readFile(results, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const { baseline, control, points } = JSON.parse(text) as Results;
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
