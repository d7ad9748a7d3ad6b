import type { RawCompress, RawRecipe, RawRetrain, RawTraining } from '../recipe/rawRecipe.ts';

/** Where the data of the experiments lies, absolute. */
export interface ExperimentData {
  /** The folder of the data sets, with their usual names: stsa.binary.train, TREC.train.all, rt-polarity.all, ... */
  readonly datasets: string;
  /** Word vectors. */
  readonly vectors: string;
  /** Of the vectors. */
  readonly dimension: number;
}

/** One recipe of the report. */
export interface Experiment {
  /** File-safe, e.g. `sst2-dan`, `mr-dan-fold3`, `sst2-dan-sgd`. */
  readonly name: string;
  readonly dataset: DatasetName;
  readonly body: 'dan' | 'lstm';
  /** What its figures are for: methods against each other, or ways of retraining. */
  readonly part: 'methods' | 'schedules';
  /** Of `schedules`: how it retrains. */
  readonly schedule?: string;
  readonly recipe: RawRecipe;
}

export type DatasetName = keyof typeof datasets;

/** The data sets of the paper and of those that it compares with. Without a split: see `withoutSplit`. */
const datasets = {
  'SST-2': { train: 'stsa.binary.train', validation: 'stsa.binary.dev', test: 'stsa.binary.test' },
  'SST-1': { train: 'stsa.fine.train', validation: 'stsa.fine.dev', test: 'stsa.fine.test' },
  TREC: { train: 'TREC.train.all', test: 'TREC.test.all' },
  MR: { train: 'rt-polarity.all' },
  MPQA: { train: 'mpqa.all' },
} as const;

const latin1: readonly string[] = ['TREC', 'MR'];
const folds = 10;

/** Ranks from R = 0.5 down to 1, at any dimension of 100 and more. */
const curve = { reductions: [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95], ranks: [3, 2, 1] };
const few = { reductions: [0.5, 0.7, 0.9, 0.95, 0.98], ranks: [1] };

/** Every method; `low-rank` with codings of few bits for the smallest models. */
const allMethods: readonly RawCompress[] = [
  { metric: ['task', 'spectrum', 'task-frequency'], ...curve },
  { ranks: [16, 8, 4, 2, 1], bits: [8, 4] },
  { ranks: [8, 4, 2], bits: [8], words: [0.5, 0.25] },
  { method: 'low-rank-offline', ...curve },
  { method: 'ppa-pca' },
  { method: 'fixed-point', bits: [16, 8, 6, 4, 3, 2, 'ternary', 1] },
  { method: 'fixed-point', bits: [8, 4, 2, 1], retrain: false },
  { method: 'fixed-point', bits: [4, 2, 1], scale: 'row' },
  { method: 'product-quantization' },
  { method: 'product-quantization', subvectors: [4], words: [0.5, 0.2], keep: 'frequency' },
  { method: 'codes' },
  { method: 'pruning' },
  { method: 'deep-compression' },
];

/** What an LSTM's time allows. */
const someMethods: readonly RawCompress[] = [
  { metric: ['task', 'spectrum'], ...few },
  { ranks: [8, 4, 2, 1], bits: [8, 4] },
  { method: 'low-rank-offline', reductions: [0.9] },
  { method: 'fixed-point', bits: [8, 4, 2, 1] },
];

const quickMethods: readonly RawCompress[] = [
  { metric: ['task', 'spectrum'], reductions: [0.9, 0.95], ranks: [1] },
  { ranks: [4, 1], bits: [8] },
  { method: 'low-rank-offline', reductions: [0.9] },
  { method: 'fixed-point', bits: [8, 4, 2, 1] },
];

/** Ways of retraining, each with the rate that is usual for it. */
const schedules: Readonly<Record<string, RawRetrain>> = {
  calr: { schedule: 'calr' },
  'calr-distilled': { schedule: 'calr', distillation: {} },
  'calr-paper': {
    schedule: { name: 'calr', decay: 0.1, stepSize: 'paper' },
    optimizer: { name: 'adam', epsilon: 0.01 },
  },
  adam: { schedule: 'constant' },
  sgd: { schedule: { name: 'constant', rate: 0.1 }, optimizer: 'sgd' },
  adagrad: { schedule: { name: 'constant', rate: 0.01 }, optimizer: 'adagrad' },
  adadelta: { schedule: { name: 'constant', rate: 1 }, optimizer: 'adadelta' },
  rmsprop: { schedule: 'constant', optimizer: 'rmsprop' },
  clr: { schedule: 'triangular' },
  'clr-triangular2': { schedule: 'triangular2' },
  'clr-exp-range': { schedule: 'exp-range' },
  sgdr: { schedule: 'sgdr' },
};

/** Training and retraining other than by default, by the experiments' names: what was better on the validation data. */
export const chosenSettings: Readonly<
  Record<string, { readonly train: RawTraining; readonly retrain: RawTraining }>
