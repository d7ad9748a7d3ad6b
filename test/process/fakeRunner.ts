import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Checkpoint, ModelSpec, Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import { UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';
import type { Preparation, TestReport, TrialRunner, TrialStorage } from '../../src/core/sweep/runner.ts';
import { StoppedError, type Pause } from '../../src/core/training/pause.ts';
import type { Trial, TrialEvent, TrialResult } from '../../src/core/sweep/trial.ts';

/** What the fake does, read from the environment variable PRESS_FAKE. */
export interface FakeSettings {
  readonly epochs: number;
  readonly epochMs: number;
  /** Kills its own process after that epoch's steps and before the epoch is saved, so many times. */
  readonly die?: { readonly trial: string; readonly epoch: number; readonly times: number };
  readonly fault?: 'user' | 'bug';
  /** Bytes that the model is said to have, roughly. */
  readonly bytes?: number;
}

const rows = 100;
const dimension = 10;
const spec: ModelSpec = {
  embedding: { rows, dimension },
  body: { kind: 'dan', hidden: [] },
  head: 'softmax',
  classes: 2,
  masked: true,
};

/** Trains nothing, but as a real one does: an epoch's figures come from the state that the last one left. */
export class FakeRunner implements TrialRunner {
  readonly engine = 'fake';
  readonly versions = { fake: '1' };

  constructor(
    private readonly runFolder: string,
    private readonly settings: FakeSettings,
    private readonly pause: Pause,
  ) {}

  prepare(): Promise<Preparation> {
    const { fault, bytes } = this.settings;
    if (fault === 'user') {
      const place = { file: '/data/train.tsv', line: 7 };
      throw new UserError('column-count', 'The row has 3 columns, expected 2.', 'Mend the row.', place);
    }
    if (fault === 'bug') throw new TypeError('undefined is not a table');
    return Promise.resolve({
      train: 80,
      validation: 10,
      test: 10,
      classes: ['neg', 'pos'],
      spec: {
        ...spec,
        embedding: { ...spec.embedding, rows: bytes === undefined ? rows : bytes / (4 * dimension) },
      },
      meanLength: 7,
      embeddingShare: 0.9,
      warnings: ['A note on the data.'],
    });
  }

  async run(
    trial: Trial,
    storage: TrialStorage,
    emit: (event: TrialEvent) => void,
    until = Infinity,
  ): Promise<TrialResult> {
    const { epochMs } = this.settings;
    const epochs = Math.min(until, this.settings.epochs);
    const saved = await storage.loadState(trial.id);
    const start = trial.from === undefined ? undefined : await storage.loadBest(trial.from);
    // The smaller a model, the worse it is before it is trained.
    const kept = trial.rank === undefined ? 1 : 1 - 0.5 / trial.rank;
    let value =
      saved?.tensors.get('value')?.data[0] ?? kept * (start?.weights.get('head/bias')?.data[0] ?? 0);
    let best = (saved?.meta.best as { epoch: number; accuracy: number } | undefined) ?? {
      epoch: 0,
      accuracy: value,
    };
    if (saved === undefined) {
      emit({ type: 'evaluation', trial: trial.id, validationAccuracy: value });
      await storage.saveBest(trial.id, checkpoint(value));
    }
    // Other settings come to something else.
    const drawn = trial.training ? [trial.training.batchSize, 1e6 * trial.training.rate] : [];
    let epoch = (saved?.meta.epoch as number | undefined) ?? 0;
    for (; epoch < epochs; epoch++) {
      const steps = this.#steps(trial.id, epoch, value, emit);
      if (!(await steps.then(() => true, wasStopped))) break;
      value = Math.fround((value + new Random(trial.seed, trial.rank ?? 0, epoch, ...drawn).uniform()) / 2);
      this.#dieIfAsked(trial.id, epoch);
      const seconds = epochMs / 1000;
      emit({
        type: 'epoch',
        trial: trial.id,
        epoch: epoch + 1,
        epochs,
        loss: 1 - value,
        validationAccuracy: value,
        seconds,
      });
      if (value > best.accuracy) {
        best = { epoch: epoch + 1, accuracy: value };
        await storage.saveBest(trial.id, checkpoint(value));
      }
      await storage.saveState(trial.id, {
        tensors: new Map([['value', { shape: [1], data: Float32Array.of(value) }]]),
        meta: { epoch: epoch + 1, best },
      });
    }
    const { id, from: _from, ...point } = trial;
    return {
      ...point,
      trial: id,
      parameters: 1000,
      storageBytes: trial.rank === undefined ? 4000 : 100 * trial.rank,
      embeddingBytes: 3000,
      layers: [],
      flopsPerSentence: 70,
      validationAccuracy: best.accuracy,
      bestEpoch: best.epoch,
      epochs: epoch,
      seconds: epochs,
    };
  }

  async report(trial: Trial, storage: TrialStorage): Promise<TestReport> {
    const { weights } = await storage.loadBestModel(trial.id);
    return { testAccuracy: weights.get('head/bias')?.data[0] ?? 0 };
  }

  dispose(): void {
    // Holds nothing.
  }

  async #steps(trial: string, epoch: number, loss: number, emit: (event: TrialEvent) => void): Promise<void> {
    for (let i = 0; i < 4; i++) {
      await delay(this.settings.epochMs / 4);
      await this.pause();
      emit({ type: 'step', trial, step: 4 * epoch + i, epoch, rate: 0.001, loss });
    }
  }

  #dieIfAsked(trial: string, epoch: number): void {
    const { die } = this.settings;
    if (die?.trial !== trial || die.epoch !== epoch) return;
    for (let i = 0; i < die.times; i++) {
      const mark = join(this.runFolder, `died-${i}`);
      if (existsSync(mark)) continue;
      writeFileSync(mark, '');
      process.kill(process.pid, 'SIGKILL');
    }
  }
}

function wasStopped(error: unknown): false {
  if (error instanceof StoppedError) return false;
  throw error;
}

/** A small model that holds the value. */
function checkpoint(value: number): Checkpoint {
  const tensor = (...shape: number[]): Tensor => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  });
  return {
    spec,
    weights: new Map([
      ['embedding/table', tensor(rows, dimension)],
      ['head/kernel', tensor(dimension, 2)],
      ['head/bias', tensor(2)],
    ]),
    text: undefined,
    vocabulary: undefined,
    labels: ['neg', 'pos'],
  };
}
