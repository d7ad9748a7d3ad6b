import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Batch } from '../text/encoded.ts';

/** For a sentence of any labels at once, or none: 1 for each class that it has, size x classes, row by row. */
export function targetsOf(
  { labels, labelSets }: Pick<Batch, 'labels' | 'labelSets'>,
  classes: number,
): Uint8Array {
  if (labelSets === undefined) throw new Error('Sentences of several labels have sets of them.');
  const targets = new Uint8Array(labels.length * classes);
  labels.forEach((set, r) => {
    for (const label of labelSets[set]!) targets[r * classes + label] = 1;
  });
  return targets;
}

/** The mean over sentences and classes of -log p(target), as Keras's binary_crossentropy. */
export function binaryCrossEntropy({ data }: Matrix, targets: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < targets.length; i++) {
    const p = targets[i] === 1 ? data[i]! : 1 - data[i]!;
    sum -= Math.log(Math.max(p, 1e-30));
  }
  return sum / targets.length;
}

/** Its gradient with respect to the logits, times `scale`: p - target. */
export function binaryGradient(
  workspace: Workspace,
  probability: Matrix,
  targets: Uint8Array,
  scale: number,
): Matrix {
  const result = workspace.matrix(probability.rows, probability.columns);
  const [values, data] = [probability.data, result.data];
  for (let i = 0; i < data.length; i++) data[i] = scale * (values[i]! - targets[i]!);
  return result;
}

/** Which classes a model gives a sentence: those of a probability above 0.5, 1 for each, as `targetsOf`. */
export function decisionsOf({ data }: Matrix): Uint8Array {
  return Uint8Array.from(data, (p) => (isGiven(p) ? 1 : 0));
}

/** Whether a model gives a class of that probability, with the threshold of Keras's binary_accuracy. */
export function isGiven(probability: number): boolean {
  return probability > 0.5;
}
