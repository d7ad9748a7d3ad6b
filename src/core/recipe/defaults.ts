import type { RawCompress } from './rawRecipe.ts';
import type {
  ArchitectureSettings,
  Column,
  CompressSettings,
  DataSource,
  DistillationSettings,
  Fraction,
  RetrainSettings,
  TextSettings,
} from './recipe.ts';

/** What a recipe means where it says nothing. The schema repeats these values for the editor; a test compares. */

/** Tokens of a sentence at most, in a recipe and in what a model says of its text. */
export const longestText = 100_000;

export const textDefaults: TextSettings = {
  tokenizer: 'words',
  lowercase: true,
  maxLength: 128,
  padding: 'right',
  outOfVocabularyToken: '<unk>',
};

export const architectureDefaults = {
  masked: true,
  paddingRow: 0,
  tensors: {},
  ignore: [],
} satisfies Partial<ArchitectureSettings>;

export const vocabularyDefault = 'training';

export const sourceDefaults: Pick<DataSource, 'labelColumn' | 'encoding'> & { readonly textColumn: Column } =
  {
    textColumn: 'text',
    labelColumn: 'label',
    encoding: 'utf-8',
  };

export const dataDefaults: { readonly validation: Fraction; readonly seed: number } = {
  validation: { fraction: 0.1 },
  seed: 1,
};

export const optimizerDefaults = {
  adam: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  sgd: { name: 'sgd' },
  momentum: { name: 'momentum', momentum: 0.9, nesterov: false },
  adagrad: { name: 'adagrad', initialAccumulator: 0.1, epsilon: 1e-7 },
  adadelta: { name: 'adadelta', rho: 0.95, epsilon: 1e-7 },
  rmsprop: { name: 'rmsprop', rho: 0.9, epsilon: 1e-7 },
} as const;

/**
 * `decayEpochs` is the phase's own: see `trainDefaults` and `retrainDefaults`; the cyclical schedules' `lowerRate` is
 * a share of their rate. Of CALR the authors' decay is 0.1, which leaves one epoch in four or six a rate that moves
 * anything; 0.5 validates better.
 */
export const scheduleDefaults = {
  calr: { name: 'calr', rate: 1e-3, decay: 0.5, stepSize: 'auto' },
  constant: { name: 'constant', rate: 1e-3 },
  'step-decay': { name: 'step-decay', rate: 1e-3, decay: 0.5 },
  exponential: { name: 'exponential', rate: 1e-3, decay: 0.8 },
  triangular: { name: 'triangular', rate: 1e-3, stepSize: 'auto' },
  triangular2: { name: 'triangular2', rate: 1e-3, stepSize: 'auto' },
  'exp-range': { name: 'exp-range', rate: 1e-3, stepSize: 'auto', decay: 0.8 },
  sgdr: { name: 'sgdr', rate: 1e-3, lowerRate: 0, cycleEpochs: 1, cycleGrowth: 2 },
} as const;

/** Of the upper bound. */
export const lowerRateShare = 0.1;

const trainingDefaults = {
  batchSize: 64,
  optimizer: 'adam',
  dropout: 0.2,
  wordDropout: 0.3,
  trainable: 'all',
} as const;

export const trainDefaults = {
  ...trainingDefaults,
  epochs: 10,
  schedule: 'constant',
  decayEpochs: 5,
  hidden: { dan: [100, 100], lstm: [], bilstm: [], gru: [], cnn: [] },
  units: 128,
  pooling: 'mean',
  peepholes: false,
  filterWidths: [3, 4, 5],
  filters: 100,
  dimension: 100,
  mode: 'non-static',
} as const;

export const retrainDefaults = {
  ...trainingDefaults,
  epochs: 5,
  schedule: 'calr',
  decayEpochs: 3,
  seeds: [1] satisfies RetrainSettings['seeds'],
} as const;

/** Where a recipe asks for it; `rate` is from a tenth of the schedule's to ten times it. */
export const randomSearchDefaults = {
  trials: 8,
  rateFactors: [0.1, 10],
  batchSize: [16, 256],
  dropout: [0, 0.5],
  wordDropout: [0, 0.5],
} as const;

/** Where a recipe asks for it. */
export const distillationDefaults: DistillationSettings = { temperature: 2, weight: 0.5 };

const rankDefaults = { reductions: [0.5, 0.7, 0.9, 0.95, 0.98], ranks: [], split: 'balanced' } as const;

/**
 * Of each method. The reductions hold where there are neither reductions nor ranks; the dimensions of `ppa-pca` are a
 * half, a quarter and a tenth of the vectors'.
 */
export const compressDefaults: {
  readonly [M in CompressSettings['method']]: Extract<CompressSettings, { readonly method: M }>;
} = {
  'low-rank': {
    method: 'low-rank',
    metrics: ['task'],
    bits: [32],
    words: [1],
    retrain: true,
    tables: 'all',
    ...rankDefaults,
  },
  'low-rank-offline': { method: 'low-rank-offline', ...rankDefaults },
  'ppa-pca': { method: 'ppa-pca', dimensions: [], removed: 7 },
  'fixed-point': {
    method: 'fixed-point',
    bits: [8, 4, 2, 1],
    scale: 'table',
    zeroPoint: false,
    retrain: true,
    tables: 'all',
  },
  'product-quantization': {
    method: 'product-quantization',
    subvectors: [2, 4],
    centroids: 256,
    norm: true,
    words: [1],
    keep: 'frequency',
    retrain: true,
    tables: 'all',
  },
  codes: { method: 'codes', codebooks: [8, 16], codewords: 16, epochs: 20, retrain: true, tables: 'all' },
  pruning: { method: 'pruning', sparsities: [0.8, 0.9, 0.95], gradual: true, retrain: true, tables: 'all' },
  'deep-compression': {
    method: 'deep-compression',
    sparsities: [0.8, 0.9, 0.95],
    bits: [5],
    retrain: true,
    tables: 'all',
  },
};

/**
 * What `auto` searches among where the recipe does not say. What shrinks only while it is retrained, as gradual pruning
 * does, cannot be compared after a few epochs, and learning codes takes longer than retraining does.
 */
export const searchedMethods: readonly RawCompress[] = [
  { reductions: [0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99], bits: [8, 4], words: [1, 0.5, 0.25] },
  { method: 'fixed-point', bits: [8, 4, 2, 1] },
  { method: 'product-quantization' },
  { method: 'pruning', sparsities: [0.9, 0.95], gradual: false },
];
