import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RowAnswer, RowQuestion, RowThread, RowThreads, RowWork } from '../core/embedding/rowWork.ts';

/** To start a thread takes some ten milliseconds, in which so many are made. */
const worth = 5e8;

interface RowThreadOptions {
  /** That compute at once, the caller's among them; all cores where absent. */
  readonly count?: number;
  readonly worthMultiplications?: number;
}

/** @param scripts the folder of rows.cjs */
export function rowThreads(
  scripts: string,
  { count = availableParallelism(), worthMultiplications = worth }: RowThreadOptions = {},
): RowThreads {
  return { count, worthMultiplications, start: (work) => new WorkerRowThread(scripts, work) };
}

interface Waiting {
  readonly resolve: (answer: RowAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread of Node's; rowThreadMain.ts runs in it. */
class WorkerRowThread implements RowThread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor(scripts: string, work: RowWork) {
    this.#worker = new Worker(join(scripts, 'rows.cjs'), { workerData: work });
    this.#worker.on('message', (answer: RowAnswer) => this.#waiting.shift()?.resolve(answer));
    const fail = (error: Error): void => {
      this.#failure ??= error;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', (code) => {
      fail(new Error(`A thread ended with exit code ${code}.`));
    });
  }

  ask(question: RowQuestion): Promise<RowAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question, question === 'sums' ? [] : [question.block.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
