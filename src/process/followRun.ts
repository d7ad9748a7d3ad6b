import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '../core/sweep/trial.ts';
import { EventTail } from './eventLog.ts';
import { runPaths } from './runFolder.ts';
import { isGoing, readStatus, type RunStatus } from './runStatus.ts';

const pollMs = 100;

export interface FollowOptions {
  /** Called with each status that differs from the one before. */
  readonly onStatus?: (status: RunStatus) => void;
  /** Leaves out what was told before the last resume. */
  readonly sinceResume?: boolean;
}

/**
 * Tells a run's events, those of before and those to come, until it ends or its process is gone.
 *
 * @param signal stops following; the run goes on
 * @returns the run's last status, `running` where the signal came first
 */
export async function followRun(
  runFolder: string,
  onEvents: (events: readonly RunEvent[]) => void,
  signal?: AbortSignal,
  { onStatus, sinceResume = false }: FollowOptions = {},
): Promise<RunStatus> {
  const tail = new EventTail(runPaths(runFolder).events);
  let events = await tail.read();
  if (sinceResume) events = events.slice(events.findLastIndex(({ type }) => type === 'run'));
  let updatedAt = -1;
  for (;;) {
    // Read before the events, so that after an end all of them are seen.
    const status = await readStatus(runFolder);
    for (const event of await tail.read()) events.push(event);
    if (events.length > 0) onEvents(events);
    events = [];
    if (status.updatedAt !== updatedAt) onStatus?.(status);
    updatedAt = status.updatedAt;
    if (!isGoing(status.state) || signal?.aborted === true) return status;
    await delay(pollMs);
  }
}
