import * as l10n from '@vscode/l10n';
import type { Differences, Flip } from '../src/core/report/reports.ts';
import { changedCount, findFlips, flipKind, type FlipKind } from './differencesFigures.ts';
import { button, element, setText } from './element.ts';
import { formatCount, NONE } from './format.ts';
import { Segments } from './segments.ts';

/** Rows of the table at a time. */
const PAGE = 50;

/** The sentences whose prediction has changed: by kind, by what they say, a page at a time. */
export class FlipTable {
  readonly element: HTMLElement;
  readonly #kind: Segments<FlipKind | 'all'>;
  readonly #search = element('input', {
    type: 'search',
    'aria-label': l10n.t('Search in the sentences'),
    placeholder: l10n.t('Search'),
  });
  readonly #body = element('tbody');
  readonly #place = element('span', { class: 'muted', role: 'status' });
  readonly #previous = button(l10n.t('Previous'), () => {
    this.#turn(-1);
  });
  readonly #next = button(l10n.t('Next'), () => {
    this.#turn(1);
  });
  readonly #scroll: HTMLElement;
  #differences: Differences | undefined;
  #page = 0;

  constructor() {
    const restart = (): void => {
      this.#page = 0;
      this.#draw();
    };
    this.#kind = new Segments<FlipKind | 'all'>(
      'flip-kind',
      l10n.t('Which sentences are shown'),
      [
        ['all', ''],
        ['corrected', ''],
        ['broken', ''],
        ['otherwise', ''],
      ],
      restart,
    );
    this.#search.addEventListener('input', restart);
    const title = l10n.t('Changed sentences');
    const heads = [
      l10n.t('Sentence'),
      l10n.t('Kind'),
      l10n.t('True class'),
      l10n.t('Before'),
      l10n.t('After'),
      l10n.t('Line'),
    ];
    const table = element(
      'table',
      { class: 'flips' },
      element('caption', { class: 'visually-hidden' }, title),
      element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
      this.#body,
    );
    this.#scroll = element(
      'div',
      { class: 'scroll', role: 'region', 'aria-label': title, tabindex: '0' },
      table,
    );
    this.element = element(
      'div',
      { class: 'flip-list' },
      element('h3', {}, title),
      element('div', { class: 'flip-controls' }, this.#kind.element, this.#search),
      this.#scroll,
      element('div', { class: 'buttons' }, this.#previous, this.#next, this.#place),
    );
  }

  show(differences: Differences): void {
    if (differences === this.#differences) return;
    this.#differences = differences;
    this.#page = 0;
    const { corrected, broken, otherwise } = differences;
    this.#kind.retitle('all', l10n.t('All ({0})', formatCount(changedCount(differences))));
    this.#kind.retitle('corrected', l10n.t('Corrected ({0})', formatCount(corrected)));
    this.#kind.retitle('broken', l10n.t('Broken ({0})', formatCount(broken)));
    this.#kind.retitle('otherwise', l10n.t('Otherwise ({0})', formatCount(otherwise)));
    this.#draw();
  }

  #turn(by: number): void {
    this.#page += by;
    this.#draw();
    this.#scroll.scrollTop = 0;
  }

  #draw(): void {
    if (this.#differences === undefined) return;
    const { classes, flips } = this.#differences;
    const found = findFlips(flips, this.#kind.value, this.#search.value);
    const from = this.#page * PAGE;
    const shown = found.slice(from, from + PAGE);
    this.#body.replaceChildren(...shown.map((flip) => flipRow(flip, classes)));
    this.#scroll.hidden = found.length === 0;
    this.#previous.disabled = this.#page === 0;
    this.#next.disabled = from + PAGE >= found.length;
    this.#previous.hidden = this.#next.hidden = found.length <= PAGE;
    const listed = changedCount(this.#differences) > flips.length;
    setText(
      this.#place,
      found.length === 0
        ? l10n.t('No sentence matches.')
        : listed
          ? l10n.t(
              '{0} to {1} of {2}; of all changes the first {3} are listed.',
              formatCount(from + 1),
              formatCount(from + shown.length),
              formatCount(found.length),
              formatCount(flips.length),
            )
          : l10n.t(
              '{0} to {1} of {2}',
              formatCount(from + 1),
              formatCount(from + shown.length),
              formatCount(found.length),
            ),
    );
  }
}

function flipRow(flip: Flip, classes: readonly string[]): HTMLElement {
  const kind = flipKind(flip);
  const kinds: Readonly<Record<FlipKind, string>> = {
    corrected: l10n.t('Corrected'),
    broken: l10n.t('Broken'),
    otherwise: l10n.t('Otherwise'),
  };
  const name = (label: number): HTMLElement => {
    const text = classes[label] ?? String(label);
    // Of no label at all.
    return element('td', {}, text === '' ? NONE : text);
  };
  return element(
    'tr',
    {},
    element('td', { class: 'sentence' }, flip.text),
    element('td', { class: `kind ${kind}` }, kinds[kind]),
    name(flip.label),
    name(flip.before),
    name(flip.after),
    element('td', { class: 'line' }, String(flip.line)),
  );
}
