import type { ModelSpec, Weights } from '../checkpoint/checkpoint.ts';
import { furtherTables } from '../checkpoint/graph/tables.ts';
import { encodeEmbedding } from '../compression/encodeEmbedding.ts';
import { withFactors } from '../compression/methods/lowRank.ts';
import type { Engine } from '../engine/engine.ts';
import { Classifier } from '../model/classifier.ts';
import { initialWeights } from '../model/initialize.ts';
import { predictedClasses } from '../model/loss.ts';
import { Random } from '../random.ts';
import type { TrainingSettings } from '../recipe/recipe.ts';
import type { PreparedData } from '../sweep/prepare.ts';
import { evaluationBatches, trainingBatchCount, trainingBatches } from '../text/batches.ts';

/** The first steps of a process are slow: its code is compiled in them. */
const warmUpSteps = 5;
const measuredSteps = 15;
const measuredMs = 2000;
const evaluationBatch = 256;

/** How fast a model is trained and tested. */
export interface Pace {
  /** Seconds of an epoch's steps. */
  readonly steps: number;
  /** Seconds of classifying one of many sentences. */
  readonly sentence: number;
}

/**
 * From the median of a few steps of a model with random weights.
 *
 * @param spec a dense or factorized model
 */
export function measurePace(
  engine: Engine,
  spec: ModelSpec,
  settings: TrainingSettings,
  { train, validation, used }: Pick<PreparedData, 'train' | 'validation' | 'used'>,
): Pace {
  const model = new Classifier(engine, spec, randomWeights(spec), settings.optimizer, {
    trainable: settings.trainable,
    used,
  });
  const random = new Random(1);
  const drop = { units: settings.dropout, words: settings.wordDropout, random };
  const step = medianMs(trainingBatches(train, settings.batchSize, random), (batch) => {
    model.trainStep(batch, 1e-3, drop);
  });
  const steps = trainingBatchCount(train.sentences, settings.batchSize);
  const predict = medianMs(evaluationBatches(validation, evaluationBatch), (batch) => {
    predictedClasses(model.predict(batch));
  });
  const batch = Math.max(1, Math.min(evaluationBatch, validation.sentences));
  return { steps: (step * steps) / 1000, sentence: predict / batch / 1000 };
}

/** The median of the work on the first items, in ms, without those that warm up where there are more. */
function medianMs<T>(items: Iterable<T>, work: (item: T) => void): number {
  const times: number[] = [];
  const end = performance.now() + measuredMs;
  for (const item of items) {
    const started = performance.now();
    work(item);
    times.push(performance.now() - started);
    if (times.length >= warmUpSteps + measuredSteps || performance.now() > end) break;
  }
  const warm = (times.length > warmUpSteps ? times.slice(warmUpSteps) : times).sort((a, b) => a - b);
  return warm[Math.floor(warm.length / 2)] ?? 0;
}

/** Of a model to measure. */
export function randomWeights(spec: ModelSpec): Weights {
  const { rows, dimension, rank, coding } = spec.embedding;
  const dense = { ...spec, embedding: { rows, dimension } };
  const random = new Random(2);
  const values = (length: number): Float32Array => Float32Array.from({ length }, () => 0.1 * random.normal());
  const weights = initialWeights(dense, values(rows * dimension), 1);
  for (const { prefix } of furtherTables(spec.body)) {
    for (const part of ['table', 'A', 'B']) {
      const tensor = weights.get(`${prefix}/${part}`);
      tensor?.data.set(values(tensor.data.length));
    }
  }
  const model = { spec: dense, weights };
  const uncoded =
    rank === undefined
      ? model
      : withFactors(model, { A: values(rows * rank), B: values(rank * dimension), rank });
  return coding === undefined ? uncoded.weights : encodeEmbedding(uncoded, coding, random).weights;
}
