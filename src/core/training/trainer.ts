import type { Tensor } from '../checkpoint/checkpoint.ts';
import { tensorsBelow } from '../checkpoint/tensorsBelow.ts';
import type { Classifier } from '../model/classifier.ts';
import { Random } from '../random.ts';
import type { TrainingSettings } from '../recipe/recipe.ts';
import type { SavedState } from '../sweep/runner.ts';
import { trainingBatchCount, trainingBatches } from '../text/batches.ts';
import type { EncodedDataset } from '../text/encoded.ts';
import { evaluate } from './evaluate.ts';
import { accuracy } from './metrics.ts';
import type { Teacher } from './distillation.ts';
import type { Pause } from './pause.ts';
import { createSchedule } from './schedule.ts';

export interface StepReport {
  readonly step: number;
  readonly epoch: number;
  readonly rate: number;
  readonly loss: number;
}

export interface EpochReport {
  /** Epochs finished, from 1. */
  readonly epoch: number;
  /** Mean over its steps. */
  readonly loss: number;
  readonly validationAccuracy: number;
  /** Higher than that of every epoch before. */
  readonly best: boolean;
  readonly seconds: number;
}

/** The progress of a training that a SavedState holds beside the tensors. */
interface Progress {
  readonly epochsDone: number;
  readonly iteration: number;
  readonly bestEpoch: number;
  readonly bestAccuracy: number;
}

/**
 * Trains a classifier epoch by epoch and remembers which epoch validated best: the earliest on ties, where epoch 0 is
 * the state before the first step, and none while a coding is still larger than it is going to be. All randomness of an
 * epoch comes from the seed and the epoch's number, so a training that goes on from its saved state gives what an
 * undisturbed one does.
 */
export class Trainer {
  readonly #model: Classifier;
  readonly #settings: TrainingSettings;
  readonly #train: EncodedDataset;
  readonly #validation: EncodedDataset;
  readonly #seed: number;
  readonly #pause: Pause;
  readonly #teacher: Teacher | undefined;
  readonly #rateAt: (iteration: number, epoch: number) => number;
  #progress: Progress = { epochsDone: 0, iteration: 0, bestEpoch: 0, bestAccuracy: -1 };

  constructor(options: {
    readonly model: Classifier;
    readonly settings: TrainingSettings;
    readonly train: EncodedDataset;
    readonly validation: EncodedDataset;
    readonly seed: number;
    readonly pause: Pause;
    readonly teacher?: Teacher | undefined;
  }) {
    this.#model = options.model;
    this.#settings = options.settings;
    this.#train = options.train;
    this.#validation = options.validation;
    this.#seed = options.seed;
    this.#pause = options.pause;
    this.#teacher = options.teacher;
    const iterations = trainingBatchCount(options.train.sentences, options.settings.batchSize);
    this.#rateAt = createSchedule(options.settings.schedule, iterations);
  }

  get epochsDone(): number {
    return this.#progress.epochsDone;
  }

  get bestEpoch(): number {
    return this.#progress.bestEpoch;
  }

  get bestAccuracy(): number {
    return this.#progress.bestAccuracy;
  }

  /** Validation accuracy of the model as it is, in [0,1]. */
  async validate(): Promise<number> {
    return accuracy(await evaluate(this.#model, this.#validation, this.#pause));
  }

  /** Counts the model before training as epoch 0. */
  acceptStart(validationAccuracy: number): void {
    this.#progress = { ...this.#progress, bestEpoch: 0, bestAccuracy: validationAccuracy };
  }

  /** One pass over the training data and one over the validation data. */
  async epoch(report: (step: StepReport) => void): Promise<EpochReport> {
    const started = this.#pause.now();
    const epoch = this.#progress.epochsDone;
    const { epochs, batchSize, dropout, wordDropout } = this.#settings;
    const order = new Random(this.#seed, 2, epoch);
    const drop = { units: dropout, words: wordDropout, random: new Random(this.#seed, 3, epoch) };
    const small = this.#model.beginEpoch(epoch, epochs);
    let iteration = this.#progress.iteration;
    let sum = 0;
    let steps = 0;
    for (const batch of trainingBatches(this.#train, batchSize, order)) {
      const rate = this.#rateAt(iteration, epoch);
      const loss = this.#model.trainStep(batch, rate, drop, this.#teacher);
      sum += loss;
      steps++;
      report({ step: iteration, epoch, rate, loss });
      iteration++;
      await this.#pause();
    }
    const validationAccuracy = await this.validate();
    const best = small && validationAccuracy > this.#progress.bestAccuracy;
    this.#progress = {
      epochsDone: epoch + 1,
      iteration,
      bestEpoch: best ? epoch + 1 : this.#progress.bestEpoch,
      bestAccuracy: best ? validationAccuracy : this.#progress.bestAccuracy,
    };
    const seconds = (this.#pause.now() - started) / 1000;
    return { epoch: epoch + 1, loss: sum / steps, validationAccuracy, best, seconds };
  }

  /** What `restore` needs, as it is now. */
  state(): SavedState {
    const tensors = new Map<string, Tensor>();
    for (const [name, tensor] of this.#model.trainedWeights()) tensors.set(`weights/${name}`, tensor);
    for (const [name, tensor] of this.#model.optimizerState()) tensors.set(`optimizer/${name}`, tensor);
    return { tensors, meta: { ...this.#progress } };
  }

  /** Goes on where another one is, with its moments but for those of the embedding, which begin anew. */
  goOnFrom(other: Trainer): void {
    const { tensors, meta } = other.state();
    const kept = [...tensors].filter(([name]) => !name.startsWith('optimizer/embedding/'));
    this.restore({ tensors: new Map([...this.state().tensors, ...kept]), meta });
  }

  /** Goes on from a state; the model must have been built with its weights (`weightsOfState`, `withTrained`). */
  restore(state: SavedState): void {
    this.#progress = state.meta as unknown as Progress;
    this.#model.restoreOptimizers(tensorsBelow(state.tensors, 'optimizer'));
  }
}

/** The model's weights in a saved state, as `Classifier.trainedWeights` gives them. */
export function weightsOfState(state: SavedState): Map<string, Tensor> {
  return tensorsBelow(state.tensors, 'weights');
}
