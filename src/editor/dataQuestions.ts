import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.ts';
import { sourceDefaults } from '../core/recipe/defaults.ts';
import type { Column, DataSource, Fraction } from '../core/recipe/recipe.ts';
import { previewData, type DataPreview } from './dataPreview.ts';
import { fileItem, findInWorkspace, type PickItem } from './pickFile.ts';
import type { DataAnswer } from './recipeFromAnswers.ts';
import type { Questions } from './recipe/questions.ts';

type ColumnNames = Pick<DataSource, 'textColumn' | 'labelColumn'>;

const dataFiles = '**/*.{tsv,csv,jsonl,txt}';

/** Asks for the training data, with the first row of each file in sight. */
export function askTrainingData(questions: Questions, placeholder: string): Promise<vscode.Uri> {
  return questions.pickFile(dataItems, placeholder, dataFilters());
}

/**
 * Asks for the test data, if there are any; in the same format they have the same columns.
 * @param inputs as `askColumns`
 */
export async function askTestData(
  questions: Questions,
  train: DataAnswer,
  inputs?: readonly string[],
): Promise<DataAnswer | Fraction | undefined> {
  const chosen = await questions.pickFile<'none' | 'fraction'>(
    async () => (await dataItems()).filter(({ value }) => value.fsPath !== train.path),
    l10n.t('Test data for the report at the end (optional)'),
    dataFilters(),
    {
      first: [
        { label: l10n.t('No Test Data'), value: 'none' },
        {
          label: l10n.t('A Tenth of the Training Data'),
          description: l10n.t('kept apart from training, chosen by chance'),
          value: 'fraction',
        },
      ],
    },
  );
  if (chosen === 'none') return undefined;
  if (chosen === 'fraction') return { fraction: 0.1 };
  const { format, encoding } = await previewOf(chosen);
  if (format !== train.format) return askColumns(questions, chosen, inputs);
  return { ...train, path: chosen.fsPath, encoding };
}

/**
 * Asks which columns hold the text and the label, where that is not plain.
 * @param inputs of a model that takes several texts, by name: each has a column
 */
export async function askColumns(
  questions: Questions,
  file: vscode.Uri,
  inputs?: readonly string[],
): Promise<DataAnswer> {
  const preview = await previewOf(file);
  const { format, encoding, columns } = preview;
  const answer = { path: file.fsPath, format, encoding };
  if (format === 'label-text') {
    if (inputs === undefined) return answer;
    throw new UserError(
      'text-columns',
      l10n.t('The lines have one text each, and the model takes {0}: {1}.', inputs.length, inputs.join(', ')),
      l10n.t('Choose a file with a column for each.'),
      { file: file.fsPath, line: 1 },
    );
  }
  if (columns.length < 2) {
    throw new UserError(
      'too-few-columns',
      columns.length === 1
        ? l10n.t('The first row has one column, where a text and a label are needed.')
        : l10n.t('The first row has no columns, where a text and a label are needed.'),
      l10n.t('Choose a file with both, separated as its ending says.'),
      { file: file.fsPath, line: 1 },
    );
  }
  const plain = plainColumns(preview, inputs);
  if (plain !== undefined) return { ...answer, ...plain };
  let hasHeader = preview.hasHeader;
  for (;;) {
    const items = columnItems(preview, hasHeader);
    const toggle: PickItem<null> = {
      label: hasHeader ? l10n.t('The First Row Is No Header') : l10n.t('The First Row Is the Header'),
      iconPath: new vscode.ThemeIcon('arrow-swap'),
      value: null,
    };
    const [first, ...further] = inputs ?? [];
    const text = await questions.pick<Column | null>(
      format === 'jsonl' ? items : [...items, toggle],
      first === undefined ? l10n.t('Which column holds the text?') : questionOf(first),
    );
    if (text === null) {
      hasHeader = !hasHeader;
      continue;
    }
    const texts = [text];
    for (const input of further) texts.push(await questions.pick(items, questionOf(input)));
    const others = items.filter(({ value }) => !texts.includes(value));
    const label =
      others.length === 1 && others[0]
        ? others[0].value
        : await questions.pick(others.reverse(), l10n.t('Which column holds the label?'));
    return { ...answer, textColumn: inputs === undefined ? text : texts, labelColumn: label };
  }
}

function questionOf(input: string): string {
  return l10n.t('Which column holds the text for the model’s input {0}?', input);
}

/** The columns where they have the names that a recipe takes for granted, or those of the model's inputs. */
function plainColumns(
  { hasHeader, columns }: DataPreview,
  inputs?: readonly string[],
): ColumnNames | undefined {
  const { textColumn, labelColumn } = sourceDefaults;
  const names = new Set(columns.map(({ name }) => name));
  const arePlain = hasHeader && [...(inputs ?? [textColumn]), labelColumn].every((name) => names.has(name));
  return arePlain ? { textColumn: inputs ?? textColumn, labelColumn } : undefined;
}

/** The likeliest text, the longest, first. */
function columnItems({ columns }: DataPreview, hasHeader: boolean): PickItem<string | number>[] {
  return columns
    .map(({ name, first, second }, i) => ({
      label: hasHeader ? String(name) : l10n.t('Column {0}', i + 1),
      description: hasHeader ? second : first,
      value: hasHeader ? name : i,
    }))
    .sort((a, b) => b.description.length - a.description.length);
}

async function dataItems(): Promise<PickItem<vscode.Uri>[]> {
  const files = await findInWorkspace(dataFiles);
  const items = await Promise.all(
    files.map(async (file) => {
      const preview = await previewData(file.fsPath).catch(() => undefined);
      // A list of words, as a vocabulary, has no labels, nor have word vectors.
      if (preview === undefined || !looksLabelled(preview)) return [];
      return [fileItem(file, preview.sample)];
    }),
  );
  const isTraining = ({ label }: PickItem<vscode.Uri>): number => (/train/i.test(label) ? 0 : 1);
  return items.flat().sort((a, b) => isTraining(a) - isTraining(b));
}

function looksLabelled({ format, columns, sample }: DataPreview): boolean {
  return format === 'label-text' ? /\S\s+\S/.test(sample) && !isOfVectors(sample) : columns.length >= 2;
}

/** A word and its numbers, or the sizes that word2vec's text begins with. */
function isOfVectors(line: string): boolean {
  return /^\S+(?: -?\d*\.\d+(?:e-?\d+)?){3}|^\d+ \d+$/.test(line);
}

function dataFilters(): Record<string, string[]> {
  return { [l10n.t('Sentences')]: ['tsv', 'csv', 'jsonl', 'txt'], [l10n.t('All Files')]: ['*'] };
}

async function previewOf(file: vscode.Uri): Promise<DataPreview> {
  const preview = await previewData(file.fsPath);
  if (preview !== undefined) return preview;
  throw new UserError('empty-file', l10n.t('The file holds no sentences.'), l10n.t('Choose another file.'), {
    file: file.fsPath,
  });
}
