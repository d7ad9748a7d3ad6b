/** Lets the process hear its messages, and waits while the work is held; called after each step. */
export interface Pause {
  (): Promise<void>;
  /** Milliseconds of work since the process began: those in which it was held do not count. */
  now(): number;
}

/** Holds and releases the work of one process. */
export class Hold {
  #released: Promise<void> | undefined;
  #release: () => void = () => undefined;

  /** Holds the work from its next pause on; does nothing where it is held. */
  hold(): void {
    this.#released ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#released = undefined;
    this.#release();
  }

  /** Pending while the work is held. */
  get released(): Promise<void> | undefined {
    return this.#released;
  }
}

/** Yields to the event loop at most each `intervalMs`, so that a step is not slowed by it. */
export function createPause(hold = new Hold(), intervalMs = 50): Pause {
  let last = performance.now();
  let heldMs = 0;
  const pause = async (): Promise<void> => {
    if (performance.now() - last < intervalMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    const before = performance.now();
    while (hold.released) await hold.released;
    last = performance.now();
    heldMs += last - before;
  };
  return Object.assign(pause, { now: () => performance.now() - heldMs });
}
