import * as l10n from '@vscode/l10n';
import { bestSoFar, standingsOf } from '../src/core/search/searchTracer.ts';
import type { DrawnSettings } from '../src/core/recipe/recipe.ts';
import type { SearchTrace } from '../src/core/sweep/trial.ts';

/** Settings of a training that a random search has tried, and how far. */
export interface TriedSettings extends DrawnSettings {
  readonly trial: string;
  readonly epochs: number;
  readonly validationAccuracy: number;
  /** Whether the search has chosen them, or would if it ended now. */
  readonly isBest: boolean;
}

/** In the order in which they were drawn: the recipe's own come first. */
export function triedSettings(trace: SearchTrace): TriedSettings[] {
  const best = bestSoFar(trace);
  const drawn = new Map(
    trace.rounds.flatMap(({ tried }) => tried).map(({ trial, training }) => [trial, training]),
  );
  return standingsOf(trace).flatMap(({ id, epochs, validationAccuracy }) => {
    const training = drawn.get(id);
    return training ? [{ ...training, trial: id, epochs, validationAccuracy, isBest: id === best }] : [];
  });
}

/** How a search for the settings of a training stands. */
export function describeSettingsSearch({ end }: SearchTrace): string {
  switch (end) {
    case 'complete':
      return l10n.t('The search is complete; the models are trained with the best settings.');
    case 'time':
      return l10n.t('The time was over; the models are trained with the best settings so far.');
    case 'cancelled':
      return l10n.t('The search was stopped.');
    default:
      return l10n.t('The search goes on.');
  }
}
