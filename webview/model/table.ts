import { element } from '../element.ts';

export type Cell = string | Node;

/** A table that may scroll sideways in its box, by keyboard too; the first column names the rows. */
export function scrollingTable(
  label: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): HTMLElement {
  const table = element(
    'table',
    { 'aria-label': label },
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
    element(
      'tbody',
      {},
      ...rows.map((cells) =>
        element(
          'tr',
          {},
          ...cells.map((cell, i) =>
            i === 0 ? element('th', { scope: 'row' }, cell) : element('td', {}, cell),
          ),
        ),
      ),
    ),
  );
  return element('div', { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': label }, table);
}

/** A bar from the left as wide as the share; what it says stands beside it. */
export function bar(share: number, className: string): HTMLElement {
  const fill = element('span', { class: `fill ${className}` });
  fill.style.width = `${100 * Math.min(1, share)}%`;
  return element('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
}
