import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { meanResult } from '../core/sweep/results.ts';
import { resultsCells } from '../core/sweep/resultsTable.ts';
import type { TrialResult } from '../core/sweep/trial.ts';
import { finishedTrials } from '../process/finishedTrials.ts';
import { markdownTable, tabSeparated } from './tableText.ts';

/** Copies a run's table of results, as a spreadsheet takes it; or as markdown, on demand. */
export async function copyResults(folder: string, recipe: string): Promise<void> {
  const cells = tableOf(await finishedTrials(folder));
  if (cells.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('Embedding Press: {0} has no results yet.', recipe));
    return;
  }
  await vscode.env.clipboard.writeText(tabSeparated(cells));
  const markdown = l10n.t('Copy as Markdown');
  const message = l10n.t('Embedding Press: the results of {0} are copied, ready for a spreadsheet.', recipe);
  void vscode.window.showInformationMessage(message, markdown).then(async (chosen) => {
    if (chosen === markdown) await vscode.env.clipboard.writeText(markdownTable(cells));
  });
}

function tableOf(trials: readonly TrialResult[]): string[][] {
  const mean = (wanted: TrialResult['kind']): object => {
    const some = trials.filter(({ kind }) => kind === wanted);
    return some.length === 0 ? {} : { [wanted]: meanResult(some) };
  };
  const points = trials.filter(({ kind }) => kind === 'point');
  return resultsCells({ ...mean('baseline'), ...mean('control'), points });
}
