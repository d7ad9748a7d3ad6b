import type { Classifier } from '../model/classifier.ts';
import { predictedClasses } from '../model/loss.ts';
import { evaluationBatches } from '../text/batches.ts';
import type { DatasetBatch, EncodedDataset } from '../text/encoded.ts';
import { countInto, emptyConfusion } from './metrics.ts';

/** Sentences scored at once; results do not depend on it. */
const batchSize = 256;

/** The predicted class of every sentence, batch by batch. */
export async function* predictDataset(
  model: Classifier,
  data: EncodedDataset,
  pause: () => Promise<void>,
): AsyncGenerator<{ readonly batch: DatasetBatch; readonly predicted: Int32Array }> {
  for (const batch of evaluationBatches(data, batchSize)) {
    yield { batch, predicted: predictedClasses(model.predict(batch)) };
    await pause();
  }
}

/** The confusion matrix of the model on the data. */
export async function evaluate(
  model: Classifier,
  data: EncodedDataset,
  pause: () => Promise<void>,
): Promise<number[][]> {
  const confusion = emptyConfusion(model.spec.classes);
  for await (const { batch, predicted } of predictDataset(model, data, pause)) {
    countInto(confusion, batch.labels, predicted);
  }
  return confusion;
}
