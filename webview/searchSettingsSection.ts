import * as l10n from '@vscode/l10n';
import type { SearchTrace } from '../src/core/sweep/trial.ts';
import { element, setText } from './element.ts';
import { formatAccuracy } from './format.ts';
import { describeSettingsSearch, triedSettings } from './searchSettings.ts';
import type { Section, View } from './section.ts';
import { tableCard } from './tableCard.ts';

/** What a random search has tried of a training's settings; not there where the run searches none. */
export class SettingsSearch implements Section {
  readonly element: HTMLElement;
  readonly #phase: 'train' | 'retrain';
  readonly #state = element('p', { class: 'muted', role: 'status' });
  readonly #body: HTMLElement;
  #drawn: string | undefined;

  constructor(phase: 'train' | 'retrain') {
    this.#phase = phase;
    const titles = [
      l10n.t('Learning rate'),
      l10n.t('Batch size'),
      l10n.t('Dropout'),
      l10n.t('Word dropout'),
      l10n.t('Epochs'),
      l10n.t('Validation'),
    ];
    const name = phase === 'train' ? l10n.t('Settings of training') : l10n.t('Settings of retraining');
    const { card, body } = tableCard(`settings-${phase}`, name, titles, this.#state);
    this.element = card;
    this.#body = body;
    this.element.hidden = true;
  }

  update({ model }: View): void {
    const trace = model.searchOf(this.#phase);
    this.element.hidden = trace === undefined;
    if (trace === undefined) return;
    const told = JSON.stringify(trace);
    if (this.#drawn === told) return;
    this.#drawn = told;
    setText(this.#state, describeSettingsSearch(trace));
    this.#body.replaceChildren(...lines(trace));
  }
}

function lines(trace: SearchTrace): HTMLElement[] {
  return triedSettings(trace).map(
    ({ rate, batchSize, dropout, wordDropout, epochs, validationAccuracy, isBest }, i) => {
      const marks = [
        ...(i === 0 ? [l10n.t('the recipe’s')] : []),
        ...(isBest ? [trace.end === 'complete' ? l10n.t('chosen') : l10n.t('best so far')] : []),
      ];
      const mark = marks.length > 0 ? element('span', { class: 'muted' }, ` ${marks.join(', ')}`) : '';
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, String(rate), mark),
        ...[batchSize, dropout, wordDropout, epochs].map((value) => element('td', {}, String(value))),
        element('td', {}, formatAccuracy(validationAccuracy)),
      );
    },
  );
}
