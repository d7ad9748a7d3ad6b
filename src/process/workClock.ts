/** Seconds of work in a run, over all of its starts: those in which it is held do not count. */
export class WorkClock {
  #seconds: number;
  #since: number | undefined = performance.now();

  /** @param seconds before this start */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  get seconds(): number {
    return this.#seconds + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000);
  }

  hold(held: boolean): void {
    this.#seconds = this.seconds;
    this.#since = held ? undefined : performance.now();
  }
}
