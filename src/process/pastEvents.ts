import { SearchTracer } from '../core/search/searchTracer.ts';
import type { RunEvent, TrialEvent, TrialResult } from '../core/sweep/trial.ts';

/**
 * What a run has told before it was resumed, or before a worker died. A trial that goes on from its last finished
 * epoch repeats the steps since then, with the same figures: they are told once.
 */
export class PastEvents {
  readonly results = new Map<string, TrialResult>();
  readonly searches = new SearchTracer();
  planned = false;
  readonly #steps = new Map<string, number>();
  readonly #epochs = new Map<string, number>();
  readonly #evaluated = new Set<string>();

  readonly #events: readonly RunEvent[];

  constructor(events: readonly RunEvent[]) {
    this.#events = events;
    for (const event of events) this.add(event);
  }

  /** Gives the events of before, in their order. */
  replay(record: (event: RunEvent) => void): void {
    this.#events.forEach(record);
  }

  /** Takes the event in; true when it is new. */
  add(event: TrialEvent): boolean {
    this.searches.add(event);
    switch (event.type) {
      case 'plan':
        this.planned = true;
        return true;
      case 'step':
        return raise(this.#steps, event.trial, event.step);
      case 'epoch':
        return raise(this.#epochs, event.trial, event.epoch);
      case 'evaluation': {
        const known = this.#evaluated.has(event.trial);
        this.#evaluated.add(event.trial);
        return !known;
      }
      case 'result':
        this.results.set(event.result.trial, event.result);
        return true;
      default:
        return true;
    }
  }
}

/** Sets the key's highest value; true when this one is higher. */
function raise(highest: Map<string, number>, key: string, value: number): boolean {
  const known = highest.get(key);
  if (known !== undefined && value <= known) return false;
  highest.set(key, value);
  return true;
}
