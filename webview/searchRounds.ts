import * as l10n from '@vscode/l10n';
import { bestOf, type Standing, type Target } from '../src/core/search/halving.ts';
import { bestSoFar, standingsOf } from '../src/core/search/searchTracer.ts';
import type { SearchTrace } from '../src/core/sweep/trial.ts';
import { formatAccuracy, formatBytes, NONE } from './format.ts';
import { modelName, type ModelRow } from './modelRows.ts';

/** A round of a search as the page shows it. */
export interface ShownRound {
  readonly epochs: string;
  /** Tried of those that the round had. */
  readonly models: string;
  readonly mostAccurate: string;
  /** Of all that were tried until its end. */
  readonly best: Standing | undefined;
}

export function shownRounds(trace: SearchTrace): ShownRound[] {
  return trace.rounds.map(({ epochs, trials, tried }, i) => ({
    epochs: String(epochs),
    models:
      tried.length === trials.length
        ? String(tried.length)
        : l10n.t('{0} of {1}', tried.length, trials.length),
    mostAccurate:
      tried.length === 0
        ? NONE
        : formatAccuracy(Math.max(...tried.map(({ validationAccuracy }) => validationAccuracy))),
    best: bestOf(standingsOf({ ...trace, rounds: trace.rounds.slice(0, i + 1) }), trace.target),
  }));
}

/** The model that a search has chosen, or would if it ended now. */
export function searchedRow(
  trace: SearchTrace | undefined,
  points: readonly ModelRow[],
): ModelRow | undefined {
  const trial = trace && bestSoFar(trace);
  return trial === undefined ? undefined : points.find(({ trials }) => trials.includes(trial));
}

export function describeTarget(target: Target): string {
  switch (target.kind) {
    case 'accuracy':
      return l10n.t(
        'The smallest model of a validation accuracy of {0} or more is looked for.',
        formatAccuracy(target.floor),
      );
    case 'size':
      return l10n.t('The most accurate model of {0} or less is looked for.', formatBytes(target.bytes));
    case 'any':
      return l10n.t('The most accurate settings are looked for.');
  }
}

/** How the search stands, and what it has found. */
export function describeSearch({ end }: SearchTrace, found: ModelRow | undefined): string {
  const name = found && modelName(found);
  switch (end) {
    case 'complete':
      return name === undefined
        ? l10n.t('The search is complete: no model reaches this.')
        : l10n.t('The search is complete: {0}.', name);
    case 'time':
      return name === undefined
        ? l10n.t('The time was over before a model reached this.')
        : l10n.t('The time was over. The best so far: {0}.', name);
    case 'cancelled':
      return name === undefined
        ? l10n.t('The search was stopped before a model reached this.')
        : l10n.t('The search was stopped. The best so far: {0}.', name);
    default:
      return name === undefined ? l10n.t('None so far.') : l10n.t('Best so far: {0}.', name);
  }
}
