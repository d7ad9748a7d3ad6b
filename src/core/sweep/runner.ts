import type { Checkpoint, ModelSpec, Tensor } from '../checkpoint/checkpoint.ts';
import type { Trial, TrialEvent, TrialResult } from './trial.ts';

/** Everything needed to go on with a trial after its last finished epoch. */
export interface SavedState {
  /** Weights, moments and the best epoch's weights. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** JSON. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Where a trial keeps its work; the process implements it over the run folder. Every write is atomic. */
export interface TrialStorage {
  loadState(trial: string): Promise<SavedState | undefined>;
  saveState(trial: string, state: SavedState): Promise<void>;
  loadBest(trial: string): Promise<Checkpoint>;
  /** The same without its words, labels and text settings. */
  loadBestModel(trial: string): Promise<Pick<Checkpoint, 'spec' | 'weights'>>;
  saveBest(trial: string, checkpoint: Checkpoint): Promise<void>;
}

/** What a run works on, known after the data is read. */
export interface Preparation {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly classes: readonly string[];
  /** The uncompressed model's. */
  readonly spec: ModelSpec;
  readonly meanLength: number;
  /** Share of the model's parameters that are the embedding's. */
  readonly embeddingShare: number;
  /** Notes for the user, e.g. how little can be won, or reductions that give one rank. */
  readonly warnings: readonly string[];
}

/** The test figures of a trial, and how fast it is. */
export type TestReport = Pick<
  TrialResult,
  'latency' | 'testCorrect' | 'testAccuracy' | 'macroF1' | 'confusion' | 'testAccuracyUnknownWords'
>;

/** Runs the trials of one recipe in one process; what it has read it keeps for the next trial. */
export interface TrialRunner {
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  prepare(): Promise<Preparation>;
  /**
   * Goes on from the saved state where there is one. Yields to the event loop at least every 100 ms. Where it is stopped
   * the result is that of the last finished epoch.
   *
   * @param until epochs after which it ends before its time, to go on later
   * @throws StoppedError where it is stopped before its model is measured
   */
  run(
    trial: Trial,
    storage: TrialStorage,
    emit: (event: TrialEvent) => void,
    until?: number,
  ): Promise<TrialResult>;
  report(trial: Trial, storage: TrialStorage): Promise<TestReport>;
  dispose(): void;
}
