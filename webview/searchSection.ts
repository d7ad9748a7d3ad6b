import * as l10n from '@vscode/l10n';
import type { SearchTrace } from '../src/core/sweep/trial.ts';
import { element, setText } from './element.ts';
import { formatAccuracy, formatBytes, NONE } from './format.ts';
import { modelName, type ModelRow } from './modelRows.ts';
import { describeSearch, describeTarget, searchedRow, shownRounds } from './searchRounds.ts';
import type { Actions, Section, View } from './section.ts';
import { tableCard } from './tableCard.ts';

/** What a search looks for, its rounds, and what it has found; not there where the run searches nothing. */
export class SearchRounds implements Section {
  readonly element: HTMLElement;
  readonly #target = element('p', { class: 'muted' });
  readonly #found = element('p', { role: 'status' });
  readonly #body: HTMLElement;
  #drawn: { readonly trace: string; readonly rows: View['rows'] } | undefined;

  constructor(private readonly actions: Actions) {
    const titles = [
      l10n.t('Epochs'),
      l10n.t('Models'),
      l10n.t('Most accurate'),
      l10n.t('Best so far'),
      l10n.t('Size'),
      l10n.t('Validation'),
    ];
    const { card, body } = tableCard('search-title', l10n.t('Search'), titles, this.#target, this.#found);
    this.element = card;
    this.#body = body;
    this.element.hidden = true;
  }

  update({ model, rows }: View): void {
    const trace = model.searchOf('models');
    this.element.hidden = trace === undefined;
    if (trace === undefined) return;
    const told = JSON.stringify(trace);
    if (this.#drawn?.trace === told && this.#drawn.rows === rows) return;
    this.#drawn = { trace: told, rows };
    setText(this.#target, describeTarget(trace.target));
    setText(this.#found, describeSearch(trace, searchedRow(trace, rows.points)));
    this.#body.replaceChildren(...this.#lines(trace, rows.points));
  }

  #lines(trace: SearchTrace, points: readonly ModelRow[]): HTMLElement[] {
    return shownRounds(trace).map(({ epochs, models, mostAccurate, best }, i) => {
      const row = best && points.find(({ trials }) => trials.includes(best.id));
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, epochs),
        element('td', {}, models),
        element('td', {}, mostAccurate),
        element('td', {}, row ? this.#name(row, i) : NONE),
        element('td', {}, best ? formatBytes(best.bytes) : NONE),
        element('td', {}, best ? formatAccuracy(best.validationAccuracy) : NONE),
      );
    });
  }

  #name(row: ModelRow, round: number): HTMLElement {
    const name = element(
      'button',
      { type: 'button', class: 'row-name', id: `search-${round}` },
      modelName(row),
    );
    name.addEventListener('click', () => {
      this.actions.select(row);
    });
    return name;
  }
}
