import { Classifier } from '../../../src/core/model/classifier.ts';
import { Random } from '../../../src/core/random.ts';
import { evaluationBatches } from '../../../src/core/text/batches.ts';
import { MemoryDataset } from '../../../src/core/text/encoded.ts';
import type { Measures } from '../lineWorker.ts';
import { median } from '../median.ts';
import { engineOf, newModel, once, sentences, type ModelRequest } from './model.ts';

export interface PredictRequest extends ModelRequest {
  /** Sentences a batch. */
  readonly size: number;
}

const singleSentences = 500;
/** Each batch counts with the median of so many. */
const passes = 5;

/** Microseconds of the median batch, and sentences a second over all of them. */
export function predict(request: PredictRequest): Measures {
  const engine = engineOf(request.engine);
  const { model, batches, count } = once(JSON.stringify(request), () => {
    const { spec, weights } = newModel(request);
    const test = sentences(request.folder, 'test');
    const chosen = request.size === 1 ? some(test, singleSentences) : test;
    return {
      model: new Classifier(engine, spec, weights),
      batches: [...evaluationBatches(chosen, request.size)],
      count: chosen.sentences,
    };
  });
  const times = batches.map((batch) =>
    median(
      Array.from({ length: passes }, () => {
        const started = performance.now();
        model.predict(batch);
        return performance.now() - started;
      }),
    ),
  );
  const total = times.reduce((sum, time) => sum + time, 0);
  return { microseconds: 1000 * median(times), rate: (1000 * count) / total };
}

/** So many sentences, drawn. */
function some({ chunk }: MemoryDataset, count: number): MemoryDataset {
  const chosen = new Random(1).permutation(chunk.labels.length).subarray(0, count);
  const texts = Array.from(chosen, (i) => [...chunk.ids.subarray(chunk.offsets[i], chunk.offsets[i + 1])]);
  const offsets = new Int32Array(count + 1);
  texts.forEach((ids, i) => (offsets[i + 1] = (offsets[i] ?? 0) + ids.length));
  const ids = Int32Array.from(texts.flat());
  return new MemoryDataset({ ...chunk, ids, offsets, labels: chunk.labels.slice(0, count) });
}
