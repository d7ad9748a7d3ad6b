import type { RunEvent, TrialResult } from '../core/sweep/trial.ts';
import type { RunStatus } from '../process/runStatus.ts';
import { formatDuration, type Output } from './output.ts';

/** Tells a run's progress to whoever reads the output. */
export interface RunReport {
  event(event: RunEvent): void;
  status(status: RunStatus): void;
}

/** One event a line, as events.jsonl has them. */
export function jsonReport(output: Output): RunReport {
  return {
    event(event) {
      output.printJson(event);
    },
    status: () => undefined,
  };
}

/** Readable lines: one for each trial, and one for each epoch where no live line can be shown. */
export class TextReport implements RunReport {
  readonly #output: Output;
  readonly #epochs = new Map<string, string>();
  #status: RunStatus | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  event(event: RunEvent): void {
    const output = this.#output;
    switch (event.type) {
      case 'message':
        output.warn(event.level === 'warning' ? `Warning: ${event.text}` : event.text);
        break;
      case 'plan':
        output.print(`${counted(event.trials.length, 'model')} to make, ${counted(event.epochs, 'epoch')} in all.`);
        break;
      case 'evaluation':
        if (!output.live)
          output.print(`${event.trial}: validation ${event.validationAccuracy.toFixed(4)} at the start`);
        break;
      case 'epoch': {
        const { trial, epoch, epochs, loss, validationAccuracy, seconds } = event;
        const figures = `loss ${loss.toFixed(4)}, validation ${validationAccuracy.toFixed(4)}`;
        this.#epochs.set(trial, `${trial} epoch ${epoch} of ${epochs}, ${figures}`);
        if (!output.live)
          output.print(`${trial}: epoch ${epoch} of ${epochs}, ${figures}, ${seconds.toFixed(1)} s${this.#rest()}`);
        break;
      }
      case 'result':
        this.#epochs.delete(event.result.trial);
        output.print(resultLine(event.result));
        break;
    }
    this.#showLive();
  }

  status(status: RunStatus): void {
    this.#status = status;
    this.#showLive();
  }

  #showLive(): void {
    const { epochsDone = 0, epochsTotal = 0, state = 'running' } = this.#status ?? {};
    if (state !== 'running') {
      this.#output.show('');
    } else if (epochsTotal === 0) {
      this.#output.show('Reading the data');
    } else {
      const now = [...this.#epochs.values()].at(-1);
      this.#output.show(
        `${epochsDone} of ${epochsTotal} epochs${this.#rest()}${now === undefined ? '' : ` | ${now}`}`,
      );
    }
  }

  #rest(): string {
    const seconds = this.#status?.remainingSeconds;
    return seconds === undefined ? '' : ` (about ${formatDuration(seconds)} left)`;
  }
}

function resultLine({ trial, validationAccuracyBefore, validationAccuracy, seconds }: TrialResult): string {
  const before = validationAccuracyBefore === undefined ? '' : ` (before: ${validationAccuracyBefore.toFixed(4)})`;
  return `${trial}: done, validation ${validationAccuracy.toFixed(4)}${before}, ${formatDuration(seconds)}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
