import type { SearchTrace, TrialEvent, TriedModel } from '../sweep/trial.ts';
import { bestOf, type Standing } from './halving.ts';

type TracedRound = SearchTrace['rounds'][number];

/** Makes the trace of a run's search from its events, which may come again after a resume. */
export class SearchTracer {
  #rounds: (Omit<TracedRound, 'tried'> & { readonly tried: Map<string, TriedModel> })[] = [];
  #target: SearchTrace['target'] | undefined;
  #choice: Pick<SearchTrace, 'chosen' | 'end'> = {};

  add(event: TrialEvent): void {
    switch (event.type) {
      case 'run':
        this.#choice = {};
        break;
      case 'round': {
        const { epochs, trials, target } = event;
        this.#target = target;
        this.#choice = {};
        this.#rounds.push({ epochs, trials, tried: new Map() });
        break;
      }
      case 'result': {
        const { trial, epochs = 0, storageBytes, validationAccuracy } = event.result;
        const round = this.#rounds.at(-1);
        if (round?.trials.includes(trial)) {
          round.tried.set(trial, { trial, epochs, storageBytes, validationAccuracy });
        }
        break;
      }
      case 'choice':
        this.#choice = { ...(event.trial !== undefined && { chosen: event.trial }), end: event.end };
        break;
    }
  }

  /** None before the first round. */
  trace(): SearchTrace | undefined {
    if (this.#target === undefined) return undefined;
    const rounds = this.#rounds.map((round) => ({ ...round, tried: [...round.tried.values()] }));
    return { target: this.#target, rounds, ...this.#choice };
  }
}

/** How all stand that a search has tried. */
export function standingsOf({ rounds }: SearchTrace): Standing[] {
  const last = new Map(rounds.flatMap(({ tried }) => tried).map((model) => [model.trial, model]));
  return [...last.values()].map(({ trial, storageBytes, ...rest }) => ({
    id: trial,
    bytes: storageBytes,
    ...rest,
  }));
}

/** The model that a search has chosen, or would if it ended now. */
export function bestSoFar(trace: SearchTrace): string | undefined {
  return bestOf(standingsOf(trace), trace.target)?.id;
}
