import type { NamedBody, ModelSpec } from '../checkpoint/checkpoint.ts';
import type { WrittenFormat } from '../checkpoint/fileNames.ts';
import type { WordSet } from './wordSets.ts';

/** The types of a recipe once it is read: defaults applied, paths absolute. */

export type Metric = 'task' | 'spectrum' | 'frequency' | 'task-frequency';
export type Split = 'balanced' | 'paper' | 'right';
export type Method = CompressSettings['method'];

export interface TextSettings {
  /** `whitespace` splits at white space; `words` takes runs of letters, digits and apostrophes, and single punctuation marks; `runs` runs of word characters and runs of marks; `keras` and `text-vectorization` split as Keras's Tokenizer and TextVectorization do; `ids` reads table rows already indexed. */
  readonly tokenizer: 'whitespace' | 'words' | 'runs' | 'keras' | 'text-vectorization' | 'ids';
  readonly lowercase: boolean;
  /** Tokens kept of a sentence. */
  readonly maxLength: number;
  /** The side on which a sentence is padded where a model does not mask. */
  readonly padding: 'left' | 'right';
  readonly outOfVocabularyToken: string;
  /** Characters that `keras` takes for spaces and `text-vectorization` leaves out; none: Keras's own. */
  readonly filters?: string;
  /** The side on which a long text is cut, `right` where it is not said. */
  readonly truncation?: 'left' | 'right';
}

/** A header's name, a JSON key, or a column's position from 0. */
export type Column = string | number;

export interface DataSource {
  /** Absolute. */
  readonly path: string;
  readonly format: 'tsv' | 'csv' | 'jsonl' | 'label-text';
  /** Several of a model that takes several texts, in the order of its inputs. Unused by `label-text`. */
  readonly textColumn: Column | readonly Column[];
  readonly labelColumn: Column;
  /** What stands between the labels of a sentence that may have several. */
  readonly labelSeparator?: string;
  readonly encoding: 'utf-8' | 'latin1';
}

/** A stratified, seeded part of the training data. */
export interface Fraction {
  readonly fraction: number;
}

/** One of the parts of a cross-validation, stratified and seeded. */
export interface Fold {
  /** From 1 to `folds`. */
  readonly fold: number;
  readonly folds: number;
}

export type OptimizerSettings =
  | { readonly name: 'sgd' }
  | { readonly name: 'momentum'; readonly momentum: number; readonly nesterov: boolean }
  | { readonly name: 'adagrad'; readonly initialAccumulator: number; readonly epsilon: number }
  | { readonly name: 'adadelta'; readonly rho: number; readonly epsilon: number }
  | { readonly name: 'rmsprop'; readonly rho: number; readonly epsilon: number }
  | { readonly name: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number };

/** In iterations; `auto` is a share of an epoch that the schedule chooses, `paper` is 1000. */
export type StepSize = 'auto' | 'paper' | number;

export type ScheduleSettings =
  | { readonly name: 'constant'; readonly rate: number }
  | {
      readonly name: 'step-decay';
      readonly rate: number;
      readonly decay: number;
      /** Epochs from one fall to the next. */
      readonly decayEpochs: number;
    }
  | {
      readonly name: 'exponential';
      readonly rate: number;
      /** Of an epoch. */
      readonly decay: number;
    }
  | {
      readonly name: 'triangular' | 'triangular2';
      /** The upper bound. */
      readonly rate: number;
      readonly lowerRate: number;
      readonly stepSize: StepSize;
    }
  | {
      readonly name: 'exp-range';
      readonly rate: number;
      readonly lowerRate: number;
      readonly stepSize: StepSize;
      /** Of an epoch. */
      readonly decay: number;
    }
  | {
      readonly name: 'sgdr';
      readonly rate: number;
      readonly lowerRate: number;
      /** T_0: epochs until the first restart. */
      readonly cycleEpochs: number;
      /** T_mult: how many times as long as the one before each cycle is. */
      readonly cycleGrowth: number;
    }
  | {
      readonly name: 'calr';
      /** U0, the rate at an annealing's start. */
      readonly rate: number;
      readonly decay: number;
      /** D: epochs over which the upper bound falls to the lower one. */
      readonly decayEpochs: number;
      /** S; `auto` is max(1, round(0.65 * iterations of an epoch)). */
      readonly stepSize: StepSize;
    };

/** From the lowest value to the highest. */
export type Range = readonly [number, number];

/** A random search for a training's settings, each within a range. */
export interface RandomSearchSettings {
  /** Trainings that it begins, the recipe's own settings the first of them. */
  readonly trials: number;
  /** Of the schedule. */
  readonly rate: Range;
  readonly batchSize: Range;
  readonly dropout: Range;
  readonly wordDropout: Range;
}

