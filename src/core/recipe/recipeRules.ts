import { UserError } from '../errors.ts';
import { shareOf } from '../text/split.ts';
import {
  dataDefaults,
  retrainDefaults,
  scheduleDefaults,
  trainDefaults,
  vocabularyDefault,
} from './defaults.ts';
import { formatPath, type JsonDocument, type JsonPath } from './jsonDocument.ts';
import type { RawCompress, RawRecipe } from './rawRecipe.ts';
import { entriesOf, isAuto } from './resolveRecipe.ts';
import { isWordSet } from './wordSets.ts';

/** The rules that tie fields together and that a schema cannot say well; for a recipe that its schema accepts. */
export function recipeRules(recipe: RawRecipe, document: JsonDocument): UserError[] {
  const errors: UserError[] = [];
  const fail = (code: string, path: JsonPath, message: string, hint: string) =>
    errors.push(new UserError(code, message, hint, document.placeOf(path)));
  const { model, architecture, train, vocabulary, text, data, compress } = recipe;

  if (model !== undefined && train !== undefined) {
    fail('model-and-train', ['train'], 'A recipe has either "model" or "train", found both.', 'Remove one.');
  }
  if (model === undefined && train === undefined) {
    fail(
      'no-model',
      [],
      'The recipe needs "model" or "train", found neither.',
      'Name a checkpoint with "model", or describe a model to train with "train".',
    );
  }
  if (architecture !== undefined) {
    const { kind, pooling, masked, paddingRow = 0, tensors = {} } = architecture;
    if (model === undefined) {
      fail(
        'architecture-without-model',
        ['architecture'],
        'architecture has no meaning without "model".',
        'Describe a model to train in "train".',
      );
    }
    const isRecurrent = kind !== 'dan' && kind !== 'cnn';
    if (isRecurrent && pooling === undefined) {
      fail(
        'architecture-pooling',
        ['architecture'],
        `architecture.pooling is missing, which the tensors of a ${kind} do not tell.`,
        'Set it to "mean" or "last", whichever of its outputs the model uses.',
      );
    }
    const misplaced = [
      ...(!isRecurrent && pooling !== undefined ? [['pooling']] : []),
      ...(!isRecurrent && tensors.recurrent !== undefined ? [['tensors', 'recurrent']] : []),
      ...(kind !== 'cnn' && tensors.convolutions !== undefined ? [['tensors', 'convolutions']] : []),
    ];
    for (const path of misplaced) {
      fail(
        'architecture-field',
        ['architecture', ...path],
        `architecture.${path.join('.')} has no meaning for a ${kind}.`,
        'Remove it.',
      );
    }
    if (paddingRow === 'none' && masked === false) {
      fail(
        'padding-without-row',
        ['architecture', 'paddingRow'],
        'architecture.paddingRow is "none", but the model counts its padding.',
        'Name the row of the padding, or leave "masked" out.',
      );
    }
    if (paddingRow !== 0 && text?.tokenizer === 'ids') {
      fail(
        'ids-and-padding-row',
        ['architecture', 'paddingRow'],
        'architecture.paddingRow moves the rows of the table, which texts that are indexed already do not follow.',
        'Index the texts with row 0 for the padding, or give them as words.',
      );
    }
  }
  if (isAuto(compress)) {
    const { loseAtMost, bytesAtMost } = compress;
    if ((loseAtMost === undefined) === (bytesAtMost === undefined)) {
      fail(
        'search-target',
        loseAtMost === undefined ? ['compress'] : ['compress', 'bytesAtMost'],
        `compress needs one of "loseAtMost" and "bytesAtMost", found ${loseAtMost === undefined ? 'neither' : 'both'}.`,
        loseAtMost === undefined
          ? 'Say what the search is to keep, e.g. "loseAtMost": 0.005.'
          : 'Remove one: a search has one target.',
      );
    }
    if ((recipe.retrain?.seeds ?? retrainDefaults.seeds).length > 1) {
      fail(
        'search-seeds',
        ['retrain', 'seeds'],
        `retrain.seeds must have one seed where the method is "auto", found ${recipe.retrain?.seeds?.length ?? 0}.`,
        'Search with one, then make the model that is found with several.',
      );
    }
  }
  const entries = entriesOf(compress);
  const pathOf = (i: number): JsonPath => {
    const list = isAuto(compress) ? compress.among : compress;
    return [
      ...(isAuto(compress) ? ['compress', 'among'] : ['compress']),
      ...(Array.isArray(list) ? [i] : []),
    ];
  };
  const epochs = recipe.retrain?.epochs ?? retrainDefaults.epochs;
  entries.forEach((entry, i) => {
    const after = 'refreshAfter' in entry ? entry.refreshAfter : undefined;
    if (after === undefined || after < epochs) return;
    const path = [...pathOf(i), 'refreshAfter'];
    fail(
      'refresh-too-late',
      path,
      `${formatPath(path)} is ${after}, and retraining has ${epochs} epochs: no epoch would follow.`,
      'Make it less than "epochs" under "retrain".',
    );
  });
  if (recipe.retrain?.trainable === 'factors') {
    const isRetrained = (entry: RawCompress): boolean => !('retrain' in entry && !entry.retrain);
    const misfits = entries.flatMap((entry, i) => {
      const { method = 'low-rank' } = entry;
      const without = method !== 'low-rank' && !isTrainedWhole(method) && isRetrained(entry);
      return without ? [{ method, path: pathOf(i) }] : [];
    });
    if (isAuto(compress) && compress.among === undefined) {
      fail(
        'trainable-without-factors',
        ['retrain', 'trainable'],
        'retrain.trainable is "factors", and the method "auto" tries methods that have none.',
        'Let it search among factors alone, "among": { "method": "low-rank" }, or train all weights.',
      );
    } else {
      for (const { method, path } of misfits) {
        fail(
          'trainable-without-factors',
          [...path, 'method'],
          `${formatPath(path)}.method is "${method}", which has no factors, and retrain.trainable is "factors".`,
          'Give the method "retrain": false, or train all weights.',
        );
      }
    }
    const isFactorized = (entry: RawCompress): boolean =>
      (entry.method ?? 'low-rank') === 'low-rank' && isRetrained(entry);
    if (misfits.length === 0 && !entries.some(isFactorized)) {
      fail(
        'trainable-without-factors',
        ['retrain', 'trainable'],
        'retrain.trainable is "factors", and no model of the method "low-rank" is retrained.',
        'Add such a method to "compress", or remove the field.',
      );
    }
    entries.forEach((entry, i) => {
      if (!('refreshAfter' in entry)) return;
      const path = [...pathOf(i), 'refreshAfter'];
      fail(
        'refresh-of-unchanged',
        path,
        `${formatPath(path)} factorizes anew for a retrained model, of which retrain.trainable "factors" leaves all but the factors as it was.`,
        'Remove it, or train all weights.',
      );
    });
  }
  entries.forEach((entry, i) => {
    if (!isAuto(entry)) return;
    fail(
      'search-in-list',
      [...pathOf(i), 'method'],
      `${formatPath(pathOf(i))}.method is "auto", which stands alone.`,
      'Make it the whole of "compress"; what it searches among is its "among".',
    );
  });
  entries.forEach((entry, i) => {
    const path = pathOf(i);
    if (!('reductions' in entry) || entry.reductions.length > 0 || (entry.ranks ?? []).length > 0) return;
    fail(
      'nothing-to-compress',
      [...path, 'reductions'],
      `${formatPath(path)} has neither reductions nor ranks.`,
      'Give one at least, e.g. "reductions": [0.9], or leave both out for the default.',
    );
  });
  entries.forEach((entry, i) => {
    if (model === undefined || !isTrainedWhole(entry.method)) return;
    const path = pathOf(i);
    fail(
      'offline-without-train',
      [...path, 'method'],
      `${formatPath(path)}.method is "${entry.method}", which compresses word vectors before training, but there is "model".`,
      'Describe a model to train with "train", or choose another method.',
    );
  });
  if (model !== undefined && isWordSet(vocabulary)) {
    fail(
      'vocabulary-of-model',
      ['vocabulary'],
      `vocabulary must be a file where there is "model", found "${vocabulary}".`,
      'Name the file of the words that the model was trained with, or leave the field out.',
    );
  }
  const needsVectors = isWordSet(vocabulary) && vocabulary !== vocabularyDefault;
  if (train !== undefined && needsVectors && train.embedding?.vectors === undefined) {
    fail(
      'vocabulary-without-vectors',
      ['vocabulary'],
      `vocabulary is "${vocabulary}" but train.embedding.vectors is missing.`,
      'Name the vectors, or choose the vocabulary "training".',
    );
  }
  const mode = train?.embedding?.mode ?? trainDefaults.mode;
  if (mode !== trainDefaults.mode && train?.embedding?.vectors === undefined) {
    fail(
      'mode-without-vectors',
      ['train', 'embedding', 'mode'],
      `train.embedding.mode is "${mode}" but train.embedding.vectors is missing: random vectors would stay random.`,
      `Name the vectors, or choose the mode "${trainDefaults.mode}".`,
    );
  }
  const words = vocabulary ?? vocabularyDefault;
  if (train !== undefined && text?.tokenizer === 'ids' && isWordSet(words)) {
    fail(
      'ids-without-vocabulary',
      ['text', 'tokenizer'],
      `text.tokenizer is "ids" but the vocabulary is "${words}", which needs words.`,
      'Name the vocabulary file that the rows were indexed with.',
    );
  }
  if (model === undefined && recipe.expectedAccuracy !== undefined) {
    fail(
      'expected-accuracy-without-model',
      ['expectedAccuracy'],
      'expectedAccuracy has no meaning without "model".',
      'Remove it.',
    );
  }
  for (const part of ['train', 'validation', 'test'] as const) {
    const source = data[part];
    if (train === undefined || source === undefined || !('path' in source)) continue;
    if (!Array.isArray(source.textColumn)) continue;
    fail(
      'text-columns',
      ['data', part, 'textColumn'],
      `data.${part}.textColumn is a list, and a model that "train" makes has one input.`,
      'Name one column; a model of several inputs that was trained elsewhere is named with "model".',
    );
  }
  for (const phase of ['train', 'retrain'] as const) {
    const { randomSearch } = recipe[phase] ?? {};
    for (const setting of ['rate', 'batchSize', 'dropout', 'wordDropout'] as const) {
      const [low = 0, high = 0] = randomSearch?.[setting] ?? [];
      if (low <= high) continue;
      fail(
        'range-upside-down',
        [phase, 'randomSearch', setting],
        `${phase}.randomSearch.${setting} must go from the lowest value to the highest, found ${low} and ${high}.`,
        'Swap them.',
      );
    }
    if (randomSearch === undefined || phase === 'train') continue;
    if (compress === undefined || recipe.retrain?.epochs === 0) {
      fail(
        'random-search-of-nothing',
        ['retrain', 'randomSearch'],
        `retrain.randomSearch has no meaning where ${compress === undefined ? 'nothing is compressed' : 'retrain.epochs is 0'}.`,
        'Remove it.',
      );
    }
  }
  for (const phase of ['train', 'retrain'] as const) {
    const schedule = recipe[phase]?.schedule;
    if (typeof schedule !== 'object' || !('lowerRate' in schedule)) continue;
    const { rate = scheduleDefaults[schedule.name].rate, lowerRate = 0 } = schedule;
    if (lowerRate < rate) continue;
    fail(
      'lower-rate-too-high',
      [phase, 'schedule', 'lowerRate'],
      `${phase}.schedule.lowerRate must be below the rate, ${rate}, found ${lowerRate}.`,
      'Make it smaller, or the rate larger.',
    );
  }
  const fractions = [data.validation ?? dataDefaults.validation, data.test];
  const taken = fractions.reduce((sum, part) => sum + (part && !('path' in part) ? shareOf(part) : 0), 0);
  if (data.test !== undefined && 'fold' in data.test && data.test.fold > data.test.folds) {
    const { fold, folds } = data.test;
    fail(
      'fold-out-of-range',
      ['data', 'test', 'fold'],
      `data.test.fold must be at most ${folds}, the number of folds, found ${fold}.`,
      'Change one of them.',
    );
  }
  if (taken >= 1) {
    fail(
      'fractions-too-large',
      ['data', 'test'],
      `The fractions of validation and test must leave training data, found ${Number(taken.toFixed(6))} in all.`,
      'Make them smaller.',
    );
  }
  return errors;
}

/** Whether a method compresses the word vectors, with which a model is then trained and not retrained. */
function isTrainedWhole(method: RawCompress['method']): boolean {
  return method === 'low-rank-offline' || method === 'ppa-pca';
}
