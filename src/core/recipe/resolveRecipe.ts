import { basename, dirname, resolve } from 'node:path';
import type { NamedBody } from '../checkpoint/checkpoint.ts';
import {
  architectureDefaults,
  compressDefaults,
  dataDefaults,
  distillationDefaults,
  lowerRateShare,
  optimizerDefaults,
  randomSearchDefaults,
  retrainDefaults,
  scheduleDefaults,
  searchedMethods,
  sourceDefaults,
  textDefaults,
  trainDefaults,
  vocabularyDefault,
} from './defaults.ts';
import type {
  RawAuto,
  RawCompress,
  RawOptimizer,
  RawRecipe,
  RawRetrain,
  RawSchedule,
  RawSource,
  RawTrain,
  RawTraining,
} from './rawRecipe.ts';
import type {
  CompressSettings,
  DataSource,
  Fold,
  Fraction,
  OptimizerSettings,
  RandomSearchSettings,
  Recipe,
  ScheduleSettings,
  SearchSettings,
  TrainSettings,
  TrainingSettings,
} from './recipe.ts';
import { isWordSet } from './wordSets.ts';

/**
 * Applies the defaults and makes paths absolute.
 *
 * @param raw a recipe without errors
 * @param path the recipe's file, whose folder paths are relative to
 */
export function resolveRecipe(raw: RawRecipe, path: string): Recipe {
  const file = resolve(path);
  const at = (relative: string): string => resolve(dirname(file), relative);
  const {
    model,
    architecture,
    train,
    text,
    data,
    labels,
    compress,
    retrain,
    expectedAccuracy,
    output,
    outputFormat,
  } = raw;
  const vocabulary = raw.vocabulary ?? (train && vocabularyDefault);
  return {
    path: file,
    name: basename(file).replace(/(\.press)?\.jsonc?$/i, ''),
    ...(model !== undefined && { model: at(model) }),
    ...(architecture && { architecture: { ...architectureDefaults, ...architecture } }),
    ...(train && { train: resolveTrain(train, at) }),
    ...(vocabulary !== undefined && {
      vocabulary: isWordSet(vocabulary) ? vocabulary : { path: at(vocabulary) },
    }),
    ...((text ?? train) && { text: { ...textDefaults, ...text } }),
    ...(text && typeof vocabulary === 'string' && /\.json$/i.test(vocabulary) && { givenText: text }),
    data: {
      train: resolveSource(data.train, at),
      validation: resolvePart(data.validation ?? dataDefaults.validation, at),
      ...(data.test && { test: resolvePart(data.test, at) }),
      seed: data.seed ?? dataDefaults.seed,
    },
    ...(labels && { labels }),
    compress: entriesOf(compress).map(resolveCompress),
    ...(isAuto(compress) && { search: resolveSearch(compress) }),
    retrain: {
      ...resolveTraining(retrain ?? {}, retrainDefaults),
      seeds: retrain?.seeds ?? retrainDefaults.seeds,
      ...(retrain?.distillation && { distillation: { ...distillationDefaults, ...retrain.distillation } }),
    },
    ...(expectedAccuracy !== undefined && { expectedAccuracy }),
    ...(output !== undefined && { output: at(output) }),
    ...(outputFormat !== undefined && { outputFormat }),
  };
}

type ToAbsolute = (relative: string) => string;

function resolveTrain(raw: RawTrain, at: ToAbsolute): TrainSettings {
  const vectors = raw.embedding?.vectors;
  return {
    body: resolveBody(raw),
    embedding: {
      dimension: raw.embedding?.dimension ?? trainDefaults.dimension,
      ...(vectors !== undefined && { vectors: at(vectors) }),
      mode: raw.embedding?.mode ?? trainDefaults.mode,
    },
    ...resolveTraining(raw, trainDefaults),
  };
}

