import type { TrialRunner, TrialStorage } from '../core/sweep/runner.ts';
import type { TrialEvent } from '../core/sweep/trial.ts';
import { StoppedError, type Hold } from '../core/training/pause.ts';
import {
  sendableError,
  type Answers,
  type HeardMessage,
  type HoldMessage,
  type StopMessage,
  type WorkerMessage,
  type WorkerRequest,
} from './protocol.ts';

/**
 * Serves the supervisor that forked this process: one runner, made at the first request, and one request after the
 * other. When the supervisor is gone, so is the worker.
 */
export function serveWorker(
  createRunner: () => Promise<TrialRunner>,
  storage: TrialStorage,
  hold: Hold,
): void {
  let runner: Promise<TrialRunner> | undefined;
  const send = (message: WorkerMessage): void => {
    // A failing send means that the supervisor has gone, which `disconnect` tells.
    process.send?.(message, undefined, undefined, () => undefined);
  };
  process.on('disconnect', () => process.exit(0));
  process.on('message', (request: WorkerRequest | HoldMessage | StopMessage | HeardMessage) => {
    if (request.type === 'heard') return;
    if (request.type === 'hold') {
      if (request.held) hold.hold();
      else hold.release();
      return;
    }
    if (request.type === 'stop') {
      hold.stop();
      return;
    }
    // A stop that came after the answer to what it meant.
    hold.begin();
    runner ??= createRunner();
    runner
      .then((ready) => answer(ready, storage, request, send))
      .then(
        (value) => {
          send({ type: 'answer', value });
        },
        (error: unknown) => {
          send({ type: 'failure', error: sendableError(error) });
        },
      );
  });
}

async function answer(
  runner: TrialRunner,
  storage: TrialStorage,
  request: WorkerRequest,
  send: (message: WorkerMessage) => void,
): Promise<Answers[WorkerRequest['type']]> {
  switch (request.type) {
    case 'prepare': {
      const preparation = await runner.prepare();
      return { engine: runner.engine, versions: runner.versions, preparation };
    }
    case 'run': {
      const events = new EventSender(send);
      const emit = (event: TrialEvent): void => {
        events.add(event);
      };
      try {
        return await runner.run(request.trial, afterEvents(storage, events), emit, request.until);
      } catch (error) {
        if (error instanceof StoppedError) return undefined;
        throw error;
      } finally {
        events.flush();
      }
    }
    case 'report':
      return runner.report(request.trial, storage);
  }
}

/** A state is saved once what led to it is written down: a trial that goes on from there does not tell it again. */
function afterEvents(storage: TrialStorage, events: EventSender): TrialStorage {
  return {
    ...storage,
    async saveState(trial, state) {
      await events.heard();
      await storage.saveState(trial, state);
    },
  };
}

/** Steps of so many milliseconds are told at once: a message takes longer than a step of a small model. */
const stepsMs = 50;

/** Passes on a trial's events in their order, steps together. */
class EventSender {
  readonly #send: (message: WorkerMessage) => void;
  #waiting: TrialEvent[] = [];
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: WorkerMessage) => void) {
    this.#send = send;
  }

  add(event: TrialEvent): void {
    if (this.#waiting.length === 0) {
      this.#since = performance.now();
      // Of use where the trial is held.
      this.#timer = setTimeout(() => {
        this.flush();
      }, stepsMs);
    }
    this.#waiting.push(event);
    if (event.type !== 'step' || performance.now() - this.#since >= stepsMs) this.flush();
  }

  /** Comes once the supervisor has written down all that was added. */
  async heard(): Promise<void> {
    this.flush();
    const heard = new Promise<void>((resolve) => {
      const hear = ({ type }: { readonly type: string }): void => {
        if (type !== 'heard') return;
        process.off('message', hear);
        resolve();
      };
      process.on('message', hear);
    });
    this.#send({ type: 'saving' });
    await heard;
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#waiting.length === 0) return;
    this.#send({ type: 'events', events: this.#waiting });
    this.#waiting = [];
  }
}
