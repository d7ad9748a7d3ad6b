import * as l10n from '@vscode/l10n';
import { dirname } from 'node:path';
import type * as vscode from 'vscode';
import { inputNames, textLayouts } from '../core/checkpoint/graph/inputLength.ts';
import { inspectCheckpoint, type Inspection } from '../core/checkpoint/inspect.ts';
import { readSettings } from '../core/checkpoint/settings.ts';
import { UserError } from '../core/errors.ts';
import { readTokenizer } from '../core/text/vocabulary.ts';
import { askColumns, askTestData, askTrainingData } from './dataQuestions.ts';
import { readInputLength } from './inputLength.ts';
import { fileItem, findInWorkspace, modelLabel } from './pickFile.ts';
import type { Answers } from './recipeFromAnswers.ts';
import { Questions } from './recipe/questions.ts';
import type { KnownModel } from './recipe/rankEffect.ts';
import { askReductions } from './recipe/reductionsQuestion.ts';
import { askInSteps } from './recipe/steps.ts';
import { placeFor, writeRecipe } from './recipe/writeRecipe.ts';
import { confirmSmallGain } from './smallGain.ts';
import { askText } from './textQuestions.ts';

/**
 * Asks what is needed to compress a model and writes it as a recipe.
 *
 * @param model a model.json, or a file of Keras; without one it is asked for
 * @returns the recipe's file
 * @throws CancelledError where a question is not answered; nothing is written then
 */
export async function askForRecipe(model?: vscode.Uri): Promise<vscode.Uri> {
  const answers = await askInSteps((steps) =>
    askToCompress(new Questions(steps, l10n.t('Compress Model')), askFactors, model),
  );
  return writeRecipe(answers, placeFor(answers).path);
}

/** The shortest way to a result: the default method, and how far. */
async function askFactors(questions: Questions, model: KnownModel): Promise<Answers['compress']> {
  return { reductions: await askReductions(questions, model) };
}

/**
 * What is needed to compress a model.
 * @param askCompression how to compress its embedding
 * @param model where it is chosen already
 */
export async function askToCompress(
  questions: Questions,
  askCompression: (questions: Questions, model: KnownModel) => Promise<Answers['compress']>,
  model?: vscode.Uri,
): Promise<Answers> {
  const file = model ?? (await askModel(questions));
  const inspection = await inspectCheckpoint(file.fsPath);
  const { spec } = inspection;
  if (spec.embedding.rank !== undefined) {
    throw new UserError(
      'already-factorized',
      l10n.t("The model's embedding is already factorized, at rank {0}.", spec.embedding.rank),
      l10n.t('Compress the model that it was made from.'),
      { file: file.fsPath },
    );
  }
  await questions.once(async () => {
    await confirmSmallGain(inspection);
    return true;
  });
  const ofModel = questions.under(l10n.t('Compress {0}', modelLabel(file)));
  const vocabulary = inspection.vocabulary === undefined ? await askVocabulary(ofModel) : undefined;
  const text = inspection.text === undefined ? await askTextOf(ofModel, inspection, vocabulary) : undefined;
  const placeholder = l10n.t('Labelled sentences to retrain the model with');
  const inputs = inputNames(spec);
  const train = await askColumns(ofModel, await askTrainingData(ofModel, placeholder), inputs);
  const { rows, dimension } = spec.embedding;
  const compress = await askCompression(ofModel, { rows, dimension, spec });
  const test = await askTestData(ofModel, train, inputs);
  return {
    model: file.fsPath,
    train,
    compress,
    ...(test && { test }),
    ...(vocabulary && { vocabulary }),
    ...(text && { text }),
  };
}

function askModel(questions: Questions): Promise<vscode.Uri> {
  return questions.pickFile(
    async () =>
      (await findInWorkspace('**/{model.json,*.keras,*.h5}')).map((file) => ({
        ...fileItem(file),
        label: modelLabel(file),
      })),
    (found) =>
      found === 0
        ? l10n.t('There is no model in this workspace')
        : l10n.t('The tfjs or Keras model to compress'),
    { [l10n.t('tfjs or Keras model')]: ['json', 'keras', 'h5'] },
  );
}

/** A model without its words can read nothing but rows that are indexed already. */
async function askVocabulary(questions: Questions): Promise<Answers['vocabulary']> {
  const chosen = await questions.pickFile<'ids'>(
    async () =>
      (await findInWorkspace('**/*{vocab,words,word_index,tokens}*.{txt,json}')).map((file) =>
        fileItem(file),
      ),
    l10n.t('No vocabulary lies beside the model: which words do its rows stand for?'),
    { [l10n.t('Vocabulary')]: ['txt', 'json'] },
    {
      last: [
        {
          label: l10n.t('None: the Data Hold Rows of the Table'),
          description: l10n.t('the text column has numbers, one a token'),
          value: 'ids',
        },
      ],
    },
  );
  return chosen === 'ids' ? 'ids' : { path: chosen.fsPath };
}

async function askTextOf(
  questions: Questions,
  inspection: Inspection,
  chosen: Answers['vocabulary'],
): Promise<Answers['text']> {
  const read = typeof chosen === 'object' ? await readTokenizer(chosen.path) : undefined;
  const { path, spec } = inspection;
  const { embedding, masked } = spec;
  const beside =
    chosen === undefined ? await readSettings(dirname(path), { ...embedding, masked }) : undefined;
  const vocabulary = beside?.vocabulary ?? read?.words;
  return askText(questions, {
    masked: spec.masked,
    inputLength: await lengthOf(inspection),
    vocabulary,
    ...(read && { tokenizer: read.text }),
  });
}

/** Tokens of a sentence, or of the longest text of several, where the model says it of each. */
async function lengthOf({ path, spec }: Inspection): Promise<number | undefined> {
  const layouts = textLayouts(spec, Infinity);
  if (layouts === undefined) return readInputLength(path);
  const longest = Math.max(...layouts.map(({ length }) => length));
  return longest === Infinity ? undefined : longest;
}
