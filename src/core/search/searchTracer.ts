import type { SearchName, SearchTrace, TrialEvent, TriedModel } from '../sweep/trial.ts';
import { bestOf, type Standing } from './halving.ts';

type TracedRound = Omit<SearchTrace['rounds'][number], 'tried'> & { readonly tried: Map<string, TriedModel> };

interface Traced extends Omit<SearchTrace, 'rounds'> {
  readonly rounds: readonly TracedRound[];
}

/** Makes the traces of a run's searches from its events, which may come again after a resume. */
export class SearchTracer {
  readonly #traces = new Map<SearchName, Traced>();

  add(event: TrialEvent): void {
    switch (event.type) {
      case 'run':
        // What was stopped goes on.
        for (const [name, { target, rounds, end }] of this.#traces) {
          if (end === 'cancelled') this.#traces.set(name, { target, rounds });
        }
        break;
      case 'round': {
        const { search, epochs, trials, target } = event;
        const rounds = this.#traces.get(search)?.rounds ?? [];
        this.#traces.set(search, { target, rounds: [...rounds, { epochs, trials, tried: new Map() }] });
        break;
      }
      case 'result': {
        const { trial, epochs = 0, storageBytes, validationAccuracy, training } = event.result;
        for (const { rounds } of this.#traces.values()) {
          const round = rounds.at(-1);
          if (!round?.trials.includes(trial)) continue;
          const model = { trial, epochs, storageBytes, validationAccuracy, ...(training && { training }) };
          round.tried.set(trial, model);
        }
        break;
      }
      case 'choice': {
        const { search, trial, end } = event;
        const trace = this.#traces.get(search);
        if (trace) this.#traces.set(search, { ...trace, ...(trial !== undefined && { chosen: trial }), end });
        break;
      }
    }
  }

  /** None before the search's first round. */
  trace(search: SearchName): SearchTrace | undefined {
    const trace = this.#traces.get(search);
    return (
      trace && {
        ...trace,
        rounds: trace.rounds.map((round) => ({ ...round, tried: [...round.tried.values()] })),
      }
    );
  }

  /** Of all searches that have begun. */
  traces(): Partial<Record<SearchName, SearchTrace>> {
    return Object.fromEntries([...this.#traces.keys()].map((name) => [name, this.trace(name)]));
  }
}

/** How all stand that a search has tried. */
export function standingsOf({ rounds }: SearchTrace): Standing[] {
  const last = new Map(rounds.flatMap(({ tried }) => tried).map((model) => [model.trial, model]));
  return [...last.values()].map(({ trial, storageBytes, epochs, validationAccuracy }) => ({
    id: trial,
    bytes: storageBytes,
    epochs,
    validationAccuracy,
  }));
}

/** The model that a search has chosen, or would if it ended now. */
export function bestSoFar(trace: SearchTrace): string | undefined {
  return trace.chosen ?? bestOf(standingsOf(trace), trace.target)?.id;
}
