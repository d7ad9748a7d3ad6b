import { Worker } from 'node:worker_threads';
import type {
  KernelFunctions,
  KernelPart,
  KernelSharing,
  KernelThreads,
  SharedKernels,
} from '../core/engine/kernels.ts';
import { scratchBytes } from '../core/engine/workspace.ts';

/** From so many multiplications on a product is shared: in fewer, the threads would be waited for longer than it takes. */
const worth = 300_000;
/** From so many rows on the rows are shared, below the columns: each thread packs the columns of B that it multiplies by. */
const manyRows = 256;
/** Of each share but the last: whole tiles of the kernel, and lines of the cache. */
const rowsAtOnce = 128;
const columnsAtOnce = 16;

/** Words of the memory that a thread is told in; kernels/kernelThread.mjs has the same. */
const word = { ready: 0, posted: 1, claimed: 2, finished: 3, asleep: 4, waiting: 5, length: 6 } as const;
const words = 7;
/** Words of all calls told at once: a recurrence over thousands of tokens. Memory that no call needs is not touched. */
const mostCallWords = 1 << 20;

/** Looked at so many times before the clock is. */
const looks = 256;
/** How long a thread looks for what it waits for before it sleeps, in ms: the pause between two products of a step. */
const patience = 0.2;

type Product = Parameters<KernelFunctions['matMul']>;

/** @param threads that compute at once, the caller's among them; undefined for one */
export function kernelThreads(threads: number): KernelSharing | undefined {
  if (threads <= 1) return undefined;
  return { threads, start: (shared) => new ThreadsBeside(threads - 1, shared) };
}

/**
 * Threads that make calls of kernels beside the caller's, in its memory. What no thread has begun by the time that the
 * caller is done with its own share it does itself, so that none is waited for that is not there.
 */
class ThreadsBeside implements KernelThreads {
  readonly #threads: readonly KernelThread[];
  readonly #functions: KernelFunctions;

  constructor(count: number, shared: SharedKernels) {
    this.#functions = shared.functions;
    this.#threads = Array.from({ length: count }, () => new KernelThread(shared));
  }

  readonly runParts = ([own, ...others]: readonly KernelPart[]): void => {
    const ready = this.#ready;
    const posted = others.map((part, i) => (ready[i]?.post(part) === true ? ready[i] : undefined));
    own?.(this.#functions);
    others.forEach((part, i) => {
      if (posted[i]?.finish() !== true) part(this.#functions);
    });
  };

  /**
   * As the kernel of that name: each share is of whole rows or columns, whose values are computed as ever, so that the
   * result is the same, bit for bit, however many threads there are. `scratch` is of 16 kB for each thread.
   */
  readonly matMul: KernelFunctions['matMul'] = (...product) => {
    const [, , , , , , , , m, k, n] = product;
    if (m * k * n < worth) {
      this.#functions.matMul(...product);
      return;
    }
    const shares = sharesOf(product, 1 + this.#ready.length);
    this.runParts(
      shares.map((share) => (kernels) => {
        kernels.matMul(...share);
      }),
    );
  };

  get #ready(): KernelThread[] {
    return this.#threads.filter(({ isReady }) => isReady);
  }
}

/** Products that together are the one given, at most `count`. */
function sharesOf(product: Product, count: number): Product[] {
  const [a, aRow, aColumn, b, bRow, bColumn, c, cRow, m, k, n, accumulate, scratch] = product;
  const byRows = m >= manyRows;
  const [all, atOnce] = byRows ? [m, rowsAtOnce] : [n, columnsAtOnce];
  const size = atOnce * Math.ceil(all / count / atOnce);
  const shares: Product[] = [];
  for (let from = 0; from < all; from += size) {
    const part = Math.min(size, all - from);
    const own = scratch + shares.length * scratchBytes;
    shares.push(
      byRows
        ? [
            a + from * aRow,
            aRow,
            aColumn,
            b,
            bRow,
            bColumn,
            c + from * cRow,
            cRow,
            part,
            k,
            n,
            accumulate,
            own,
          ]
        : [
            a,
            aRow,
            aColumn,
            b + from * bColumn,
            bRow,
            bColumn,
            c + 4 * from,
            cRow,
            m,
            k,
            part,
            accumulate,
            own,
          ],
    );
  }
  return shares;
}

/** One of Node's threads, which runs kernels/kernelThread.mjs. */
class KernelThread {
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * words));
  readonly #calls = new Int32Array(new SharedArrayBuffer(4 * mostCallWords));
  /** Write a call down in the place of making it. */
  readonly #recorder: KernelFunctions;
  #length = 0;
  /** Number of the last calls posted. */
  #last = 0;

  constructor({ script, module, memory, functions }: SharedKernels) {
    const worker = new Worker(script, {
      workerData: { module, memory, control: this.#control, calls: this.#calls, looks, patience },
      execArgv: [],
    });
    // One that fails is not ready, or no longer.
    worker.on('error', () => undefined);
    worker.unref();
    const kernels = Object.entries(functions).filter(([, value]) => typeof value === 'function');
    this.#recorder = Object.fromEntries(
      kernels.map(([name], kernel) => [
        name,
        (...values: (number | boolean)[]) => {
          this.#write(kernel, values);
        },
      ]),
    ) as unknown as KernelFunctions;
  }

  get isReady(): boolean {
    return Atomics.load(this.#control, word.ready) === 1;
  }

  /** False where the part has more calls than there is room for: it is not posted. */
  post(part: KernelPart): boolean {
    this.#length = 0;
    part(this.#recorder);
    if (this.#length > mostCallWords) return false;
    this.#last = (this.#last + 1) | 0;
    this.#control[word.length] = this.#length;
    Atomics.store(this.#control, word.posted, this.#last);
    if (Atomics.load(this.#control, word.asleep) === 1) Atomics.notify(this.#control, word.posted);
    return true;
  }

  /** Waits for the end of what was posted last; false where the thread has not begun it, and now will not, or has failed. */
  finish(): boolean {
    const before = (this.#last - 1) | 0;
    if (Atomics.compareExchange(this.#control, word.claimed, before, this.#last) === before) return false;
    for (let start = performance.now(); performance.now() - start < patience;) {
      for (let i = 0; i < looks; i++) {
        if (Atomics.load(this.#control, word.finished) === this.#last) return this.isReady;
      }
    }
    Atomics.store(this.#control, word.waiting, 1);
    for (let found; (found = Atomics.load(this.#control, word.finished)) !== this.#last;) {
      Atomics.wait(this.#control, word.finished, found);
    }
    Atomics.store(this.#control, word.waiting, 0);
    return this.isReady;
  }

  /** Values past the end of the memory are dropped, as typed arrays do. */
  #write(kernel: number, values: readonly (number | boolean)[]): void {
    const calls = this.#calls;
    let at = this.#length;
    calls[at++] = kernel;
    for (const value of values) calls[at++] = Number(value);
    this.#length = at;
  }
}
