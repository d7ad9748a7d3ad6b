/** A thread that computes shares of another one's products: src/core/engine/productThreads.ts is the other end. */
/* global WebAssembly */
import { workerData } from 'node:worker_threads';

const { module, memory, control, looks, patience } = workerData;
const [ready, posted, claimed, finished, asleep, waiting, product] = [0, 1, 2, 3, 4, 5, 6];

const abort = () => {
  throw new Error('A kernel was aborted.');
};
const { matMul } = new WebAssembly.Instance(module, { env: { memory, abort } }).exports;

/** Waits for a product after that number: awake for a while, for the next one is often not far. */
function next(seen) {
  for (let start = performance.now(); performance.now() - start < patience;) {
    for (let i = 0; i < looks; i++) {
      if (Atomics.load(control, posted) !== seen) return;
    }
  }
  Atomics.store(control, asleep, 1);
  Atomics.wait(control, posted, seen);
  Atomics.store(control, asleep, 0);
}

Atomics.store(control, ready, 1);
for (let seen = 0; ;) {
  next(seen);
  seen = Atomics.load(control, posted);
  const before = (seen - 1) | 0;
  // The other one has computed it itself meanwhile.
  if (Atomics.compareExchange(control, claimed, before, seen) !== before) continue;
  try {
    matMul(...control.subarray(product));
  } catch (error) {
    Atomics.store(control, ready, 0);
    throw error;
  } finally {
    Atomics.store(control, finished, seen);
    if (Atomics.load(control, waiting) === 1) Atomics.notify(control, finished);
  }
}
