import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import type { Classifier } from '../model/classifier.ts';
import { predictedClasses } from '../model/loss.ts';
import { decisionsOf, targetsOf } from '../model/multiLabelLoss.ts';
import { evaluationBatches } from '../text/batches.ts';
import type { DatasetBatch, EncodedDataset } from '../text/encoded.ts';
import { countInto, emptyConfusion } from './metrics.ts';

/** Sentences scored at once; results do not depend on it. */
const batchSize = 256;

/**
 * What a model predicts of a batch. Where a sentence has one class these are classes, one a sentence; where it may have
 * several, decisions, 1 or 0 for each of its classes.
 */
export interface Predictions {
  readonly batch: DatasetBatch;
  readonly actual: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** The predictions for every sentence, batch by batch. */
export async function* predictDataset(
  model: Classifier,
  data: EncodedDataset,
  pause: () => Promise<void>,
): AsyncGenerator<Predictions> {
  for (const batch of evaluationBatches(data, batchSize)) {
    yield { batch, ...predictionsOf(model, batch) };
    await pause();
  }
}

/** The same for one batch. */
export function predictionsOf(model: Classifier, batch: DatasetBatch): Omit<Predictions, 'batch'> {
  const { head, classes } = model.spec;
  const probability = model.predict(batch);
  return head === 'multi-label'
    ? { actual: targetsOf(batch, classes), predicted: decisionsOf(probability) }
    : { actual: batch.labels, predicted: predictedClasses(probability) };
}

/** How many predictions a sentence has. */
export function predictionsEach({ head, classes }: ModelSpec): number {
  return head === 'multi-label' ? classes : 1;
}

/** How many values a prediction may have, the sides of the confusion matrix. */
export function outcomesOf({ head, classes }: ModelSpec): number {
  return head === 'multi-label' ? 2 : classes;
}

/**
 * The confusion matrix of the model on the data. Where a sentence may have several classes it is that of all decisions,
 * 2 x 2, so that its accuracy is the share of right ones: Keras's binary_accuracy.
 */
export async function evaluate(
  model: Classifier,
  data: EncodedDataset,
  pause: () => Promise<void>,
): Promise<number[][]> {
  const confusion = emptyConfusion(outcomesOf(model.spec));
  for await (const { actual, predicted } of predictDataset(model, data, pause)) {
    countInto(confusion, actual, predicted);
  }
  return confusion;
}