/** What a random search has drawn for a training. */
export interface DrawnSettings {
  readonly rate: number;
  readonly batchSize: number;
  readonly dropout: number;
  readonly wordDropout: number;
}

/** Which weights a training moves: all, or those of the embedding, its two factors or an uncompressed table, alone. */
export type Trainable = 'all' | 'factors';

export interface TrainingSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerSettings;
  readonly schedule: ScheduleSettings;
  /** Probability of dropping a unit before each dense layer, in training only. */
  readonly dropout: number;
  /** Probability of dropping a token, in training only. */
  readonly wordDropout: number;
  /** `factors` in retraining alone. */
  readonly trainable: Trainable;
  /** None: the settings are as they stand here. */
  readonly randomSearch?: RandomSearchSettings;
}

export interface EmbeddingSettings {
  /** Of the word vectors. */
  readonly dimension: number;
  /** Absolute path of word vectors; none means random. */
  readonly vectors?: string;
  /** What training does with the vectors (Kim, EMNLP 2014): moves them, keeps them, or has them twice and moves one. */
  readonly mode: 'non-static' | 'static' | 'multichannel';
}

export interface TrainSettings extends TrainingSettings {
  readonly body: NamedBody;
  readonly embedding: EmbeddingSettings;
}

/** How much a retrained model learns from the uncompressed one's predictions. */
export interface DistillationSettings {
  /** T, above 0: the higher, the softer. */
  readonly temperature: number;
  /** w, of the soft targets against the labels, in (0,1]. */
  readonly weight: number;
}

export interface RetrainSettings extends TrainingSettings {
  /** None: from the labels alone. */
  readonly distillation?: DistillationSettings;
  readonly seeds: readonly number[];
}

interface MethodSettings {
  /** Whether a point is retrained after it is compressed; if not, it is measured as it is. */
  readonly retrain: boolean;
  /** Which of a model with several are compressed; `all` where absent, which only `low-rank` with float32 factors does. */
  readonly tables?: 'all' | 'largest';
}

/** Ranks, said as such or as shares of the table's parameters to remove. */
interface RankSettings {
  readonly reductions: readonly number[];
  readonly ranks: readonly number[];
}

/** How many bits a value has; `ternary` has the three levels -1, 0 and 1 times a scale, one bit the two of a sign. */
export type Bits = number | 'ternary';

export interface LowRankSettings extends MethodSettings, RankSettings {
  readonly method: 'low-rank';
  readonly metrics: readonly Metric[];
  readonly split: Split;
  /** Of the factors' values, each tried; 32 leaves them float32. */
  readonly bits: readonly Bits[];
  /** Shares of the words, the most frequent ones, that keep a row of A, each tried; the others read as the unknown word. */
  readonly words: readonly number[];
  /** Training sentences, seeded, that the metric `task` is estimated from; all of them where absent. */
  readonly taskSentences?: number;
  /**
   * Epochs of retraining after which the uncompressed table is factorized anew, with the metric of the model as it is
   * then; never where absent.
   */
  readonly refreshAfter?: number;
}

/** The word vectors are factorized before the model is trained. */
export interface LowRankOfflineSettings extends RankSettings {
  readonly method: 'low-rank-offline';
  readonly split: Split;
}

/** Post-processing, PCA, post-processing of the word vectors before training (Raunak et al., RepL4NLP 2019). */
export interface PpaPcaSettings {
  readonly method: 'ppa-pca';
  /** Of the vectors that are left, each tried; a half, a quarter and a tenth of theirs where there are none. */
  readonly dimensions: readonly number[];
  /** D: directions that each post-processing removes. */
  readonly removed: number;
}

export interface FixedPointSettings extends MethodSettings {
  readonly method: 'fixed-point';
  readonly bits: readonly Bits[];
  /** Of what the values' range is taken. */
  readonly scale: 'table' | 'row';
  /** Whether the range may lie askew of 0. */
  readonly zeroPoint: boolean;
}

/** Sub-vectors by the nearest of a codebook's centroids (Joulin et al., 2016, fastText.zip). */
export interface ProductQuantizationSettings extends MethodSettings {
  readonly method: 'product-quantization';
  /** Dimensions of a sub-vector, each tried. */
  readonly subvectors: readonly number[];
  /** Of a codebook. */
  readonly centroids: number;
  /** Whether a vector's norm is quantized by itself. */
  readonly norm: boolean;
  /** Shares of the words that keep a vector, each tried. */
  readonly words: readonly number[];
  /** By what words are chosen. */
  readonly keep: 'norm' | 'frequency';
}

