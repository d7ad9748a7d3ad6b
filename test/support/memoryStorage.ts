import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { SavedState, TrialStorage } from '../../src/core/sweep/runner.ts';

/** Keeps copies, as files would. */
export class MemoryStorage implements TrialStorage {
  readonly best = new Map<string, Checkpoint>();
  /** Every state of each trial, one an epoch. */
  readonly states = new Map<string, SavedState[]>();
  /** What `loadState` gives. */
  readonly resume = new Map<string, SavedState>();

  loadState(trial: string): Promise<SavedState | undefined> {
    return Promise.resolve(this.resume.get(trial));
  }
  saveState(trial: string, state: SavedState): Promise<void> {
    this.states.set(trial, [...(this.states.get(trial) ?? []), structuredClone(state)]);
    return Promise.resolve();
  }
  loadBest(trial: string): Promise<Checkpoint> {
    return Promise.resolve(structuredClone(this.best.get(trial)!));
  }
  loadBestModel(trial: string): Promise<Checkpoint> {
    return this.loadBest(trial);
  }
  saveBest(trial: string, checkpoint: Checkpoint): Promise<void> {
    this.best.set(trial, structuredClone(checkpoint));
    return Promise.resolve();
  }
}
