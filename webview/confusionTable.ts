import * as l10n from '@vscode/l10n';
import { element } from './element.ts';
import { formatCount } from './format.ts';

/** Up to so many classes there is room for their names above the columns as they are read. */
const FEW = 5;

/** A confusion matrix whose cells are the darker the more of their true class they hold. */
export function confusionTable(
  title: string,
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): HTMLElement {
  const head = element(
    'thead',
    {},
    element(
      'tr',
      {},
      element('th', { scope: 'col' }, l10n.t('True \\ predicted')),
      ...classes.map((name) => element('th', { scope: 'col', title: name }, element('span', {}, name))),
    ),
  );
  const body = element(
    'tbody',
    {},
    ...classes.map((name, i) => {
      const row = confusion[i] ?? [];
      const total = row.reduce((sum, count) => sum + count, 0);
      return element(
        'tr',
        {},
        element('th', { scope: 'row', title: name }, name),
        ...classes.map((predicted, j) => cell(row[j] ?? 0, total, i === j, [name, predicted])),
      );
    }),
  );
  const table = element(
    'table',
    { class: classes.length > FEW ? 'confusion many' : 'confusion' },
    element('caption', {}, title),
    head,
    body,
  );
  // Reached by the tab key, for it scrolls.
  return element('div', { class: 'scroll', role: 'region', 'aria-label': title, tabindex: '0' }, table);
}

function cell(
  count: number,
  total: number,
  right: boolean,
  [name, predicted]: [string, string],
): HTMLElement {
  const made = element('td', { class: right ? 'right' : 'wrong' }, formatCount(count));
  const share = total === 0 ? 0 : count / total;
  made.style.setProperty('--share', `${(100 * share).toFixed(1)}%`);
  made.title = l10n.t(
    '{0} taken for {1}: {2} of {3}',
    name,
    predicted,
    formatCount(count),
    formatCount(total),
  );
  return made;
}
