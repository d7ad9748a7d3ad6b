/** A thread that makes another one's calls of kernels: src/process/kernelThreads.ts is the other end. */
/* global WebAssembly */
import { workerData } from 'node:worker_threads';

const { module, memory, control, calls, looks, patience } = workerData;
const [ready, posted, claimed, finished, asleep, waiting, length] = [0, 1, 2, 3, 4, 5, 6];

const abort = () => {
  throw new Error('A kernel was aborted.');
};
const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
const kernels = Object.values(exports).filter((value) => typeof value === 'function');

/** Waits for calls after that number: awake for a while, for the next ones are often not far. */
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

/** Each call is a kernel's number, then its arguments. */
function makeCalls() {
  const end = control[length];
  for (let at = 0; at < end;) {
    const kernel = kernels[calls[at++]];
    kernel(...calls.subarray(at, (at += kernel.length)));
  }
}

Atomics.store(control, ready, 1);
for (let seen = 0; ;) {
  next(seen);
  seen = Atomics.load(control, posted);
  const before = (seen - 1) | 0;
  // The other one has made them itself meanwhile.
  if (Atomics.compareExchange(control, claimed, before, seen) !== before) continue;
  try {
    makeCalls();
  } catch (error) {
    Atomics.store(control, ready, 0);
    throw error;
  } finally {
    Atomics.store(control, finished, seen);
    if (Atomics.load(control, waiting) === 1) Atomics.notify(control, finished);
  }
}
