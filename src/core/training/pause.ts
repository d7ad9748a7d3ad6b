/** Lets the process hear its messages, and waits while the work is held; called after each step. */
export interface Pause {
  /** @throws StoppedError */
  (): Promise<void>;
  /** Milliseconds of work since the process began: those in which it was held do not count. */
  now(): number;
}

/** The work was stopped: what it had finished stays. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Holds, releases and stops the work of one process. */
export class Hold {
  #released: Promise<void> | undefined;
  #release: () => void = () => undefined;
  #stopped = false;

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

  /** Ends the work at its next pause, also where it is held. */
  stop(): void {
    this.#stopped = true;
    this.release();
  }

  /** Another piece of work begins, which nobody has stopped. */
  begin(): void {
    this.#stopped = false;
  }

  get stopped(): boolean {
    return this.#stopped;
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
    if (hold.stopped) throw new StoppedError('The work was stopped.');
  };
  return Object.assign(pause, { now: () => performance.now() - heldMs });
}
