import type { Classifier } from '../model/classifier.ts';
import { predictedClasses } from '../model/loss.ts';
import { evaluationBatches } from '../text/batches.ts';
import { sentenceCount, type EncodedDataset } from '../text/encoded.ts';
import { confusionMatrix } from './metrics.ts';
import type { Pause } from './pause.ts';

/** Sentences scored at once; results do not depend on it. */
const batchSize = 256;

/** The predicted class of every sentence, in the dataset's order. */
export async function predictDataset(
  model: Classifier,
  data: EncodedDataset,
  pause: Pause,
): Promise<Int32Array> {
  const predicted = new Int32Array(sentenceCount(data));
  for (const batch of evaluationBatches(data, batchSize)) {
    const classes = predictedClasses(model.predict(batch));
    batch.sentences.forEach((sentence, i) => {
      predicted[sentence] = classes[i]!;
    });
    await pause();
  }
  return predicted;
}

/** The confusion matrix of the model on the data. */
export async function evaluate(model: Classifier, data: EncodedDataset, pause: Pause): Promise<number[][]> {
  return confusionMatrix(data.labels, await predictDataset(model, data, pause), model.spec.classes);
}
