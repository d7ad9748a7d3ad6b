import { fork, type ChildProcess } from 'node:child_process';
import type { TrialEvent } from '../core/sweep/trial.ts';
import {
  receivedError,
  type Answers,
  type HeardMessage,
  type HoldMessage,
  type StopMessage,
  type WorkerMessage,
  type WorkerRequest,
} from './protocol.ts';

/** A worker ended without an answer: killed, out of memory, or crashed. */
export class WorkerDiedError extends Error {
  override readonly name = 'WorkerDiedError';
}

export interface WorkerOptions {
  readonly script: string;
  readonly runFolder: string;
  readonly engine: string;
  readonly threads: number;
  /** Node's own options, e.g. a loader's. */
  readonly execArgv?: readonly string[];
}

/**
 * Of TensorFlow. The sums of its products that are split over threads come in another order, so that a run gives the same
 * numbers twice with one thread only. Ops never run side by side: each waits for the one before.
 */
function threadLimits(threads: number): Record<string, string> {
  const count = String(threads);
  return { OMP_NUM_THREADS: count, TF_NUM_INTRAOP_THREADS: count, TF_NUM_INTEROP_THREADS: '1' };
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly onEvents: (events: readonly TrialEvent[]) => void;
}

/** The supervisor's end of a worker. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  #pending: Pending | undefined;
  #death: WorkerDiedError | undefined;

  constructor({ script, runFolder, engine, threads, execArgv = [] }: WorkerOptions) {
    this.#child = fork(script, [runFolder, engine, String(threads)], {
      execArgv: [...execArgv],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...threadLimits(threads) },
      serialization: 'advanced',
    });
    this.#child.on('message', (message: WorkerMessage) => {
      this.#receive(message);
    });
    this.#exit = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#death ??= new WorkerDiedError(reason);
        this.#settle()?.reject(this.#death);
        resolve();
      };
      this.#child.on('error', (error) => {
        end(error.message);
      });
      this.#child.on('exit', (code, signal) => {
        end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
      });
    });
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /**
   * One request at a time.
   * @throws WorkerDiedError; what the worker throws, a UserError as such
   */
  request<R extends WorkerRequest>(
    request: R,
    onEvents: (events: readonly TrialEvent[]) => void,
  ): Promise<Answers[R['type']]> {
    if (this.#pending !== undefined) throw new Error('The worker is busy.');
    return new Promise<Answers[R['type']]>((resolve, reject) => {
      if (this.#death !== undefined) {
        reject(this.#death);
        return;
      }
      this.#pending = { resolve, reject, onEvents };
      // A failing send means that the worker has died, which `exit` tells.
      this.#child.send(request, () => undefined);
    });
  }

  /** Holds its work, or lets it go on. */
  hold(held: boolean): void {
    this.#child.send({ type: 'hold', held } satisfies HoldMessage, () => undefined);
  }

  /** Ends the request under way, if there is one. */
  stop(): void {
    if (this.#pending) this.#child.send({ type: 'stop' } satisfies StopMessage, () => undefined);
  }

  /** Ends the process at once, wherever it is. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  #receive(message: WorkerMessage): void {
    switch (message.type) {
      case 'events':
        this.#pending?.onEvents(message.events);
        break;
      case 'saving':
        if (!this.#child.killed) this.#child.send({ type: 'heard' } satisfies HeardMessage, () => undefined);
        break;
      case 'answer':
        this.#settle()?.resolve(message.value as never);
        break;
      case 'failure':
        this.#settle()?.reject(receivedError(message.error));
        break;
    }
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
