import * as l10n from '@vscode/l10n';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { NamedBody } from '../../core/checkpoint/checkpoint.ts';
import { trainDefaults } from '../../core/recipe/defaults.ts';
import { askToCompress } from '../compressModel.ts';
import { askColumns, askTestData, askTrainingData } from '../dataQuestions.ts';
import { fileItem, findInWorkspace } from '../pickFile.ts';
import type { Answers } from '../recipeFromAnswers.ts';
import { Questions } from './questions.ts';
import { askCompression } from './methodsQuestion.ts';
import { nameOfRecipe, wrongName } from './recipeName.ts';
import { askInSteps } from './steps.ts';
import { readVectorsDimension } from './vectorsDimension.ts';
import { placeFor, writeRecipe } from './writeRecipe.ts';

/** Asks for a recipe of either kind, writes it and opens it. @throws CancelledError */
export async function newRecipe(): Promise<vscode.Uri> {
  const { answers, path } = await askInSteps(async (steps) => {
    const questions = new Questions(steps, l10n.t('New Recipe'));
    const subject = await askSubject(questions);
    const answers =
      subject === 'model'
        ? await askToCompress(questions, (asked, model) => askCompression(asked, model, false))
        : await askToTrain(questions, subject);
    return { answers, path: await askPath(questions, answers) };
  });
  const recipe = await writeRecipe(answers, path);
  await vscode.window.showTextDocument(recipe, { preview: false });
  return recipe;
}

type Architecture = NamedBody['kind'];

function askSubject(questions: Questions): Promise<'model' | Architecture> {
  return questions.pick<'model' | Architecture>(
    [
      {
        label: l10n.t('Compress a Model'),
        detail: l10n.t('You have a tfjs layers model and sentences to retrain it with.'),
        iconPath: new vscode.ThemeIcon('fold'),
        value: 'model',
      },
      {
        label: l10n.t('Train a New Classifier, and Compress It: DAN'),
        detail: l10n.t('Averages the word vectors of a sentence; trained in seconds.'),
        iconPath: new vscode.ThemeIcon('sparkle'),
        value: 'dan',
      },
      {
        label: l10n.t('Train a New Classifier, and Compress It: LSTM'),
        detail: l10n.t('Reads the words in their order; takes longer.'),
        iconPath: new vscode.ThemeIcon('sparkle'),
        value: 'lstm',
      },
      {
        label: l10n.t('Train a New Classifier, and Compress It: BiLSTM'),
        detail: l10n.t('Reads the words from both ends; takes twice as long as an LSTM.'),
        iconPath: new vscode.ThemeIcon('sparkle'),
        value: 'bilstm',
      },
      {
        label: l10n.t('Train a New Classifier, and Compress It: GRU'),
        detail: l10n.t('Reads the words in their order with three quarters of an LSTM’s weights.'),
        iconPath: new vscode.ThemeIcon('sparkle'),
        value: 'gru',
      },
      {
        label: l10n.t('Train a New Classifier, and Compress It: CNN'),
        detail: l10n.t('Looks for telling phrases of a few words.'),
        iconPath: new vscode.ThemeIcon('sparkle'),
        value: 'cnn',
      },
    ],
    l10n.t('What is the recipe for?'),
  );
}

async function askToTrain(questions: Questions, architecture: Architecture): Promise<Answers> {
  const file = await askTrainingData(questions, l10n.t('Labelled sentences to train with'));
  const train = await askColumns(questions, file);
  const vectors = await askVectors(questions);
  const dimension =
    vectors === 'none' ? await askDimension(questions) : await readVectorsDimension(vectors.fsPath);
  const compress = await askCompression(questions, { rows: undefined, dimension }, true);
  const test = await askTestData(questions, train);
  return {
    classifier: { architecture, dimension, ...(vectors !== 'none' && { vectors: vectors.fsPath }) },
    train,
    compress,
    ...(test && { test }),
  };
}

function askVectors(questions: Questions): Promise<vscode.Uri | 'none'> {
  return questions.pickFile<'none'>(
    async () =>
      (await findInWorkspace('**/*{glove,word2vec,vectors,fasttext}*.{txt,bin,vec}')).map((file) =>
        fileItem(file),
      ),
    l10n.t('Word vectors to start from'),
    { [l10n.t('Word Vectors')]: ['txt', 'bin', 'vec'], [l10n.t('All Files')]: ['*'] },
    {
      first: [
        {
          label: l10n.t('No Word Vectors'),
          description: l10n.t('the table starts at random and is learned from your sentences alone'),
          value: 'none',
        },
      ],
    },
  );
}

const mostDimensions = 4096;

async function askDimension(questions: Questions): Promise<number> {
  const answer = await questions.input(
    l10n.t('How many numbers stand for a word?'),
    String(trainDefaults.dimension),
    (text) =>
      /^[1-9]\d{0,3}$/.test(text.trim()) && Number(text) <= mostDimensions
        ? undefined
        : l10n.t('A whole number from 1 to {0}.', mostDimensions),
  );
  return Number(answer);
}

async function askPath(questions: Questions, answers: Answers): Promise<string> {
  const { folder, path } = placeFor(answers);
  const name = await questions.input(
    l10n.t(
      'The name of the recipe. It is written to {0}.',
      dirname(vscode.workspace.asRelativePath(path, true)),
    ),
    nameOfRecipe(basename(path)),
    (text) => wrongName(text, (file) => existsSync(join(folder, file))),
  );
  return join(folder, `${nameOfRecipe(name)}.press.json`);
}
