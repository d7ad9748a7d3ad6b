import { element } from './element.ts';

/** A part of the page that is one table, below what is said of it. */
export function tableCard(
  id: string,
  title: string,
  columns: readonly string[],
  ...above: readonly HTMLElement[]
): { readonly card: HTMLElement; readonly body: HTMLElement } {
  const body = element('tbody');
  const head = element('tr', {}, ...columns.map((column) => element('th', { scope: 'col' }, column)));
  const card = element(
    'section',
    { class: 'card', 'aria-labelledby': id },
    element('div', { class: 'card-head' }, element('h2', { id }, title)),
    ...above,
    element(
      'div',
      { class: 'table-scroll', tabindex: '0', role: 'group', 'aria-labelledby': id },
      element('table', { 'aria-labelledby': id }, element('thead', {}, head), body),
    ),
  );
  return { card, body };
}
