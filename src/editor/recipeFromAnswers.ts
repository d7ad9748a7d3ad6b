import { basename, dirname, join, relative, sep } from 'node:path';
import type { RawRecipe, RawSource, RawTrain } from '../core/recipe/rawRecipe.ts';
import type { NamedBody } from '../core/checkpoint/checkpoint.ts';
import type { Column, DataSource, Fraction, TextSettings } from '../core/recipe/recipe.ts';

/** What the user has said, paths absolute. */
export type Answers = CommonAnswers & (ModelAnswers | ClassifierAnswers);

interface ModelAnswers {
  /** A model.json. */
  readonly model: string;
}

interface ClassifierAnswers {
  /** What to train. */
  readonly classifier: {
    readonly architecture: NamedBody['kind'];
    readonly dimension: number;
    /** The file of the word vectors to start from. */
    readonly vectors?: string;
  };
}

interface CommonAnswers {
  readonly train: DataAnswer;
  readonly test?: DataAnswer | Fraction;
  readonly compress: NonNullable<RawRecipe['compress']>;
  /** Where none lies beside the model: a file of words, or `ids` for data that is indexed already. */
  readonly vocabulary?: { readonly path: string } | 'ids';
  /** Where no settings lie beside the model. */
  readonly text?: Partial<TextSettings>;
}

export interface DataAnswer {
  readonly path: string;
  readonly format: DataSource['format'];
  readonly encoding: DataSource['encoding'];
  /** None for `label-text`. */
  readonly textColumn?: DataSource['textColumn'];
  readonly labelColumn?: Column;
}

/** The recipe that the answers make, with paths relative to its folder. */
export function recipeFromAnswers(answers: Answers, recipeFolder: string): RawRecipe {
  const at: ToRelative = (path) => relativePath(recipeFolder, path);
  const { vocabulary, test } = answers;
  const text: Partial<TextSettings> = {
    ...(vocabulary === 'ids' && { tokenizer: 'ids' }),
    ...answers.text,
  };
  return {
    ...('model' in answers ? { model: at(dirname(answers.model)) } : { train: classifier(answers, at) }),
    ...(Object.keys(text).length > 0 && { text }),
    ...(typeof vocabulary === 'object' && { vocabulary: at(vocabulary.path) }),
    data: {
      train: source(answers.train, at),
      ...(test && { test: 'fraction' in test ? test : source(test, at) }),
    },
    compress: answers.compress,
  };
}

/**
 * Where a model's recipe goes: beside the model's folder, named after it; inside where that folder is the
 * workspace's own.
 */
export function recipePlace(
  model: string,
  workspaceFolder: string | undefined,
): { folder: string; name: string } {
  const modelFolder = dirname(model);
  const folder = modelFolder === workspaceFolder ? modelFolder : dirname(modelFolder);
  return { folder, name: basename(modelFolder) || 'model' };
}

/** The first of NAME.press.json, NAME-2.press.json, … that is not there. */
export function freeRecipePath(folder: string, name: string, exists: (path: string) => boolean): string {
  for (let n = 1; ; n++) {
    const path = join(folder, `${name}${n === 1 ? '' : `-${n}`}.press.json`);
    if (!exists(path)) return path;
  }
}

function classifier({ classifier: { vectors, ...answer } }: ClassifierAnswers, at: ToRelative): RawTrain {
  const { architecture, dimension } = answer;
  return {
    architecture,
    embedding: { dimension, ...(vectors !== undefined && { vectors: at(vectors) }) },
  };
}

type ToRelative = (path: string) => string;

function source(answer: DataAnswer, at: ToRelative): RawSource {
  const { path, format, encoding, textColumn, labelColumn } = answer;
  return {
    path: at(path),
    format,
    ...(textColumn !== undefined && { textColumn }),
    ...(labelColumn !== undefined && { labelColumn }),
    ...(encoding !== 'utf-8' && { encoding }),
  };
}

/** With slashes, so that a recipe runs on every system; another drive has no relative path and stays absolute. */
function relativePath(folder: string, path: string): string {
  const way = relative(folder, path).split(sep).join('/');
  return way === '' ? '.' : way;
}