/** A word's vector is a sum of one codeword of each codebook (Shu and Nakayama, ICLR 2018). */
export interface CodesSettings extends MethodSettings {
  readonly method: 'codes';
  /** M, each tried. */
  readonly codebooks: readonly number[];
  /** K, a power of two. */
  readonly codewords: number;
  /** Of the training of the codes. */
  readonly epochs: number;
}

/** The smallest values become 0 and stay it (Han et al., NIPS 2015), at once or in steps over the epochs (Zhu and Gupta, 2017). */
export interface PruningSettings extends MethodSettings {
  readonly method: 'pruning';
  /** Shares of the table's values, each tried. */
  readonly sparsities: readonly number[];
  readonly gradual: boolean;
}

/** Pruning, shared values by k-means, Huffman coding (Han et al., ICLR 2016). */
export interface DeepCompressionSettings extends MethodSettings {
  readonly method: 'deep-compression';
  readonly sparsities: readonly number[];
  /** Of the index of a shared value, each tried with each sparsity. */
  readonly bits: readonly number[];
}

/** One method with the settings to try. */
export type CompressSettings =
  | LowRankSettings
  | LowRankOfflineSettings
  | PpaPcaSettings
  | FixedPointSettings
  | ProductQuantizationSettings
  | CodesSettings
  | PruningSettings
  | DeepCompressionSettings;

/** What the method `auto` looks for among a recipe's entries: see search.ts. */
export type SearchSettings = {
  /** Of the whole run; the uncompressed model and its control are trained to their end. */
  readonly minutes: number;
} & (
  | {
      /** The smallest model that loses no more validation accuracy, in [0,1], than this against the reference. */
      readonly loseAtMost: number;
      readonly bytesAtMost?: undefined;
    }
  | {
      /** The most accurate model of no more bytes, the layers behind the embedding counted. */
      readonly bytesAtMost: number;
      readonly loseAtMost?: undefined;
    }
);

/** The model that a file of bare tensors belongs to, in torch's layouts. */
export interface ArchitectureSettings {
  readonly kind: NamedBody['kind'];
  /** Only of recurrences, which the tensors do not tell. */
  readonly pooling?: 'mean' | 'last';
  /** None: `sigmoid` for one unit, `logits` for more. */
  readonly head?: ModelSpec['head'];
  readonly masked: boolean;
  /** The row of the padding's vector; `none` where every row is a word's. */
  readonly paddingRow: number | 'none';
  /** Names of modules or of their weights, where they are not the usual ones. */
  readonly tensors: {
    readonly embedding?: string;
    readonly recurrent?: string;
    /** In the order in which their features stand side by side. */
    readonly convolutions?: readonly string[];
    /** In the order of the computation; the last one is the head. */
    readonly dense?: readonly string[];
  };
  /** Tensors that take no part in a prediction. */
  readonly ignore: readonly string[];
}

export interface Recipe {
  /** Absolute path of the recipe's file. */
  readonly path: string;
  /** The file's name without `.press.json`. */
  readonly name: string;
  /** Absolute path of a checkpoint (its folder or its model.json); exactly one of `model` and `train` is there. */
  readonly model?: string;
  /** What `model` computes, where it is a file of bare tensors. */
  readonly architecture?: ArchitectureSettings;
  readonly train?: TrainSettings;
  /** An absolute path, or whose words it has; none with `model`: the checkpoint's own. */
  readonly vocabulary?: { readonly path: string } | WordSet;
  /** None with `model` where the recipe has none: the checkpoint's own. */
  readonly text?: TextSettings;
  /** Of these what the recipe itself says, where the vocabulary's file may say the rest. */
  readonly givenText?: Partial<TextSettings>;
  readonly data: {
    readonly train: DataSource;
    readonly validation: DataSource | Fraction;
    readonly test?: DataSource | Fraction | Fold;
    /** Seeds the fractions and folds; the same for every trial. */
    readonly seed: number;
  };
  readonly labels?: readonly string[];
  /** Each with a method of its own or other settings; none: train and save only. */
  readonly compress: readonly CompressSettings[];
  /** None: every point of `compress` is made. */
  readonly search?: SearchSettings;
  readonly retrain: RetrainSettings;
  readonly expectedAccuracy?: number;
  /** Absolute folder that receives the finished checkpoints; none: `models` in the run folder. */
  readonly output?: string;
  /** Of the finished checkpoints; none: that of `model` where it is a file of Keras, else tfjs. */
  readonly outputFormat?: WrittenFormat;
}
