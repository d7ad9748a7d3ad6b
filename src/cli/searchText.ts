import { bestOf, type Standing, type Target } from '../core/search/halving.ts';
import { standingsOf } from '../core/search/searchTracer.ts';
import { formatBytes } from '../core/sweep/resultsTable.ts';
import type { Results, SearchTrace, TriedModel } from '../core/sweep/trial.ts';
import { table } from './text.ts';

/** What a run's searches tried and what they have chosen, a text each. */
export function searchTexts({ searches = {}, points }: Pick<Results, 'searches' | 'points'>): string[] {
  const { train, retrain, models } = searches;
  return [
    ...(train ? [settingsText('training', train)] : []),
    ...(retrain ? [settingsText('retraining', retrain)] : []),
    ...(models ? [modelsText(models, points)] : []),
  ];
}

/** `the smallest model of validation accuracy 0.8163 or more`. */
export function targetText(target: Target): string {
  switch (target.kind) {
    case 'accuracy':
      return `the smallest model of validation accuracy ${target.floor.toFixed(4)} or more`;
    case 'size':
      return `the most accurate model of ${formatBytes(target.bytes)} or less`;
    case 'any':
      return 'the most accurate settings';
  }
}

function modelsText(search: SearchTrace, points: Results['points']): string {
  const { target, rounds } = search;
  const nameOf = (id: string): string => points.find(({ trial }) => trial === id)?.setting ?? id;
  const lines = rounds.map(({ epochs, trials, tried }, i) => {
    const best = bestOf(standingsOf({ ...search, rounds: rounds.slice(0, i + 1) }), target);
    return [
      String(epochs),
      tried.length === trials.length ? String(tried.length) : `${tried.length} of ${trials.length}`,
      tried.length === 0 ? '-' : Math.max(...tried.map((model) => model.validationAccuracy)).toFixed(4),
      best === undefined ? '-' : nameOf(best.id),
      best === undefined ? '-' : formatBytes(best.bytes),
      best === undefined ? '-' : best.validationAccuracy.toFixed(4),
    ];
  });
  const titles = ['epochs', 'models', 'most accurate', 'best so far', 'size', 'validation'];
  const standings = standingsOf(search);
  const chosen = standings.find(({ id }) => id === search.chosen);
  const nearest = bestOf(standings, { kind: 'any' });
  const found =
    chosen !== undefined
      ? `Chosen: ${nameOf(chosen.id)}, ${formatBytes(chosen.bytes)}, validation ${chosen.validationAccuracy.toFixed(4)} within ${chosen.epochs} epochs.`
      : nearest === undefined
        ? 'No model was tried.'
        : `None is as wanted; ${nameOf(nearest.id)} comes nearest, with ${nearest.validationAccuracy.toFixed(4)}.`;
  const head = `Search for ${targetText(target)}`;
  return `${head}\n${table([titles, ...lines])}\n${endText(search)} ${found}`;
}

/** The settings tried, the most accurate first. */
function settingsText(phase: string, search: SearchTrace): string {
  const last = new Map(search.rounds.flatMap(({ tried }) => tried).map((model) => [model.trial, model]));
  const byAccuracy = (a: TriedModel, b: TriedModel): number =>
    b.epochs - a.epochs || b.validationAccuracy - a.validationAccuracy;
  const lines = [...last.values()]
    .sort(byAccuracy)
    .map(({ trial, training, epochs, validationAccuracy }) => [
      trial === search.chosen ? `${trial} *` : trial,
      ...[training?.rate, training?.batchSize, training?.dropout, training?.wordDropout].map(String),
      String(epochs),
      validationAccuracy.toFixed(4),
    ]);
  const titles = [
    `${phase} settings`,
    'rate',
    'batch size',
    'dropout',
    'word dropout',
    'epochs',
    'validation',
  ];
  return `Random search for the settings of ${phase}\n${table([titles, ...lines])}\n${endText(search)} * Chosen.`;
}

function endText({ end }: SearchTrace): string {
  return {
    complete: 'The search is complete.',
    time: 'The time was over.',
    cancelled: 'The search was stopped.',
  }[end ?? 'cancelled'];
}

/** `task-k4-8bit-s1, 123 kB, validation 0.8133`. */
export function standingText({ id, bytes, validationAccuracy }: Standing): string {
  return `${id}, ${formatBytes(bytes)}, validation ${validationAccuracy.toFixed(4)}`;
}
