import type { ModelSpec, Tensor, Weights } from '../checkpoint/checkpoint.ts';
import { tensorsBelow } from '../checkpoint/tensorsBelow.ts';
import type { Engine } from '../engine/engine.ts';
import type { Matrix, Workspace } from '../engine/workspace.ts';
import type { Random } from '../random.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';
import { distil, type Teacher } from '../training/distillation.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import { DenseLayer } from './denseLayer.ts';
import { dropUnits, dropWords } from './dropout.ts';
import { Embedding } from './embedding.ts';
import { createEncoder } from './createEncoder.ts';
import { crossEntropy, logitGradient, probabilities } from './loss.ts';
import { binaryCrossEntropy, binaryGradient, targetsOf } from './multiLabelLoss.ts';
import type { Parameter } from './parameter.ts';
import type { TrainingOptions } from './trainingOptions.ts';

export interface Dropout {
  readonly units: number;
  readonly words: number;
  readonly random: Random;
}

const inferenceOptimizer: OptimizerSettings = { name: 'sgd' };

/** A text classifier that computes, and trains, what its ModelSpec says. */
export class Classifier {
  readonly spec: ModelSpec;
  readonly #engine: Engine;
  readonly #workspace: Workspace;
  readonly #embedding: Embedding;
  readonly #encoder: SentenceEncoder;
  /** The first one, and those of a graph. */
  readonly #embeddings: readonly Embedding[];
  readonly #layers: DenseLayer[];
  #dropped: (Matrix | undefined)[] = [];

