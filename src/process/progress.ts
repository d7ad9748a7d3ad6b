import type { Trial, TrialEvent } from '../core/sweep/trial.ts';
import type { TrialStatus } from './runStatus.ts';

interface Progress extends TrialStatus {
  readonly kind: Trial['kind'];
  /** Epochs that a search may come to. */
  readonly most: number;
}

/** How far a run has come, counted in epochs, and how long the rest will take. */
export class RunProgress {
  readonly #trials = new Map<string, Progress>();
  readonly #seconds = new Map<Trial['kind'], { total: number; epochs: number }>();

  /**
   * @param epochsOf the epochs of each trial
   * @param searched trials that have as many as the rounds of a search give them
   */
  plan(
    trials: readonly Trial[],
    epochsOf: (trial: Trial) => number,
    searched: ReadonlySet<Trial> = new Set(),
  ): void {
    for (const trial of trials) {
      const { id, kind } = trial;
      const most = epochsOf(trial);
      const epochs = searched.has(trial) ? 0 : most;
      this.#trials.set(id, { id, kind, state: 'waiting', epoch: 0, epochs, most });
    }
  }

  get epochsDone(): number {
    return this.#sum(({ epoch }) => epoch);
  }

  get epochsTotal(): number {
    return this.#sum(({ epochs }) => epochs);
  }

  get trials(): readonly TrialStatus[] {
    return [...this.#trials.values()].map(({ id, state, epoch, epochs }) => ({ id, state, epoch, epochs }));
  }

  /** Takes in an event, of this run or of the one that it goes on with. */
  record(event: TrialEvent): void {
    switch (event.type) {
      case 'trial':
        this.#change(event.trial, { state: 'running' });
        break;
      case 'round':
        for (const id of event.trials) {
          const most = this.#trials.get(id)?.most ?? 0;
          this.#change(id, { state: 'waiting', epochs: Math.min(most, event.epochs) });
        }
        break;
      case 'epoch': {
        const kind = this.#change(event.trial, { epoch: event.epoch })?.kind;
        if (kind === undefined) break;
        const { total, epochs } = this.#seconds.get(kind) ?? { total: 0, epochs: 0 };
        this.#seconds.set(kind, { total: total + event.seconds, epochs: epochs + 1 });
        break;
      }
      case 'result': {
        const epochs = this.#trials.get(event.result.trial)?.epochs ?? 0;
        this.#change(event.result.trial, { state: 'done', epoch: epochs });
        break;
      }
    }
  }

  /** What was running is waiting: the process that ran it is gone. */
  stop(): void {
    for (const { id, state } of this.#trials.values()) {
      if (state === 'running') this.#change(id, { state: 'waiting' });
    }
  }

  /** None before the first epoch. A kind of trial that has not run yet is taken to be like the others. */
  remainingSeconds(jobs: number): number | undefined {
    const means = [...this.#seconds.values()].map(({ total, epochs }) => total / epochs);
    if (means.length === 0) return undefined;
    const overall = means.reduce((a, b) => a + b, 0) / means.length;
    const left = this.#sum(({ kind, epoch, epochs }) => {
      const seen = this.#seconds.get(kind);
      return (epochs - epoch) * (seen === undefined ? overall : seen.total / seen.epochs);
    });
    return (
      left /
      Math.max(
        1,
        Math.min(
          jobs,
          this.#sum(({ state }) => (state === 'done' ? 0 : 1)),
        ),
      )
    );
  }

  #change(id: string, change: Partial<TrialStatus>): Progress | undefined {
    const trial = this.#trials.get(id);
    if (trial === undefined) return undefined;
    const changed = { ...trial, ...change };
    this.#trials.set(id, changed);
    return changed;
  }

  #sum(of: (trial: Progress) => number): number {
    return [...this.#trials.values()].reduce((sum, trial) => sum + of(trial), 0);
  }
}
