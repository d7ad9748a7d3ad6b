import writeFileAtomic from 'write-file-atomic';
import { runPaths } from './runFolder.ts';
import type { RunStatus } from './runStatus.ts';

/** Between two writes, so that readers see progress and the disk has its peace. */
const intervalMs = 250;

/** Keeps status.json up to date, a few times a second. */
export class StatusWriter {
  readonly #path: string;
  readonly #current: () => RunStatus;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param current what to write, asked at the moment of writing */
  constructor(runFolder: string, current: () => RunStatus) {
    this.#path = runPaths(runFolder).status;
    this.#current = current;
  }

  /** Soon to be written. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A status that cannot be written now is written with the next change, and at the end for certain.
      this.#write().catch(() => undefined);
    }, intervalMs);
  }

  /** Writes now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#write();
  }

  async #write(): Promise<void> {
    const next = this.#writing
      .catch(() => undefined)
      .then(() => writeFileAtomic(this.#path, JSON.stringify(this.#current(), undefined, 2) + '\n'));
    this.#writing = next;
    await next;
  }
}
