import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import type { Matrix } from '../engine/workspace.ts';
import type { Classifier } from '../model/classifier.ts';
import type { DistillationSettings } from '../recipe/recipe.ts';
import { evaluationBatches } from '../text/batches.ts';
import { sentenceCount, type EncodedDataset } from '../text/encoded.ts';
import type { Pause } from './pause.ts';

/** What a teacher says of every training sentence, softened. */
export interface SoftTargets extends DistillationSettings {
  /** softmax(z/T), sentences x classes, in the dataset's order. */
  readonly softened: Float32Array;
}

const batchSize = 256;

/** The teacher's softened predictions of a data set, for a student to learn from (Hinton et al., 2015). */
export async function softTargets(
  teacher: Classifier,
  data: EncodedDataset,
  settings: DistillationSettings,
  pause: Pause,
): Promise<SoftTargets> {
  const { classes } = teacher.spec;
  const softened = new Float32Array(sentenceCount(data) * classes);
  for (const batch of evaluationBatches(data, batchSize)) {
    const probability = soften(teacher.predict(batch), settings.temperature);
    batch.sentences.forEach((sentence, i) => {
      softened.set(probability.subarray(i * classes, (i + 1) * classes), sentence * classes);
    });
    await pause();
  }
  return { ...settings, softened };
}

/**
 * Makes the logits' gradient of the cross-entropy that of (1 - w) CE(y, p) + w T^2 CE(q_T, p_T), with q_T the teacher's
 * and p_T the student's softened probabilities: (1 - w)(p - y) + w T (p_T - q_T).
 *
 * @param gradient of the mean cross-entropy, size x outputs, which is changed
 * @param probability the student's p, size x classes
 * @param sentences positions of the batch's sentences in the teacher's data set
 */
export function distil(
  gradient: Matrix,
  probability: Matrix,
  sentences: Uint32Array,
  { softened, temperature, weight }: SoftTargets,
  head: ModelSpec['head'],
): void {
  const { rows, columns: classes } = probability;
  const student = soften(probability, temperature);
  const data = gradient.data;
  const { columns } = gradient;
  // The one unit of a sigmoid is the logit of class 1.
  const first = head === 'sigmoid' ? 1 : 0;
  for (let r = 0; r < rows; r++) {
    const target = sentences[r]! * classes + first;
    for (let c = 0; c < columns; c++) {
      const soft = (temperature * (student[r * classes + first + c]! - softened[target + c]!)) / rows;
      data[r * columns + c] = (1 - weight) * data[r * columns + c]! + weight * soft;
    }
  }
}

/** softmax(z/T) from softmax(z): p^(1/T), made to sum to 1 again. */
function soften({ rows, columns, data }: Matrix, temperature: number): Float32Array {
  const softened = data.map((value) => value ** (1 / temperature));
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += softened[r * columns + c]!;
    for (let c = 0; c < columns; c++) softened[r * columns + c]! /= sum;
  }
  return softened;
}
