import type { RunEvent } from '../core/sweep/trial.ts';

interface Place {
  readonly event: RunEvent;
  /** Among all events. */
  readonly position: number;
  /** Which of its trial's steps it is; undefined for all other events, which are kept. */
  readonly step: number | undefined;
}

/**
 * The events of a run, as they are read, with at most about `most` of the steps: evenly in each trial, and always a
 * trial's last. A long run has more steps than a chart has pixels, and the host never holds them all.
 */
export class ThinnedEvents {
  readonly #most: number;
  readonly #steps = new Map<string, number>();
  readonly #last = new Map<string, Place>();
  #kept: Place[] = [];
  #keptSteps = 0;
  #stride = 1;
  #position = 0;

  constructor(most = 20_000) {
    this.#most = most;
  }

  add(events: readonly RunEvent[]): void {
    for (const event of events) this.#add(event);
  }

  /** In their order. */
  all(): RunEvent[] {
    const left = [...this.#last.values()].filter((place) => !this.#isKept(place));
    const places = left.length === 0 ? this.#kept : [...this.#kept, ...left];
    return places.sort((a, b) => a.position - b.position).map(({ event }) => event);
  }

  #add(event: RunEvent): void {
    const position = this.#position++;
    if (event.type !== 'step') {
      this.#kept.push({ event, position, step: undefined });
      return;
    }
    const step = this.#steps.get(event.trial) ?? 0;
    this.#steps.set(event.trial, step + 1);
    const place = { event, position, step };
    this.#last.set(event.trial, place);
    if (!this.#isKept(place)) return;
    this.#kept.push(place);
    if (++this.#keptSteps <= this.#most) return;
    const others = this.#kept.length - this.#keptSteps;
    this.#stride *= 2;
    this.#kept = this.#kept.filter((kept) => this.#isKept(kept));
    this.#keptSteps = this.#kept.length - others;
  }

  #isKept({ step }: Place): boolean {
    return step === undefined || step % this.#stride === 0;
  }
}
