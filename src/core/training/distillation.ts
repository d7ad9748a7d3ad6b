import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import type { Matrix } from '../engine/workspace.ts';
import type { Classifier } from '../model/classifier.ts';
import type { DistillationSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';

/** A model whose predictions another one learns from (Hinton et al., 2015). */
export interface Teacher extends DistillationSettings {
  readonly model: Pick<Classifier, 'predict'>;
}

/**
 * Makes the logits' gradient of the cross-entropy that of (1 - w) CE(y, p) + w T^2 CE(q_T, p_T), with q_T the teacher's
 * and p_T the student's softened probabilities: (1 - w)(p - y) + w T (p_T - q_T). Where a sentence may have several
 * classes, each of them is a distribution of its own, and the loss their mean.
 *
 * @param gradient of the mean cross-entropy, size x outputs, which is changed
 * @param probability the student's p, size x classes
 * @param batch as it is, without dropout
 */
export function distil(
  gradient: Matrix,
  probability: Matrix,
  batch: Batch,
  { model, temperature, weight }: Teacher,
  head: ModelSpec['head'],
): void {
  const { rows, columns: classes } = probability;
  const { columns } = gradient;
  const own = head === 'multi-label';
  const [target, student] = [model.predict(batch), probability].map((of) =>
    own ? softenEach(of, temperature) : soften(of, temperature),
  ) as [Float32Array, Float32Array];
  const terms = own ? rows * columns : rows;
  const data = gradient.data;
  // The one unit of a sigmoid is the logit of class 1.
  const first = head === 'sigmoid' ? 1 : 0;
  for (let r = 0; r < rows; r++) {
    const at = r * classes + first;
    for (let c = 0; c < columns; c++) {
      const soft = (temperature * (student[at + c]! - target[at + c]!)) / terms;
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

/** sigmoid(z/T) from sigmoid(z), number by number. */
function softenEach({ data }: Matrix, temperature: number): Float32Array {
  return data.map((p) => {
    const [yes, no] = [p ** (1 / temperature), (1 - p) ** (1 / temperature)];
    return yes / (yes + no);
  });
}
