import type { Checkpoint, Weights } from '../checkpoint/checkpoint.ts';
import type { Classifier } from '../model/classifier.ts';
import { withTrained, type UsedRows } from '../model/usedRows.ts';
import type { Pause } from '../training/pause.ts';
import type { SavedState, TrialStorage } from './runner.ts';

/** Work that may be lost where the process is killed, in ms; short epochs would take as long to save as to train. */
export const savingInterval = 1000;

/**
 * Saves the best epoch of a trial, and the state that it goes on from, not more often than its interval says: what
 * validated best in between is copied, and saved with the next state.
 */
export class TrialSaver {
  readonly #trial: string;
  readonly #storage: TrialStorage;
  readonly #start: Checkpoint;
  readonly #used: UsedRows | undefined;
  readonly #pause: Pause;
  readonly #interval: number;
  #last: number;
  #best: Weights | undefined;

  /**
   * @param start what the trial begins with
   * @param used of its models
   * @param pause whose clock counts
   * @param since when the trial began, in ms
   * @param interval in ms
   */
  constructor(options: {
    readonly trial: string;
    readonly storage: TrialStorage;
    readonly start: Checkpoint;
    readonly used: UsedRows | undefined;
    readonly pause: Pause;
    readonly since: number;
    readonly interval: number;
  }) {
    this.#trial = options.trial;
    this.#storage = options.storage;
    this.#start = options.start;
    this.#used = options.used;
    this.#pause = options.pause;
    this.#last = options.since;
    this.#interval = options.interval;
  }

  get #isDue(): boolean {
    return this.#pause.now() - this.#last >= this.#interval;
  }

  /** The model as it is is the best so far. */
  async keepBest(model: Classifier): Promise<void> {
    if (this.#isDue) {
      this.#best = undefined;
      await this.#saveBest(model.weights());
    } else this.#best = copyOf(model.trainedWeights());
  }

  /** @param state of the epoch that has ended */
  async keepState(state: () => SavedState): Promise<void> {
    if (this.#isDue) await this.saveState(state());
  }

  /** Saves a state whenever the last one was saved. */
  async saveState(state: SavedState): Promise<void> {
    await this.finish();
    await this.#storage.saveState(this.#trial, state);
    this.#last = this.#pause.now();
  }

  /** Saves the best epoch where it is not saved yet. */
  async finish(): Promise<void> {
    const best = this.#best;
    this.#best = undefined;
    if (best !== undefined) await this.#saveBest(withTrained(this.#start.weights, best, this.#used));
  }

  async #saveBest(weights: Weights): Promise<void> {
    await this.#storage.saveBest(this.#trial, { ...this.#start, weights });
  }
}

function copyOf(weights: Weights): Weights {
  return new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}
