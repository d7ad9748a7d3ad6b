import type { Classifier } from '../model/classifier.ts';
import { Random } from '../random.ts';
import { trainingBatches } from '../text/batches.ts';
import type { DatasetBatch, EncodedDataset } from '../text/encoded.ts';
import type { Latency } from '../sweep/trial.ts';

const warmUps = 20;
const mostSentences = 400;
const throughputBatch = 256;
const mostBatches = 20;
/** Over the batches: enough for a steady figure of a small model. */
const mostPasses = 3;
/** Of each of the two measurements. */
const mostMs = 100;

/** What `measureLatency` takes at most, as long as a sentence takes less than `mostMs`. */
export const latencySeconds = (2 * mostMs) / 1000;

/**
 * How long a model takes in this process: a sentence by itself, and many in batches of 256. Tokens are given; reading
 * text is not counted.
 *
 * @param data at least one sentence
 */
export function measureLatency(model: Classifier, data: EncodedDataset): Latency {
  const single = someBatches(data, 1, mostSentences);
  const times: number[] = [];
  const end = performance.now() + mostMs;
  for (let i = 0; i < warmUps + single.length && (performance.now() < end || times.length === 0); i++) {
    const started = performance.now();
    model.predict(single[i % single.length]!);
    if (i >= warmUps || i === single.length - 1) times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
  return { p50Ms: at(0.5), p95Ms: at(0.95), sentencesPerSecond: throughput(model, data) };
}

function throughput(model: Classifier, data: EncodedDataset): number {
  const batches = someBatches(data, throughputBatch, mostBatches);
  const [first] = batches;
  if (first === undefined) return 0;
  model.predict(first);
  const started = performance.now();
  let sentences = 0;
  const most = mostPasses * batches.length;
  for (let i = 0; i === 0 || (i < most && performance.now() - started < mostMs); i++) {
    const batch = batches[i % batches.length]!;
    model.predict(batch);
    sentences += batch.size;
  }
  return (1000 * sentences) / (performance.now() - started);
}

/** The first batches in a random order. */
function someBatches(data: EncodedDataset, size: number, most: number): DatasetBatch[] {
  const batches: DatasetBatch[] = [];
  for (const batch of trainingBatches(data, size, new Random(1))) {
    batches.push(batch);
    if (batches.length === most) break;
  }
  return batches;
}
