import type { ModelSpec, Tensor, Weights } from '../checkpoint/checkpoint.ts';
import type { Engine, Matrix, Variable } from '../engine/engine.ts';
import type { Random } from '../random.ts';
import type { OptimizerSettings } from '../recipe/recipe.ts';
import type { Batch } from '../text/encoded.ts';
import { AverageEncoder } from './averageEncoder.ts';
import type { SentenceEncoder, VectorGradient } from './body.ts';
import { DenseLayer } from './denseLayer.ts';
import { dropUnits, dropWords } from './dropout.ts';
import { Embedding } from './embedding.ts';
import { LstmEncoder } from './lstmEncoder.ts';
import { crossEntropy, logitGradient, probabilities } from './loss.ts';

export interface Dropout {
  readonly units: number;
  readonly words: number;
  readonly random: Random;
}

const inferenceOptimizer: OptimizerSettings = { name: 'sgd' };

/** A text classifier that computes, and trains, what its ModelSpec says. */
export class Classifier {
  readonly spec: ModelSpec;
  readonly #embedding: Embedding;
  readonly #encoder: SentenceEncoder;
  readonly #layers: DenseLayer[];
  #dropped: (Float32Array | undefined)[] = [];

  /** @throws Error where weights and spec do not fit (a bug: readers check what comes from files). */
  constructor(
    engine: Engine,
    spec: ModelSpec,
    weights: Weights,
    optimizer: OptimizerSettings = inferenceOptimizer,
  ) {
    this.spec = spec;
    const { embedding, body } = spec;
    this.#embedding = new Embedding(engine, embedding, weights, optimizer);
    this.#encoder =
      body.kind === 'dan'
        ? new AverageEncoder(this.#embedding, embedding.dimension)
        : new LstmEncoder(engine, this.#embedding, embedding.dimension, body, weights, optimizer);
    let width = this.#encoder.width;
    this.#layers = body.hidden.map((units, i) => {
      const layer = new DenseLayer(engine, `hidden_${i}`, width, units, true, weights, optimizer);
      width = units;
      return layer;
    });
    const outputs = spec.head === 'sigmoid' ? 1 : spec.classes;
    this.#layers.push(new DenseLayer(engine, 'head', width, outputs, false, weights, optimizer));
  }

  #forward(batch: Batch, dropout?: Dropout): Matrix {
    let values = this.#encoder.forward(batch);
    this.#dropped = this.#layers.map((layer) => {
      let factors: Float32Array | undefined;
      if (dropout !== undefined && dropout.units > 0) {
        // A layer keeps its output for the way back, so what is dropped is a copy.
        values = { ...values, data: values.data.slice() };
        factors = dropUnits(values, dropout.units, dropout.random);
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
      if (factors !== undefined) {
        for (let j = 0; j < factors.length; j++) gradient.data[j]! *= factors[j]!;
      }
    }
    return this.#encoder.backward(gradient);
  }

  /** Class probabilities, size x classes. No dropout. */
  predict(batch: Batch): Matrix {
    return probabilities(this.#forward(batch), this.spec.head);
  }

  /** One optimizer step on the mean cross-entropy of the batch; returns that loss before the step. */
  trainStep(batch: Batch, rate: number, dropout: Dropout): number {
    // A model that does not mask counts its padding as tokens, so none of it may go.
    const words = dropout.words > 0 && this.spec.masked;
    const seen = words ? dropWords(batch, dropout.words, dropout.random) : batch;
    const probability = probabilities(this.#forward(seen, dropout), this.spec.head);
    const loss = crossEntropy(probability, batch.labels);
    const gradient = logitGradient(probability, batch.labels, this.spec.head, 1 / batch.size);
    this.#encoder.backwardEmbedding(this.#backward(gradient));
    this.#embedding.update(rate);
    this.#encoder.update(rate);
    for (const layer of this.#layers) layer.update(rate);
    return loss;
  }

  /**
   * Gradients with respect to the tokens' embedding vectors, for gradients of the logits that `choose` makes from
   * the model's predictions (size x outputs). No step is made.
   */
  vectorGradients(batch: Batch, choose: (probability: Matrix) => Matrix): VectorGradient {
    const probability = probabilities(this.#forward(batch), this.spec.head);
    return this.#backward(choose(probability));
  }

  #variables(): [string, Variable][] {
    return [
      ...this.#embedding.variables(),
      ...this.#encoder.variables(),
      ...this.#layers.flatMap((layer) => layer.variables()),
    ];
  }

  /** The weights as they are now; the table's memory is the model's own, so write or copy it before the next step. */
  weights(): Weights {
    return new Map<string, Tensor>([
      ...this.#embedding.weights(),
      ...this.#encoder.weights(),
      ...this.#layers.flatMap((layer) => layer.weights()),
    ]);
  }

  /** Moments and step counts of every weight, for a later `restoreOptimizers`. */
  optimizerState(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    const add = (prefix: string, part: ReadonlyMap<string, Tensor>): void => {
      for (const [name, tensor] of part) state.set(`${prefix}/${name}`, tensor);
    };
    add('embedding/rows', this.#embedding.rowOptimizer.state());
    for (const [name, variable] of this.#variables()) add(name, variable.state());
    return state;
  }

  restoreOptimizers(state: ReadonlyMap<string, Tensor>): void {
    const part = (prefix: string): Map<string, Tensor> =>
      new Map(
        [...state]
          .filter(([name]) => name.startsWith(`${prefix}/`))
          .map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]),
      );
    this.#embedding.rowOptimizer.restore(part('embedding/rows'));
    for (const [name, variable] of this.#variables()) variable.restore(part(name));
  }

  dispose(): void {
    for (const [, variable] of this.#variables()) variable.dispose();
  }
}
