import type { RunEvent } from '../core/sweep/trial.ts';

/**
 * At most about `most` of the `step` events, evenly in each trial and always a trial's last; all others. A long run
 * has more steps than a chart has pixels.
 */
export function thinEvents(events: readonly RunEvent[], most = 20_000): readonly RunEvent[] {
  const last = new Map<string, RunEvent>();
  let steps = 0;
  for (const event of events) {
    if (event.type !== 'step') continue;
    steps++;
    last.set(event.trial, event);
  }
  if (steps <= most) return events;
  const stride = Math.ceil(steps / most);
  const seen = new Map<string, number>();
  return events.filter((event) => {
    if (event.type !== 'step') return true;
    const at = seen.get(event.trial) ?? 0;
    seen.set(event.trial, at + 1);
    return at % stride === 0 || event === last.get(event.trial);
  });
}