  /**
   * @throws Error where weights and spec do not fit (a bug: readers check what comes from files).
   */
  constructor(
    engine: Engine,
    spec: ModelSpec,
    weights: Weights,
    optimizer: OptimizerSettings = inferenceOptimizer,
    options: TrainingOptions = {},
  ) {
    this.spec = spec;
    this.#engine = engine;
    const { embedding, body } = spec;
    const workspace = engine.workspace();
    this.#workspace = workspace;
    this.#embedding = new Embedding(workspace, embedding, weights, optimizer, options);
    const behind = options.trainable === 'factors' ? 'fixed' : optimizer;
    const ofTables = { optimizer, used: options.used };
    this.#encoder = createEncoder(workspace, this.#embedding, body, weights, behind, ofTables);
    this.#embeddings = [this.#embedding, ...(this.#encoder.embeddings ?? [])];
    let width = this.#encoder.width;
    this.#layers = body.hidden.map((units, i) => {
      const layer = new DenseLayer(workspace, `hidden_${i}`, width, units, 'relu', weights, behind);
      width = units;
      return layer;
    });
    const outputs = spec.head === 'sigmoid' ? 1 : spec.classes;
    this.#layers.push(
      new DenseLayer(workspace, 'head', width, outputs, spec.biasFree ? 'linear' : 'affine', weights, behind),
    );
  }

  /** Gives its memory back to the engine. Neither the model nor the weights that share its memory are to be used any more. */
  dispose(): void {
    this.#engine.release(this.#workspace);
  }

  /** Class probabilities, size x classes, until the next call. No dropout. */
  predict(batch: Batch): Matrix {
    return probabilities(this.#workspace, this.#forward(batch), this.spec.head);
  }

  /**
   * Before an epoch's first step: codings that change from epoch to epoch do so.
   *
   * @param epoch from 0
   * @returns false while the model is still larger than it is going to be, and so no result yet
   */
  beginEpoch(epoch: number, epochs: number): boolean {
    this.#workspace.begin();
    return this.#embedding.beginEpoch(epoch, epochs);
  }

  /**
   * One optimizer step on the mean cross-entropy of the batch; returns that loss before the step.
   * @param teacher whose predictions count, too: see distillation.ts
   */
  trainStep(batch: Batch, rate: number, dropout: Dropout, teacher?: Teacher): number {
    // A model that does not mask counts its padding as tokens, so none of it may go.
    const words = dropout.words > 0 && this.spec.masked;
    const seen = words ? dropWords(batch, dropout.words, dropout.random) : batch;
    const { head } = this.spec;
    const probability = probabilities(this.#workspace, this.#forward(seen, dropout), head);
    const { loss, gradient } = this.#lossOf(probability, batch);
    if (teacher !== undefined) distil(gradient, probability, batch, teacher, head);
    this.#encoder.backwardEmbedding(this.#backward(gradient));
    for (const embedding of this.#embeddings) embedding.update(rate);
    for (const parameter of this.#own()) parameter.update(rate);
    return loss;
  }

  /**
   * Gradients with respect to the tokens' embedding vectors, until the next call, for gradients of the logits that
   * `choose` makes from the model's predictions (size x outputs). No step is made.
   */
  vectorGradients(
    batch: Batch,
    choose: (probability: Matrix, workspace: Workspace) => Matrix,
  ): VectorGradient {
    const probability = probabilities(this.#workspace, this.#forward(batch), this.spec.head);
    return this.#backward(choose(probability, this.#workspace));
  }

  /** The weights as they are now. They share the model's memory: write or copy them before the next step. */
  weights(): Weights {
    return new Map<string, Tensor>(this.#parameters().flatMap((parameter) => parameter.weights()));
  }

  /** The same without the rows that are not used: what training may have changed. See `withTrained`. */
  trainedWeights(): Weights {
    return new Map<string, Tensor>(this.#parameters().flatMap((parameter) => parameter.trainedWeights()));
  }

  /** Moments, step counts and the like of every weight, for a later `restoreOptimizers`. */
  optimizerState(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const parameter of this.#parameters()) {
      for (const [part, tensor] of parameter.state()) state.set(`${parameter.name}/${part}`, tensor);
    }
    return state;
  }

  restoreOptimizers(state: ReadonlyMap<string, Tensor>): void {
    for (const parameter of this.#parameters()) parameter.restore(tensorsBelow(state, parameter.name));
  }

  /** The mean cross-entropy, and its gradient with respect to the logits. */
  #lossOf(probability: Matrix, batch: Batch): { readonly loss: number; readonly gradient: Matrix } {
    const { head, classes } = this.spec;
    const workspace = this.#workspace;
    if (head === 'multi-label') {
      const targets = targetsOf(batch, classes);
      const gradient = binaryGradient(workspace, probability, targets, 1 / targets.length);
      return { loss: binaryCrossEntropy(probability, targets), gradient };
    }
    return {
      loss: crossEntropy(probability, batch.labels),
      gradient: logitGradient(workspace, probability, batch.labels, head, 1 / batch.size),
    };
  }

  #forward(batch: Batch, dropout?: Dropout): Matrix {
    this.#workspace.begin();
    let values = this.#encoder.forward(batch, dropout?.random);
    this.#dropped = this.#layers.map((layer) => {
      let factors: Matrix | undefined;
      if (dropout !== undefined && dropout.units > 0) {
        ({ values, factors } = dropUnits(this.#workspace, values, dropout.units, dropout.random));
      }
      values = layer.forward(values);
      return factors;
    });
    return values;
  }

  #backward(gradient: Matrix): VectorGradient {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      gradient = this.#layers[i]!.backward(gradient);
      const factors = this.#dropped[i];
      if (factors === undefined) continue;
      this.#workspace.kernels.multiply(gradient.at, factors.at, gradient.rows * gradient.columns);
    }
    return this.#encoder.backward(gradient);
  }

  /** Those whose steps are taken whole, but B. */
  #own(): Parameter[] {
    return [...this.#encoder.parameters, ...this.#layers.flatMap((layer) => layer.parameters)];
  }

  #parameters(): Parameter[] {
    const tables = this.#embeddings.flatMap(({ table, factor }) => [table, ...(factor ? [factor] : [])]);
    return [...tables, ...this.#own()];
  }
}
