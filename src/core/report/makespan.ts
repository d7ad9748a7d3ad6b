import type { Trial } from '../sweep/trial.ts';

/**
 * Seconds until the last trial ends, each started in order as soon as one of `jobs` is free and the trial that it
 * starts from is done.
 */
export function makespan(
  trials: readonly Trial[],
  secondsOf: (trial: Trial) => number,
  jobs: number,
): number {
  const ends = new Map<string, number>();
  const free = new Array<number>(Math.max(1, jobs)).fill(0);
  const waiting = [...trials];
  while (waiting.length > 0) {
    const now = Math.min(...free);
    const at = free.indexOf(now);
    const readyAt = ({ from }: Trial): number => (from === undefined ? 0 : (ends.get(from) ?? Infinity));
    const earliest = Math.min(...waiting.map(readyAt));
    const next = waiting.findIndex((trial) => readyAt(trial) <= Math.max(now, earliest));
    const [trial] = waiting.splice(next, 1);
    if (trial === undefined || earliest === Infinity)
      throw new Error('A trial starts from one that is not there.');
    const end = Math.max(now, readyAt(trial)) + secondsOf(trial);
    ends.set(trial.id, end);
    free[at] = end;
  }
  return Math.max(0, ...ends.values());
}
