/** Lets the process hear its messages; called after each step. */
export type Pause = () => Promise<void>;

/** Yields to the event loop at most each `intervalMs`, so that a step is not slowed by it. */
export function createPause(intervalMs = 50): Pause {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < intervalMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    last = performance.now();
  };
}
