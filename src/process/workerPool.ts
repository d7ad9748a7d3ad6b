import type { TrialEvent } from '../core/sweep/trial.ts';
import type { Answers, WorkerRequest } from './protocol.ts';
import { WorkerDiedError, WorkerProcess, type WorkerOptions } from './workerProcess.ts';

export interface RequestEvents {
  readonly onEvents: (events: readonly TrialEvent[]) => void;
  /** The worker died; another one gets the same request. */
  readonly onRetry: (reason: string) => void;
}

/** Workers, started ahead or when they are needed, and kept for the next request. The caller bounds how many it uses. */
export class WorkerPool {
  readonly #options: WorkerOptions;
  readonly #all = new Set<WorkerProcess>();
  readonly #idle: WorkerProcess[] = [];
  #closed = false;
  #held = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Starts workers that are going to be asked, so that they are there by then. */
  start(count: number): void {
    for (let i = 0; i < count; i++) this.#idle.push(this.#add());
  }

  /**
   * A worker that dies is replaced once.
   * @throws WorkerDiedError when the second one died, too
   */
  async request<R extends WorkerRequest>(request: R, events: RequestEvents): Promise<Answers[R['type']]> {
    try {
      return await this.#once(request, events);
    } catch (error) {
      if (!(error instanceof WorkerDiedError) || this.#closed) throw error;
      events.onRetry(error.message);
      return await this.#once(request, events);
    }
  }

  /** Holds the work of all workers, those to come included, or lets it go on. */
  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    for (const worker of this.#all) worker.hold(held);
  }

  /** Ends the requests under way, each with what it has. */
  stop(): void {
    for (const worker of this.#all) worker.stop();
  }

  /** Kills every worker. Requests under way fail. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((worker) => worker.kill()));
  }

  async #once<R extends WorkerRequest>(request: R, events: RequestEvents): Promise<Answers[R['type']]> {
    if (this.#closed) throw new Error('The workers are gone.');
    const worker = this.#take();
    try {
      return await worker.request(request, events.onEvents);
    } finally {
      if (worker.alive) this.#idle.unshift(worker);
      else this.#all.delete(worker);
    }
  }

  /** The last used one first: it has the data. */
  #take(): WorkerProcess {
    for (;;) {
      const idle = this.#idle.shift();
      if (idle === undefined) break;
      if (idle.alive) return idle;
      this.#all.delete(idle);
    }
    return this.#add();
  }

  #add(): WorkerProcess {
    const worker = new WorkerProcess(this.#options);
    this.#all.add(worker);
    if (this.#held) worker.hold(true);
    return worker;
  }
}
