/** What is computed about models beside their training; types only, shared with the pages that show it. */
import type { Prediction } from '../model/predictor.ts';

/** What each rank keeps of an embedding table of m rows and n columns, rank k at index k - 1. */
export interface SpectrumReport {
  /** m */
  readonly rows: number;
  /** n */
  readonly dimension: number;
  /** Of W, descending, min(m, n) of them: the metric `spectrum`. */
  readonly singularValues: readonly number[];
  /**
   * Eigenvalues of G^(1/2) W^T W G^(1/2), descending: the metric `task`. Absent where there are no training sentences
   * to take the gradients of.
   */
  readonly taskEigenvalues?: readonly number[];
  /** Of W^T D W, D the words' counts in the training data: the metric `frequency`, where it is asked for. */
  readonly frequencyEigenvalues?: readonly number[];
  /** Of G^(1/2) W^T D W G^(1/2): the metric `task-frequency`, where it is asked for. */
  readonly taskFrequencyEigenvalues?: readonly number[];
}

/** Of one label of those that a sentence may have. */
export interface LabelFigures {
  readonly name: string;
  /** That have it. */
  readonly sentences: number;
  /** F1, the harmonic mean of precision and recall, of the models before and after. */
  readonly before: number;
  readonly after: number;
}

/** Sentences that two models classify differently, on one part of the data. */
export interface Differences {
  readonly part: 'validation' | 'test';
  readonly sentences: number;
  /** Where sentences may have several labels, the sets of these that a flip has, joined by `|`. */
  readonly classes: readonly string[];
  /** classes x classes, rows are true classes; undefined where sentences may have several labels. */
  readonly confusionBefore?: readonly (readonly number[])[];
  readonly confusionAfter?: readonly (readonly number[])[];
  /** Where sentences may have several labels: how well each of these is found. */
  readonly labels?: readonly LabelFigures[];
  /** How many sentences changed to the right class, from it, and from a wrong one to another. */
  readonly corrected: number;
  readonly broken: number;
  readonly otherwise: number;
  /** In the order of the data, `mostFlips` of them at most. */
  readonly flips: readonly Flip[];
}

export interface Flip {
  readonly text: string;
  /** In the data's file, from 1. */
  readonly line: number;
  /** Indices into the classes. */
  readonly label: number;
  readonly before: number;
  readonly after: number;
}

/** A text that a user tried on a model. */
export interface TriedSentence extends Prediction {
  /** Of the prediction alone, the median of several, in ms. */
  readonly latencyMs: number;
}

/** What a recipe would take, measured by a few steps of each kind of model. */
export interface Estimate {
  readonly trials: number;
  readonly epochs: number;
  /** At the number of trials at once that was asked for. */
  readonly seconds: number;
  readonly diskBytes: number;
  readonly jobs: number;
  readonly engine: string;
  readonly sentences: { readonly train: number; readonly validation: number; readonly test: number };
  readonly warnings: readonly string[];
}

/** The loss under a learning rate that rises from step to step. */
export interface RateRange {
  /** Which of the run's models was trained. */
  readonly trial: string;
  readonly optimizer: string;
  /** Ends early where the loss explodes. */
  readonly rates: readonly number[];
  /** Of the batches, each before its step. */
  readonly losses: readonly number[];
  /** What to train between: the loss begins to fall at the lower and has all but fallen at the upper one. */
  readonly bounds?: RateBounds;
}

export interface RateBounds {
  readonly lower: number;
  readonly upper: number;
}
