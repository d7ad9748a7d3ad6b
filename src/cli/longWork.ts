import { CancelledError } from '../core/errors.ts';
import { createPause } from '../core/training/pause.ts';
import { shownDuration } from './text.ts';

/** Tells how far the work is, roughly, where that is known; throws CancelledError where it is to stop. */
export type Watch = (share: number | undefined, phase: string) => Promise<void>;

const drawMs = 200;
/** Before it, an estimate says little. */
const least = 0.02;

/**
 * Does work that takes a while: shows its progress and the time left in a terminal, and lets Ctrl-C cancel it; a second
 * Ctrl-C leaves at once.
 *
 * @returns what it gives, or undefined where it was cancelled
 */
export async function longWork<T>(
  work: (watch: Watch) => Promise<T>,
  out: NodeJS.WriteStream = process.stderr,
): Promise<T | undefined> {
  const started = performance.now();
  const pause = createPause();
  let cancelled = false;
  let drawn = 0;
  const cancel = (): void => {
    cancelled = true;
  };
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  const clear = (): void => {
    if (drawn > 0) out.write('\r\x1b[K');
    drawn = 0;
  };
  try {
    return await work(async (share, phase) => {
      await pause();
      if (cancelled) throw new CancelledError();
      const now = performance.now();
      if (!out.isTTY || now - drawn < drawMs) return;
      drawn = now;
      const line = share === undefined ? `${phase} …` : `${phase}: ${progress(share, now - started)}`;
      out.write(`\r\x1b[K${line.slice(0, out.columns - 1)}`);
    });
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    clear();
    out.write('Cancelled; nothing was written.\n');
    return undefined;
  } finally {
    clear();
    process.off('SIGINT', cancel);
    process.off('SIGTERM', cancel);
  }
}

function progress(share: number, passedMs: number): string {
  const seconds = (passedMs / 1000) * (1 / share - 1);
  return `${Math.floor(100 * share)} %${share < least ? '' : `, about ${shownDuration(seconds)} left`}`;
}
