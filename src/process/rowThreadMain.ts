import { parentPort, workerData } from 'node:worker_threads';
import { RowWorker, type RowAnswer, type RowQuestion, type RowWork } from '../core/embedding/rowWork.ts';

// What runs in a thread beside the main one: blocks come, each is answered, and at the end the sums are.
if (parentPort === null) throw new Error('This is a thread of another program.');
const port = parentPort;
const worker = new RowWorker(workerData as RowWork);
port.on('message', (question: RowQuestion) => {
  if (question === 'sums') {
    port.postMessage({ sums: worker.sums() } satisfies RowAnswer);
    return;
  }
  const { index, block, weights } = question;
  const result = worker.take(index, block, weights);
  const answer: RowAnswer = result === undefined ? {} : { result };
  port.postMessage(answer, result === undefined ? [] : [result.buffer as ArrayBuffer]);
});
