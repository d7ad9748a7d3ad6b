import { wholeTables } from '../checkpoint/graph/tables.ts';
import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import { GradientCovariance } from '../embedding/taskMetric.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Classifier } from '../model/classifier.ts';
import { logitGradient } from '../model/loss.ts';
import { binaryGradient } from '../model/multiLabelLoss.ts';
import { Random } from '../random.ts';
import { evaluationBatches, trainingBatches } from '../text/batches.ts';
import type { EncodedDataset } from '../text/encoded.ts';
import type { Pause } from './pause.ts';

/** Up to so many classes each gets a pass of its own and the sum is exact; beyond, the labels of a sentence are drawn. */
const exactClasses = 6;
const batchSize = 256;

/**
 * G = sum over the training tokens of g g^T, n x n, with g the gradient of the log-likelihood with respect to the
 * token's embedding vector and labels from the model's own prediction: the Fisher information of the embedding
 * space, shared by all words (as K-FAC shares a layer's; Martens and Grosse, ICML 2015).
 *
 * @param sentences that it is estimated from, rounded up to whole batches
 */
export async function taskGradientCovariance(
  model: Classifier,
  train: EncodedDataset,
  seed: number,
  pause: Pause,
  sentences = Infinity,
): Promise<Float64Array> {
  return (await taskGradientCovariances(model, train, seed, pause, sentences)).get('embedding')!;
}

/** That of each of the model's tables, by its name. A further one that is factorized has none. */
export async function taskGradientCovariances(
  model: Classifier,
  train: EncodedDataset,
  seed: number,
  pause: Pause,
  sentences = Infinity,
): Promise<ReadonlyMap<string, Float64Array>> {
  const { classes, embedding, body, head } = model.spec;
  const covariance = new GradientCovariance(embedding.dimension);
  const others = new Map(
    wholeTables(body).map(({ name, dimension }) => [name, new GradientCovariance(dimension)]),
  );
  const random = new Random(seed, 4);
  const choices: ((probability: Matrix, workspace: Workspace) => Matrix)[] =
    classes <= exactClasses
      ? Array.from(
          { length: classes },
          (_, label) => (probability, workspace) => expectedGradient(workspace, probability, label, head),
        )
      : [(probability, workspace) => drawnGradient(workspace, probability, head, random)];
  // The order of training is a random one, so that its first sentences are a sample.
  const batches =
    sentences < train.sentences
      ? trainingBatches(train, batchSize, new Random(seed, 5))
      : evaluationBatches(train, batchSize);
  let seen = 0;
  for (const batch of batches) {
    if (seen >= sentences) break;
    seen += batch.size;
    for (const choose of choices) {
      const { gradient, weights, further } = model.vectorGradients(batch, choose);
      covariance.add(gradient.data, weights);
      for (const [name, other] of others) other.add(further!.get(name)!.data);
      await pause();
    }
  }
  return new Map([
    ['embedding', covariance.matrix],
    ...[...others].map(([name, { matrix }]) => [name, matrix] as const),
  ]);
}

/** The gradient for labels drawn with the model's own probabilities. */
function drawnGradient(
  workspace: Workspace,
  probability: Matrix,
  head: ModelSpec['head'],
  random: Random,
): Matrix {
  if (head !== 'multi-label') {
    return logitGradient(workspace, probability, drawLabels(probability, random), head, 1);
  }
  const targets = Uint8Array.from(probability.data, (p) => (random.uniform() < p ? 1 : 0));
  return binaryGradient(workspace, probability, targets, 1);
}

/**
 * The gradient for one label, times sqrt(p(label)), so that g g^T carries the label's probability. Where a sentence may
 * have several labels, each is drawn by itself, and the sum over its both outcomes is that of one gradient, of length
 * sqrt(p (1 - p)) at the label's logit.
 */
function expectedGradient(
  workspace: Workspace,
  probability: Matrix,
  label: number,
  head: ModelSpec['head'],
): Matrix {
  if (head === 'multi-label') {
    const { rows, columns, data } = probability;
    const only = workspace.zeros(rows, columns);
    for (let at = label; at < data.length; at += columns)
      only.data[at] = Math.sqrt(data[at]! * (1 - data[at]!));
    return only;
  }
  const labels = new Int32Array(probability.rows).fill(label);
  const gradient = logitGradient(workspace, probability, labels, head, 1);
  const [shares, data] = [probability.data, gradient.data];
  for (let r = 0; r < gradient.rows; r++) {
    const share = Math.sqrt(shares[r * probability.columns + label]!);
    for (let c = 0; c < gradient.columns; c++) data[r * gradient.columns + c]! *= share;
  }
  return gradient;
}

/** One label a sentence, with the model's own probabilities. */
function drawLabels({ rows, columns, data }: Matrix, random: Random): Int32Array {
  return Int32Array.from({ length: rows }, (_, r) => {
    let left = random.uniform();
    for (let c = 0; c < columns - 1; c++) {
      left -= data[r * columns + c]!;
      if (left < 0) return c;
    }
    return columns - 1;
  });
}
