import { formatBytes } from '../sweep/resultsTable.ts';
import type { Results, SearchTrace, TrialResult, TriedModel } from '../sweep/trial.ts';
import { bestOf, type Target } from './halving.ts';
import { standingsOf } from './searchTracer.ts';

/** What a search tried, round by round, and what it has chosen, as plain text. */
export function searchTable({
  search,
  points,
}: Pick<Results, 'points'> & { readonly search: SearchTrace }): string {
  const { target, rounds } = search;
  const names = new Map(points.map(({ trial, setting }) => [trial, setting ?? trial]));
  const lines = rounds.map(({ epochs, trials, tried }, i) => {
    const best = bestOf(standingsOf({ ...search, rounds: rounds.slice(0, i + 1) }), target);
    const met = tried.filter((model) => meets(model, target)).length;
    return [
      String(epochs),
      tried.length === trials.length ? String(tried.length) : `${tried.length} of ${trials.length}`,
      tried.length === 0 ? '-' : Math.max(...tried.map((model) => model.validationAccuracy)).toFixed(4),
      String(met),
      best === undefined ? '-' : (names.get(best.id) ?? best.id),
      best === undefined ? '-' : formatBytes(best.bytes),
      best === undefined ? '-' : best.validationAccuracy.toFixed(4),
    ];
  });
  const titles = [
    'epochs',
    'models',
    'most accurate',
    'meet the target',
    'best so far',
    'size',
    'validation',
  ];
  const widths = titles.map((title, c) =>
    Math.max(title.length, ...lines.map((line) => line[c]?.length ?? 0)),
  );
  const table = [titles, widths.map((width) => '-'.repeat(width)), ...lines].map((line) =>
    line.map((cell, c) => cell.padStart(widths[c] ?? 0)).join('  '),
  );
  return [`Search for ${targetText(target)}`, ...table, choiceText(search, points)].join('\n');
}

/** `the smallest model of validation accuracy 0.8163 or more`. */
export function targetText(target: Target): string {
  return target.kind === 'accuracy'
    ? `the smallest model of validation accuracy ${target.floor.toFixed(4)} or more`
    : `the most accurate model of ${formatBytes(target.bytes)} or less`;
}

function choiceText({ target, chosen, end, rounds }: SearchTrace, points: readonly TrialResult[]): string {
  const why = {
    complete: 'The search is complete.',
    time: 'The time was over.',
    cancelled: 'The search was stopped.',
  }[end ?? 'cancelled'];
  const result = points.find(({ trial }) => trial === chosen);
  if (result !== undefined) {
    const { setting, storageBytes, validationAccuracy, epochs = 0 } = result;
    return `${why} Chosen: ${setting ?? result.trial}, ${formatBytes(storageBytes)}, validation ${validationAccuracy.toFixed(4)} within ${epochs} epochs.`;
  }
  const tried = rounds.flatMap((round) => round.tried);
  const nearest = tried.sort((a, b) => b.validationAccuracy - a.validationAccuracy)[0];
  if (nearest === undefined) return `${why} No model was tried.`;
  const name = points.find(({ trial }) => trial === nearest.trial)?.setting ?? nearest.trial;
  return `${why} None of the models is ${targetText(target)}; ${name} comes nearest, with ${nearest.validationAccuracy.toFixed(4)}.`;
}

function meets({ storageBytes, validationAccuracy }: TriedModel, target: Target): boolean {
  return target.kind === 'accuracy' ? validationAccuracy >= target.floor : storageBytes <= target.bytes;
}
