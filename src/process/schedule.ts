import type { Trial } from '../core/sweep/trial.ts';

/**
 * Runs trials in their order, at most `jobs` at once, each after the one that it starts from.
 * Rejects with the first failure; what is under way then is the caller's to stop.
 *
 * @param finished trials that are done already
 */
export async function runInOrder(
  trials: readonly Trial[],
  finished: ReadonlySet<string>,
  jobs: number,
  run: (trial: Trial) => Promise<void>,
): Promise<void> {
  const done = new Set(finished);
  const waiting = trials.filter(({ id }) => !done.has(id));
  const running = new Map<string, Promise<string>>();
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < jobs) {
      const next = waiting.findIndex(({ from }) => from === undefined || done.has(from));
      const trial = waiting[next];
      if (trial === undefined) break;
      waiting.splice(next, 1);
      running.set(
        trial.id,
        run(trial).then(() => trial.id),
      );
    }
    if (running.size === 0) {
      throw new Error(`No trial makes what these start from: ${waiting.map(({ id }) => id).join(', ')}`);
    }
    const id = await Promise.race(running.values());
    running.delete(id);
    done.add(id);
  }
}
