import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';

/**
 * Class probabilities from the head's outputs, size x classes: a softmax over units, for one sigmoid unit (1 - p, p), or
 * a sigmoid of each unit, as the head says.
 */
export function probabilities(workspace: Workspace, logits: Matrix, head: ModelSpec['head']): Matrix {
  const { rows, columns } = logits;
  const result = workspace.matrix(rows, head === 'sigmoid' ? 2 : columns);
  const [values, data] = [logits.data, result.data];
  if (head === 'sigmoid') {
    for (let r = 0; r < rows; r++) {
      const p = 1 / (1 + Math.exp(-values[r]!));
      data[2 * r] = 1 - p;
      data[2 * r + 1] = p;
    }
    return result;
  }
  if (head === 'multi-label') {
    for (let i = 0; i < data.length; i++) data[i] = 1 / (1 + Math.exp(-values[i]!));
    return result;
  }
  for (let r = 0; r < rows; r++) {
    const from = r * columns;
    let largest = -Infinity;
    for (let c = 0; c < columns; c++) largest = Math.max(largest, values[from + c]!);
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += data[from + c] = Math.exp(values[from + c]! - largest);
    for (let c = 0; c < columns; c++) data[from + c]! /= sum;
  }
  return result;
}

/** The mean of -log p(label), from probabilities. */
export function crossEntropy({ rows, columns, data }: Matrix, labels: Int32Array): number {
  let sum = 0;
  for (let r = 0; r < rows; r++) sum -= Math.log(Math.max(data[r * columns + labels[r]!]!, 1e-30));
  return sum / rows;
}

/** d(-log p(label)) / d logits of each sentence of one label, times `scale`; the form is p - onehot for all heads. */
export function logitGradient(
  workspace: Workspace,
  probability: Matrix,
  labels: Int32Array,
  head: ModelSpec['head'],
  scale: number,
): Matrix {
  const { rows, columns } = probability;
  const result = workspace.matrix(rows, head === 'sigmoid' ? 1 : columns);
  const [values, data] = [probability.data, result.data];
  if (head === 'sigmoid') {
    for (let r = 0; r < rows; r++) data[r] = scale * (values[2 * r + 1]! - labels[r]!);
    return result;
  }
  for (let i = 0; i < data.length; i++) data[i] = scale * values[i]!;
  for (let r = 0; r < rows; r++) data[r * columns + labels[r]!]! -= scale;
  return result;
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
