import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { inspectCheckpoint, type Inspection } from '../core/checkpoint/inspect.ts';
import { readSettings } from '../core/checkpoint/settings.ts';
import { CancelledError, UserError } from '../core/errors.ts';
import { achievedReduction, rankForReduction } from '../core/cost/reduction.ts';
import { compressDefaults } from '../core/recipe/defaults.ts';
import { formatRecipe } from '../core/recipe/formatRecipe.ts';
import { readVocabulary } from '../core/text/vocabulary.ts';
import { askColumns, askTestData, askTrainingData } from './dataQuestions.ts';
import { readInputLength } from './inputLength.ts';
import { browse, fileItem, findInWorkspace, pick, type PickItem } from './pickFile.ts';
import { freeRecipePath, recipeFromAnswers, recipePlace, type Answers } from './recipeFromAnswers.ts';
import { confirmSmallGain, formatMegabytes } from './smallGain.ts';
import { askText } from './textQuestions.ts';

const offered = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

/**
 * Asks what is needed to compress a model and writes it as a recipe.
 *
 * @param model a model.json; without one it is asked for
 * @returns the recipe's file
 * @throws CancelledError where a question is not answered; nothing is written then
 */
export async function askForRecipe(model?: vscode.Uri): Promise<vscode.Uri> {
  const file = model ?? (await askModel());
  const inspection = await inspectCheckpoint(file.fsPath);
  const { rank } = inspection.spec.embedding;
  if (rank !== undefined) {
    throw new UserError(
      'already-factorized',
      `The model's embedding is already factorized, at rank ${rank}.`,
      'Compress the model that it was made from.',
      { file: file.fsPath },
    );
  }
  await confirmSmallGain(inspection);
  const title = `Compress ${basename(dirname(file.fsPath))}`;
  const vocabulary = inspection.vocabulary === undefined ? await askVocabulary(title) : undefined;
  const text = inspection.text === undefined ? await askTextOf(title, inspection, vocabulary) : undefined;
  const train = await askColumns(title, await askTrainingData(title));
  const reductions = await askReductions(title, inspection);
  const test = await askTestData(title, train);
  return writeRecipe({
    model: file.fsPath,
    train,
    reductions,
    ...(test && { test }),
    ...(vocabulary && { vocabulary }),
    ...(text && { text }),
  });
}

async function askModel(): Promise<vscode.Uri> {
  const browsing = 'browse';
  const models = await findInWorkspace('**/model.json');
  const browseItem: PickItem<typeof browsing> = {
    label: 'Browse…',
    iconPath: new vscode.ThemeIcon('folder-opened'),
    value: browsing,
  };
  const chosen = await pick<vscode.Uri | typeof browsing>(
    [...models.map((file) => ({ ...fileItem(file), label: basename(dirname(file.fsPath)) })), browseItem],
    'Compress Model',
    models.length === 0 ? 'There is no model.json in this workspace' : 'The tfjs layers model to compress',
  );
  return chosen === browsing ? browse('Compress Model', { 'tfjs layers model': ['json'] }) : chosen;
}

/** A model without its words can read nothing but rows that are indexed already. */
async function askVocabulary(title: string): Promise<Answers['vocabulary']> {
  const browsing = 'browse';
  const files = await findInWorkspace('**/*{vocab,words,word_index,tokens}*.{txt,json}');
  const chosen = await pick<vscode.Uri | 'ids' | typeof browsing>(
    [
      ...files.map((file) => fileItem(file)),
      { label: 'Browse…', iconPath: new vscode.ThemeIcon('folder-opened'), value: browsing },
      {
        label: 'None: the Data Hold Rows of the Table',
        description: 'the text column has numbers, one a token',
        value: 'ids',
      },
    ],
    title,
    'No vocabulary lies beside the model: which words do its rows stand for?',
  );
  if (chosen === 'ids') return 'ids';
  const file = chosen === browsing ? await browse(title, { Vocabulary: ['txt', 'json'] }) : chosen;
  return { path: file.fsPath };
}

async function askTextOf(
  title: string,
  { path, spec }: Inspection,
  chosen: Answers['vocabulary'],
): Promise<Answers['text']> {
  const vocabulary =
    chosen === undefined
      ? (await readSettings(dirname(path), spec.embedding.rows)).vocabulary
      : chosen === 'ids'
        ? undefined
        : (await readVocabulary(chosen.path, '')).words;
  return askText(title, { masked: spec.masked, inputLength: await readInputLength(path), vocabulary });
}

async function askReductions(title: string, { spec, storageBytes }: Inspection): Promise<readonly number[]> {
  const { rows, dimension } = spec.embedding;
  const items = offered.map((reduction) => {
    const rank = rankForReduction(reduction, rows, dimension);
    const saved = 4 * rows * dimension * achievedReduction(rank, rows, dimension);
    return {
      label: `${Math.round(100 * reduction)} %`,
      description: `rank ${rank}, ${formatMegabytes(storageBytes - saved)} of ${formatMegabytes(storageBytes)}`,
      picked: compressDefaults.reductions.includes(reduction),
      reduction,
    };
  });
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: 'How much of the embedding to remove; each is tried',
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined || chosen.length === 0) throw new CancelledError();
  return chosen.map(({ reduction }) => reduction);
}

async function writeRecipe(answers: Answers): Promise<vscode.Uri> {
  const workspaceFolder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(answers.model));
  const { folder, name } = recipePlace(answers.model, workspaceFolder?.uri.fsPath);
  const path = freeRecipePath(folder, name, existsSync);
  // `wx`: a file that came in between stays.
  await writeFile(path, formatRecipe(recipeFromAnswers(answers, folder)), { flag: 'wx' });
  return vscode.Uri.file(path);
}
