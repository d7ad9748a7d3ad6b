import { setImmediate } from 'node:timers/promises';
import type { Results, RunEvent } from '../core/sweep/trial.ts';
import { EventTail } from '../process/eventLog.ts';
import { runPaths } from '../process/runFolder.ts';
import { readRunJson } from '../process/runJson.ts';
import { isGoing, type RunStatus } from '../process/runStatus.ts';
import { saidOnPage } from './pageError.ts';
import type { HostMessage, PanelStatus } from './panelProtocol.ts';
import { ThinnedEvents } from './thinnedEvents.ts';

const batchMs = 300;
/** Events of one message, which is written out as JSON at one go. */
const batchEvents = 1000;

/** Tells a panel's page what is in a run's folder: first all of it, then what is added. */
export class PanelFeed {
  readonly #folder: string;
  readonly #post: (message: HostMessage) => void;
  readonly #fail: (error: unknown) => void;
  #tail: EventTail | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Reads one after the other, so that no message overtakes another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(folder: string, post: (message: HostMessage) => void, fail: (error: unknown) => void) {
    this.#folder = folder;
    this.#post = post;
    this.#fail = fail;
  }

  /** Sends everything, for a page that has just come to life. */
  snapshot(status: RunStatus): void {
    this.#queue(async () => {
      const tail = new EventTail(runPaths(this.#folder).events);
      const thinned = new ThinnedEvents();
      for await (const piece of tail.pieces()) thinned.add(piece);
      const events = thinned.all();
      const first = events.slice(0, batchEvents);
      const results = await this.#results(status);
      this.#tail = tail;
      this.#post({
        type: 'snapshot',
        run: { key: this.#folder, recipe: status.recipe, startedAt: status.startedAt },
        status: panelStatus(status),
        events: first,
        ...(results && { results }),
      });
      await this.#postEvents(events.slice(batchEvents));
    });
    this.#follow(status);
  }

  /** Sends where the run stands, and the results of one that has ended. */
  update(status: RunStatus): void {
    this.#queue(() => this.#sendEvents());
    this.#queue(async () => {
      if (this.#tail === undefined) return;
      const results = await this.#results(status);
      if (results) this.#post({ type: 'results', results });
      this.#post({ type: 'status', status: panelStatus(status) });
    });
    this.#follow(status);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#tail = undefined;
  }

  #follow(status: RunStatus): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!isGoing(status.state)) return;
    this.#timer = setInterval(() => {
      this.#queue(() => this.#sendEvents());
    }, batchMs);
  }

  async #results({ state }: RunStatus): Promise<Results | undefined> {
    return isGoing(state) ? undefined : readRunJson<Results>(runPaths(this.#folder).results);
  }

  async #sendEvents(): Promise<void> {
    await this.#postEvents((await this.#tail?.read()) ?? []);
  }

  /** In batches, between which the host does what else it has to. */
  async #postEvents(events: readonly RunEvent[]): Promise<void> {
    for (let from = 0; from < events.length; from += batchEvents) {
      if (from > 0) await setImmediate();
      this.#post({ type: 'events', events: events.slice(from, from + batchEvents) });
    }
  }

  #queue(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch(this.#fail);
  }
}

function panelStatus({ state, epochsDone, epochsTotal, remainingSeconds, error }: RunStatus): PanelStatus {
  return {
    state,
    epochsDone,
    epochsTotal,
    ...(remainingSeconds !== undefined && { remainingSeconds }),
    ...(error && { error: saidOnPage(error) }),
  };
}
