import * as l10n from '@vscode/l10n';
import type { ClassFigures } from './differencesFigures.ts';
import { element } from './element.ts';
import { formatAccuracy, formatCount, NONE } from './format.ts';

/** A figure by class, before and after. */
export function classTable(title: string, figures: readonly ClassFigures[]): HTMLElement {
  // A bar as long as its half of the cell is the largest change there is, but no small one looks large.
  const largest = Math.max(0.05, ...figures.map((figure) => Math.abs(change(figure) ?? 0)));
  const heads = [l10n.t('Sentences'), l10n.t('Before'), l10n.t('After'), l10n.t('Change')];
  const table = element(
    'table',
    { class: 'classes' },
    element('caption', {}, title),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'col' }, l10n.t('Class')),
        ...heads.map((head) => element('th', { scope: 'col' }, head)),
        element('td', { 'aria-hidden': 'true' }),
      ),
    ),
    element('tbody', {}, ...figures.map((figure) => classRow(figure, largest))),
  );
  return element('div', { class: 'scroll', role: 'region', 'aria-label': title, tabindex: '0' }, table);
}

function classRow(figure: ClassFigures, largest: number): HTMLElement {
  const changed = change(figure);
  const bar = element('div', { class: `change-bar ${(changed ?? 0) < 0 ? 'worse' : 'better'}` });
  bar.style.setProperty('--length', `${((50 * Math.abs(changed ?? 0)) / largest).toFixed(1)}%`);
  const accuracy = (value: number | undefined): string =>
    value === undefined ? NONE : formatAccuracy(value);
  return element(
    'tr',
    {},
    element('th', { scope: 'row', title: figure.name }, figure.name),
    element('td', {}, formatCount(figure.sentences)),
    element('td', {}, accuracy(figure.before)),
    element('td', {}, accuracy(figure.after)),
    element('td', {}, changed === undefined ? NONE : signed(changed)),
    element('td', { class: 'change', 'aria-hidden': 'true' }, bar),
  );
}

function change({ before, after }: ClassFigures): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** With a true minus, and no sign where nothing is to be seen. */
function signed(value: number): string {
  const text = formatAccuracy(Math.abs(value));
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}
