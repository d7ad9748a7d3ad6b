import { bestOf } from '../core/search/halving.ts';
import { SearchTracer, standingsOf } from '../core/search/searchTracer.ts';
import type { RunEvent, SearchTrace, TrialResult } from '../core/sweep/trial.ts';
import type { RunStatus } from '../process/runStatus.ts';
import { standingText, targetText } from './searchText.ts';
import { shownDuration } from './text.ts';

/** Tells what a run does: a live line in a terminal, a line for each epoch elsewhere. */
export class ProgressPrinter {
  readonly #out: NodeJS.WriteStream;
  readonly #search = new SearchTracer();
  #status: RunStatus | undefined;
  #live = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  status(status: RunStatus): void {
    this.#status = status;
    this.#draw(this.#live);
  }

  event(event: RunEvent): void {
    this.#search.add(event);
    switch (event.type) {
      case 'plan':
        this.#line(`${event.trials.length} trials, ${event.epochs} epochs.`);
        break;
      case 'round':
        this.#line(roundLine(event, this.#search.trace(event.search)));
        break;
      case 'message':
        this.#line(event.level === 'warning' ? `Note: ${event.text}` : event.text);
        break;
      case 'epoch': {
        const { trial, epoch, epochs, loss, validationAccuracy } = event;
        const text = `${trial}  epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  validation ${validationAccuracy.toFixed(4)}`;
        if (this.#out.isTTY) this.#draw(text);
        else this.#line(text);
        break;
      }
      case 'result':
        this.#line(resultLine(event.result));
        break;
    }
  }

  /** Takes the live line away. */
  end(): void {
    if (this.#out.isTTY && this.#live !== '') this.#out.write('\r\x1b[K');
    this.#live = '';
  }

  #line(text: string): void {
    const live = this.#live;
    this.end();
    this.#out.write(`${text}\n`);
    this.#draw(live);
  }

  #draw(text: string): void {
    this.#live = text;
    if (!this.#out.isTTY || text === '') return;
    const { epochsDone = 0, epochsTotal = 0, remainingSeconds } = this.#status ?? {};
    const left = remainingSeconds === undefined ? '' : `, ${shownDuration(remainingSeconds)} left`;
    const line = `[${epochsDone}/${epochsTotal} epochs${left}]  ${text}`;
    this.#out.write(`\r\x1b[K${line.slice(0, this.#out.columns - 1)}`);
  }
}

function resultLine(result: TrialResult): string {
  const { trial, validationAccuracyBefore: before, validationAccuracy, bestEpoch, seconds } = result;
  const from = before === undefined ? '' : `${before.toFixed(4)} -> `;
  return `${trial}  done: validation ${from}${validationAccuracy.toFixed(4)} at epoch ${bestEpoch}, ${shownDuration(seconds)}`;
}

function roundLine({ trials, epochs, target }: RunEvent & { type: 'round' }, trace?: SearchTrace): string {
  const models = `${trials.length} ${trials.length === 1 ? 'model' : 'models'}`;
  const what = epochs === 0 ? `${models} before retraining` : `${models} until epoch ${epochs}`;
  const best = trace && bestOf(standingsOf(trace), target);
  return `Round: ${what}. Wanted: ${targetText(target)}. Best so far: ${best ? standingText(best) : 'none yet'}.`;
}