> = {
  'trec-lstm': {
    train: { wordDropout: 0.1 },
    retrain: { wordDropout: 0.1, epochs: 10, schedule: 'constant' },
  },
};

/** The experiments in the order in which to run them: the longest last. */
export function experiments(data: ExperimentData, quick: boolean): Experiment[] {
  return quick ? quickExperiments(data) : allExperiments(data);
}

function allExperiments(data: ExperimentData): Experiment[] {
  const split: readonly DatasetName[] = ['SST-2', 'SST-1', 'TREC'];
  const danSeeds = { seeds: [1, 2, 3, 4, 5] };
  const lstmSeeds = { seeds: [1, 2, 3] };
  return [
    ...split.map((name) => methods(data, name, 'dan', allMethods, danSeeds)),
    ...Object.entries(schedules).map(([name, retrain]) =>
      schedule(data, 'SST-2', name, { ...retrain, ...danSeeds }),
    ),
    ...Object.entries(schedules).map(([name, retrain]) =>
      schedule(data, 'TREC', name, { ...retrain, ...danSeeds }),
    ),
    ...withoutSplit.flatMap((name) =>
      Array.from({ length: folds }, (_, i) => crossValidated(data, name, i + 1, someMethods)),
    ),
    ...split.map((name) => methods(data, name, 'lstm', someMethods, lstmSeeds)),
    ...withoutSplit.map((name) => methods(data, name, 'lstm', someMethods, { seeds: [1] })),
  ];
}

function quickExperiments(data: ExperimentData): Experiment[] {
  return [
    methods(data, 'SST-2', 'dan', quickMethods, { seeds: [1, 2] }),
    methods(data, 'TREC', 'dan', quickMethods, { seeds: [1, 2] }),
    ...Object.entries(schedules).map(([name, retrain]) =>
      schedule(data, 'SST-2', name, { ...retrain, seeds: [1] }),
    ),
    methods(data, 'SST-2', 'lstm', [{ metric: ['task', 'spectrum'], reductions: [0.9] }], { seeds: [1] }),
  ];
}

/** Sets that come in one file: a DAN is cross-validated as in the literature, an LSTM gets one seeded split. */
const withoutSplit: readonly DatasetName[] = ['MR', 'MPQA'];

function methods(
  data: ExperimentData,
  dataset: DatasetName,
  body: Experiment['body'],
  compress: readonly RawCompress[],
  retrain: RawRetrain,
): Experiment {
  const name = `${fileSafe(dataset)}-${body}`;
  const chosen = chosenSettings[name];
  const recipe = recipeOf(data, dataset, body, compress, { ...retrain, ...chosen?.retrain });
  const train = recipe.train && { ...recipe.train, ...chosen?.train };
  return { name, dataset, body, part: 'methods', recipe: { ...recipe, ...(train && { train }) } };
}

function schedule(data: ExperimentData, dataset: DatasetName, name: string, retrain: RawRetrain): Experiment {
  const compress = [{ metric: ['task', 'spectrum'], reductions: [0.9, 0.95] }] as const;
  return {
    name: `${fileSafe(dataset)}-dan-${name}`,
    dataset,
    body: 'dan',
    part: 'schedules',
    schedule: name,
    recipe: recipeOf(data, dataset, 'dan', compress, retrain),
  };
}

function crossValidated(
  data: ExperimentData,
  dataset: DatasetName,
  fold: number,
  compress: readonly RawCompress[],
): Experiment {
  const recipe = recipeOf(data, dataset, 'dan', compress, { seeds: [fold] });
  return {
    name: `${fileSafe(dataset)}-dan-fold${fold}`,
    dataset,
    body: 'dan',
    part: 'methods',
    recipe: { ...recipe, data: { ...recipe.data, test: { fold, folds } } },
  };
}

function recipeOf(
  { datasets: folder, vectors, dimension }: ExperimentData,
  dataset: DatasetName,
  body: Experiment['body'],
  compress: readonly RawCompress[],
  retrain: RawRetrain,
): RawRecipe {
  const files: { readonly train: string; readonly validation?: string; readonly test?: string } =
    datasets[dataset];
  const source = (file: string) => ({
    path: `${folder}/${file}`,
    format: 'label-text' as const,
    ...(latin1.includes(dataset) && { encoding: 'latin1' as const }),
  });
  return {
    train: { architecture: body, embedding: { vectors, dimension } },
    vocabulary: 'all-data',
    text: { tokenizer: 'whitespace' },
    data: {
      train: source(files.train),
      ...(files.validation !== undefined && { validation: source(files.validation) }),
      test: files.test === undefined ? { fraction: 0.1 } : source(files.test),
    },
    compress,
    retrain,
  };
}

function fileSafe(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