function resolveBody(raw: RawTrain): NamedBody {
  const kind = raw.architecture;
  const hidden = [raw.hidden ?? trainDefaults.hidden[kind]].flat();
  if (kind === 'dan') return { kind, hidden };
  if (kind === 'cnn') {
    const { filterWidths: widths, filters } = { ...trainDefaults, ...raw };
    return { kind, widths, filters, hidden };
  }
  const { units, pooling, peepholes } = { ...trainDefaults, ...raw };
  return kind === 'lstm' ? { kind, units, pooling, peepholes, hidden } : { kind, units, pooling, hidden };
}

function resolveTraining(
  raw: RawTraining & Pick<RawRetrain, 'trainable'>,
  defaults: typeof trainDefaults | typeof retrainDefaults,
): TrainingSettings {
  const schedule = resolveSchedule(raw.schedule ?? defaults.schedule, defaults.decayEpochs);
  return {
    epochs: raw.epochs ?? defaults.epochs,
    batchSize: raw.batchSize ?? defaults.batchSize,
    optimizer: resolveOptimizer(raw.optimizer ?? defaults.optimizer),
    schedule,
    dropout: raw.dropout ?? defaults.dropout,
    wordDropout: raw.wordDropout ?? defaults.wordDropout,
    trainable: raw.trainable ?? defaults.trainable,
    ...(raw.randomSearch && { randomSearch: resolveRandomSearch(raw.randomSearch, schedule.rate) }),
  };
}

function resolveRandomSearch(raw: Partial<RandomSearchSettings>, own: number): RandomSearchSettings {
  const { rateFactors, ...defaults } = randomSearchDefaults;
  // 10 * 0.001 and the like have more digits than they should.
  const rate = rateFactors.map((factor) => Number((factor * own).toPrecision(12))) as [number, number];
  return { ...defaults, rate, ...raw };
}

function resolveOptimizer(raw: RawOptimizer): OptimizerSettings {
  const given = typeof raw === 'string' ? { name: raw } : raw;
  // The schema has made sure that the settings given are the named optimizer's.
  return { ...optimizerDefaults[given.name], ...given } as OptimizerSettings;
}

function resolveSchedule(raw: RawSchedule, decayEpochs: number): ScheduleSettings {
  const given = typeof raw === 'string' ? { name: raw } : raw;
  const settings = { ...scheduleDefaults[given.name], ...given };
  const phase = settings.name === 'calr' || settings.name === 'step-decay' ? { decayEpochs } : {};
  const bound = isTriangular(settings.name) ? { lowerRate: lowerRateShare * settings.rate } : {};
  return { ...phase, ...bound, ...settings } as ScheduleSettings;
}

function isTriangular(name: ScheduleSettings['name']): boolean {
  return name === 'triangular' || name === 'triangular2' || name === 'exp-range';
}

function resolvePart<P extends Fraction | Fold>(raw: RawSource | P, at: ToAbsolute): DataSource | P {
  return 'path' in raw ? resolveSource(raw, at) : { ...raw };
}

function resolveSource(raw: RawSource, at: ToAbsolute): DataSource {
  return { ...sourceDefaults, ...raw, path: at(raw.path) };
}

/** The entries of a list, of one method, or those that `auto` searches among. */
export function entriesOf(compress: RawRecipe['compress']): readonly RawCompress[] {
  if (compress === undefined) return [];
  return [isAuto(compress) ? (compress.among ?? searchedMethods) : compress].flat();
}

export function isAuto(compress: RawRecipe['compress']): compress is RawAuto {
  return compress !== undefined && 'method' in compress && compress.method === 'auto';
}

function resolveSearch({ minutes, loseAtMost, bytesAtMost = 0 }: RawAuto): SearchSettings {
  return loseAtMost === undefined ? { minutes, bytesAtMost } : { minutes, loseAtMost };
}

function resolveCompress(raw: RawCompress): CompressSettings {
  const method = raw.method ?? 'low-rank';
  const { metric, ...given } = { metric: undefined, ...raw };
  const settings = { ...compressDefaults[method], ...given };
  // The schema has made sure that the settings given are the method's.
  return {
    ...settings,
    ...(metric !== undefined && { metrics: [metric].flat() }),
    ...('ranks' in given && given.ranks.length > 0 && !('reductions' in given) && { reductions: [] }),
  } as CompressSettings;
}
