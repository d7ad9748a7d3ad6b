import { Worker } from 'node:worker_threads';
import type { KernelFunctions, ProductSharing, SharedKernels } from '../core/engine/kernels.ts';
import { scratchBytes } from '../core/engine/workspace.ts';

/** From so many multiplications on a product is shared: in fewer, the threads would be waited for longer than it takes. */
const worth = 300_000;
/** From so many rows on the rows are shared, below the columns: each thread packs the columns of B that it multiplies by. */
const manyRows = 256;
/** Of each share but the last: whole tiles of the kernel, and lines of the cache. */
const rowsAtOnce = 128;
const columnsAtOnce = 16;

/** Words of the memory that a thread is told in; kernels/productThread.mjs has the same. */
const word = { ready: 0, posted: 1, claimed: 2, finished: 3, asleep: 4, waiting: 5, product: 6 } as const;
const productWords = 13;

/** Looked at so many times before the clock is. */
const looks = 256;
/** How long a thread looks for what it waits for before it sleeps, in ms: the pause between two products of a step. */
const patience = 0.2;

type Product = Parameters<KernelFunctions['matMul']>;

/** @param threads that compute at once, the caller's among them; undefined for one */
export function productThreads(threads: number): ProductSharing | undefined {
  if (threads <= 1) return undefined;
  return { threads, start: (shared) => new ProductThreads(threads - 1, shared).matMul };
}

/**
 * Threads that compute shares of one thread's products in its memory. Each share is of whole rows or columns, whose
 * values are computed as ever: the result is the same, bit for bit, however many threads there are. What no thread has
 * begun by the time the first share is done the caller computes itself, so that none is waited for that is not there.
 */
class ProductThreads {
  readonly #threads: readonly ProductThread[];
  readonly #functions: KernelFunctions;

  /** @param count of threads beside the caller's */
  constructor(count: number, shared: SharedKernels) {
    this.#functions = shared.functions;
    this.#threads = Array.from({ length: count }, () => new ProductThread(shared));
  }

  /** As the kernel of that name. `scratch` is of 16 kB for each thread. */
  readonly matMul: KernelFunctions['matMul'] = (...product) => {
    const [, , , , , , , , m, k, n] = product;
    if (m * k * n < worth) {
      this.#functions.matMul(...product);
      return;
    }
    const helpers = this.#threads.filter(({ isReady }) => isReady);
    const [own = product, ...others] = sharesOf(product, 1 + helpers.length);
    others.forEach((share, i) => helpers[i]?.post(share));
    this.#functions.matMul(...own);
    others.forEach((share, i) => {
      if (helpers[i]?.finish() !== true) this.#functions.matMul(...share);
    });
  };
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

/** One of Node's threads, which runs kernels/productThread.mjs. */
class ProductThread {
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * (word.product + productWords)));
  /** Number of the last product posted. */
  #last = 0;

  constructor({ script, module, memory }: SharedKernels) {
    const worker = new Worker(script, {
      workerData: { module, memory, control: this.#control, looks, patience },
      execArgv: [],
    });
    // One that fails is not ready, or no longer.
    worker.on('error', () => undefined);
    worker.unref();
  }

  get isReady(): boolean {
    return Atomics.load(this.#control, word.ready) === 1;
  }

  post(product: Product): void {
    this.#last = (this.#last + 1) | 0;
    product.forEach((value, i) => {
      this.#control[word.product + i] = Number(value);
    });
    Atomics.store(this.#control, word.posted, this.#last);
    if (Atomics.load(this.#control, word.asleep) === 1) Atomics.notify(this.#control, word.posted);
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
}
