import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import type { Matrix } from '../engine/engine.ts';

/**
 * Class probabilities from the head's outputs, size x classes: a softmax over units, or for one sigmoid unit
 * (1 - p, p).
 */
export function probabilities(logits: Matrix, head: ModelSpec['head']): Matrix {
  const { rows, columns } = logits;
  if (head === 'sigmoid') {
    const data = new Float32Array(rows * 2);
    for (let r = 0; r < rows; r++) {
      const p = 1 / (1 + Math.exp(-logits.data[r]!));
      data[2 * r] = 1 - p;
      data[2 * r + 1] = p;
    }
    return { rows, columns: 2, data };
  }
  const data = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    let largest = -Infinity;
    for (let c = 0; c < columns; c++) largest = Math.max(largest, logits.data[from + c]!);
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += data[from + c] = Math.exp(logits.data[from + c]! - largest);
    for (let c = 0; c < columns; c++) data[from + c]! /= sum;
  }
  return { rows, columns, data };
}

/** The mean of -log p(label), from probabilities. */
export function crossEntropy(probability: Matrix, labels: Int32Array): number {
  let sum = 0;
  for (let r = 0; r < probability.rows; r++) {
    sum -= Math.log(Math.max(probability.data[r * probability.columns + labels[r]!]!, 1e-30));
  }
  return sum / probability.rows;
}

/** d(-log p(label)) / d logits of each sentence, times `scale`; the form is p - onehot for both heads. */
export function logitGradient(
  probability: Matrix,
  labels: Int32Array,
  head: ModelSpec['head'],
  scale: number,
): Matrix {
  const { rows, columns } = probability;
  if (head === 'sigmoid') {
    const data = new Float32Array(rows);
    for (let r = 0; r < rows; r++) data[r] = scale * (probability.data[2 * r + 1]! - labels[r]!);
    return { rows, columns: 1, data };
  }
  const data = probability.data.map((p) => p * scale);
  for (let r = 0; r < rows; r++) data[r * columns + labels[r]!]! -= scale;
  return { rows, columns, data };
}

/** The most probable class of each sentence, the first on ties. */
export function predictedClasses(probability: Matrix): Int32Array {
  const { rows, columns, data } = probability;
  const classes = new Int32Array(rows);
  for (let r = 0; r < rows; r++) {
    let best = 0;
    for (let c = 1; c < columns; c++) if (data[r * columns + c]! > data[r * columns + best]!) best = c;
    classes[r] = best;
  }
  return classes;
}
