import type { PointSettings } from '../compression/method.ts';
import type { DrawnSettings } from '../recipe/recipe.ts';
import type { Round, Target } from '../search/halving.ts';
import type { PlannedRates } from '../training/plannedRates.ts';

/**
 * One model to make: `baseline` trains (or loads and measures) the uncompressed model of a seed, `control`
 * retrains it uncompressed, `point` compresses it in one way and retrains it, or compresses the word vectors and trains.
 * A `try` is a baseline or a point with settings that a random search has drawn for its training. A point has all that
 * its PointSettings have; the others none of it.
 */
export interface Trial extends Partial<PointSettings> {
  /** File-safe, unique in the run, e.g. `baseline-s1`, `control-s1`, `task-k9-s1`. */
  readonly id: string;
  readonly kind: 'baseline' | 'control' | 'point' | 'try';
  readonly seed: number;
  /** In the place of the recipe's, where a random search has drawn or chosen them. */
  readonly training?: DrawnSettings;
  /** The trial whose best checkpoint this one starts from; baselines have none, nor points that train. */
  readonly from?: string;
}

/** Measured where the run ran, with one sentence at a time and with batches of 256. */
export interface Latency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly sentencesPerSecond: number;
}

/** The figures of one trial; those that do not apply are absent. Accuracies in [0,1]. */
export interface TrialResult extends Partial<PointSettings> {
  readonly trial: string;
  readonly kind: Trial['kind'];
  /** Share of the float32 table's bytes that is saved, codebooks, scales and the like counted; of factors 1 - k(m+n)/(mn). */
  readonly reduction?: number;
  readonly seed: number;
  /** Where they are not the recipe's. */
  readonly training?: DrawnSettings;
  readonly parameters: number;
  readonly storageBytes: number;
  /** Of the table or what stands for it. */
  readonly embeddingBytes: number;
  /** At the mean length of the validation sentences. */
  readonly flopsPerSentence: number;
  readonly layers: readonly LayerCost[];
  /** Before retraining; for a baseline that is loaded, as loaded. */
  readonly validationAccuracyBefore?: number;
  /** Of the best epoch (earliest on ties; epoch 0 is the state before retraining). */
  readonly validationAccuracy: number;
  readonly bestEpoch: number;
  /** Epochs that it has had: a search stops some before their time. Results of older versions have none. */
  readonly epochs?: number;
  readonly seconds: number;
  /** This and the test figures are filled in once, when every trial has ended. */
  readonly latency?: Latency;
  readonly testAccuracy?: number;
  readonly macroF1?: number;
  /** Which test sentences are classified rightly, all of their labels, in the data's order: see `packAnswers`. */
  readonly testCorrect?: string;
  /**
   * classes x classes, rows are true classes; of a model of several labels a sentence 2 x 2, of the decisions for each
   * label.
   */
  readonly confusion?: readonly (readonly number[])[];
  /** Test accuracy on sentences with at least one out-of-vocabulary token; absent where there are none. */
  readonly testAccuracyUnknownWords?: number;
}

/** The mean over seeds, with every seed's own figures. Numeric fields are means. */
export interface MeanResult extends Omit<
  TrialResult,
  'trial' | 'seed' | 'testCorrect' | 'confusion' | 'bestEpoch' | 'epochs' | 'layers'
> {
  readonly seeds: readonly TrialResult[];
}

/** Parameters, bytes and arithmetic of one layer. */
export interface LayerCost {
  readonly layer: string;
  readonly parameters: number;
  /** On disk. */
  readonly storageBytes: number;
  /** Of the values that the engine computes with: in float32, and decoded where they are coded. */
  readonly memoryBytes: number;
  /** Those of matrix products; each is two of the FLOPs. */
  readonly multiplyAddsPerSentence: number;
  readonly flopsPerSentence: number;
}

/** A model of a search's round as it stood at its end. */
export interface TriedModel {
  readonly trial: string;
  readonly epochs: number;
  readonly storageBytes: number;
  /** Of the best epoch so far. */
  readonly validationAccuracy: number;
  /** Where a random search has drawn them. */
  readonly training?: DrawnSettings;
}

/** For the models that `auto` looks for, or for the settings of a training. */
export type SearchName = 'models' | 'train' | 'retrain';

/** What a search has tried, round by round; a round may have been cut short. */
export interface SearchTrace {
  readonly target: Target;
  readonly rounds: readonly (Round & { readonly tried: readonly TriedModel[] })[];
  /** None where nothing that was tried meets the target, and before the search has ended. */
  readonly chosen?: string;
  /** None while it goes on. */
  readonly end?: SearchEnd;
}

/** Whether its last round was over, its time was over, or the run was cancelled or failed. */
export type SearchEnd = 'complete' | 'time' | 'cancelled';

/** results.json, written when a run has ended (and so far as it came, when it was cancelled). */
export interface Results {
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly dataset: {
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly classes: readonly string[];
    readonly vocabulary: number;
    readonly dimension: number;
    /** Mean tokens of a validation sentence, the T of the FLOP counts. */
    readonly meanLength: number;
  };
  readonly baseline?: MeanResult;
  readonly control?: MeanResult;
  readonly points: readonly TrialResult[];
  /** Those that the recipe asks for; where there is one for `models`, the points are those that it has tried. */
  readonly searches?: Partial<Record<SearchName, SearchTrace>>;
}

/** What a run tells while it goes; one JSON line each in events.jsonl. `time` is milliseconds since 1970. */
export type RunEvent =
  | {
      readonly type: 'run';
      readonly time: number;
      readonly phase: 'started' | 'resumed';
      readonly run: string;
    }
  | {
      readonly type: 'plan';
      readonly time: number;
      readonly trials: readonly Trial[];
      readonly epochs: number;
      /** Of the phases that train something; runs of older versions have none. */
      readonly rates?: { readonly train?: PlannedRates; readonly retrain?: PlannedRates };
      /** Of models that take several texts, by name. */
      readonly inputs?: readonly string[];
    }
  | { readonly type: 'trial'; readonly time: number; readonly trial: string }
  | {
      readonly type: 'step';
      readonly time: number;
      readonly trial: string;
      readonly step: number;
      readonly epoch: number;
      readonly rate: number;
      readonly loss: number;
    }
  | {
      readonly type: 'evaluation';
      readonly time: number;
      readonly trial: string;
      readonly validationAccuracy: number;
    }
  | {
      readonly type: 'epoch';
      readonly time: number;
      readonly trial: string;
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      readonly validationAccuracy: number;
      readonly seconds: number;
    }
  | { readonly type: 'result'; readonly time: number; readonly result: TrialResult }
  /** A search's round begins. */
  | (Round & {
      readonly type: 'round';
      readonly time: number;
      readonly search: SearchName;
      readonly target: Target;
    })
  /** A search has ended; a run that is resumed may go on with it. */
  | {
      readonly type: 'choice';
      readonly time: number;
      readonly search: SearchName;
      readonly trial?: string;
      readonly end: SearchEnd;
    }
  | {
      readonly type: 'message';
      readonly time: number;
      readonly level: 'info' | 'warning';
      readonly text: string;
    }
  | { readonly type: 'end'; readonly time: number; readonly state: 'done' | 'failed' | 'cancelled' };

/** Omit that keeps a union's members apart. */
type WithoutTime<E> = E extends RunEvent ? Omit<E, 'time'> : never;
export type TrialEvent = WithoutTime<RunEvent>;
