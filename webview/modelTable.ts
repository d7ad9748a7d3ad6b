import { button, element, type Button } from './element.ts';
import { NONE } from './format.ts';
import { modelName, type ModelRow, type ModelRows } from './modelRows.ts';
import type { Actions, Section, View } from './section.ts';
import { rowTitle, sortRows, tableColumns, tableText, type Column } from './tableColumns.ts';

interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** Every model with every figure: the charts in accessible form. */
export class ModelTable implements Section {
  readonly element: HTMLElement;
  readonly #head = element('thead');
  readonly #body = element('tbody');
  readonly #empty = element('p', { class: 'muted' });
  readonly #scroll: HTMLElement;
  readonly #copy: Button;
  readonly #reveal: Button;
  #sort: Sort | undefined;
  #view: View | undefined;
  #drawn: { readonly rows: ModelRows; readonly sort: Sort | undefined; readonly columns: number } | undefined;
  #shown: { rows: readonly ModelRow[]; columns: readonly Column[] } = { rows: [], columns: [] };

  constructor(private readonly actions: Actions) {
    this.#copy = button('Copy Table', () => {
      actions.post({ type: 'copy', text: tableText(this.#shown.rows, this.#shown.columns) });
    });
    this.#reveal = button('Reveal Checkpoint', () => {
      const [trial] = this.#view?.selected?.trials ?? [];
      if (trial !== undefined) actions.post({ type: 'reveal', target: 'checkpoint', trial });
    });
    const table = element(
      'table',
      {},
      element('caption', { class: 'visually-hidden' }, 'All models of the run'),
      this.#head,
      this.#body,
    );
    this.#scroll = element(
      'div',
      { class: 'table-scroll', role: 'region', 'aria-labelledby': 'table-title' },
      table,
    );
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'table-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'table-title' }, 'Models'),
        element('div', { class: 'buttons' }, this.#reveal, this.#copy),
      ),
      this.#scroll,
      this.#empty,
    );
    this.#body.addEventListener('click', (event) => {
      const row = this.#rowOf(event.target);
      if (row) actions.select(row);
    });
    this.#body.addEventListener('keydown', (event) => {
      this.#move(event);
    });
  }

  update(view: View): void {
    this.#view = view;
    const { model, rows, selected } = view;
    const all = this.#sorted(rows);
    const withSeeds = [...model.planned.values()].some((trial, _, trials) => trial.seed !== trials[0]?.seed);
    const columns = tableColumns(
      all.some((row) => row.test),
      withSeeds,
    );
    this.#shown = { rows: all, columns };
    this.#reveal.disabled = selected === undefined;
    this.#copy.disabled = all.length === 0;
    this.#scroll.hidden = all.length === 0;
    this.#empty.hidden = all.length > 0;
    this.#empty.textContent = model.ended
      ? 'The run ended before its first model was done.'
      : 'Each model appears here when it has been trained.';

    // Steps change nothing here, and a table that is not rebuilt keeps focus and scroll position.
    const drawn = this.#drawn;
    if (drawn?.rows !== rows || drawn.sort !== this.#sort || drawn.columns !== columns.length) {
      this.#drawn = { rows, sort: this.#sort, columns: columns.length };
      const focused = document.activeElement?.id;
      this.#head.replaceChildren(element('tr', {}, ...this.#heads(columns)));
      this.#body.replaceChildren(...all.map((row) => tableRow(row, columns)));
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    }
    this.#mark(selected ?? all[0], selected);
  }

  /** The selected row is marked; it, or the first one, is where the tab key enters. */
  #mark(entry: ModelRow | undefined, selected: ModelRow | undefined): void {
    for (const line of this.#body.rows) {
      const chosen = line.dataset.row === selected?.id;
      line.classList.toggle('selected', chosen);
      const name = line.querySelector('button');
      name?.setAttribute('aria-pressed', String(chosen));
      if (name) name.tabIndex = line.dataset.row === entry?.id ? 0 : -1;
    }
  }

  #sorted({ baseline, control, points }: ModelRows): ModelRow[] {
    const sort = this.#sort;
    const column = sort && tableColumns(true, true).find(({ id }) => id === sort.column);
    const sorted = sort && column ? sortRows(points, column, sort.descending) : points;
    return [...(baseline ? [baseline] : []), ...(control ? [control] : []), ...sorted];
  }

  #heads(columns: readonly Column[]): HTMLElement[] {
    const heads = columns.map(({ id, title, hint }) => {
      const direction =
        this.#sort?.column === id ? (this.#sort.descending ? 'descending' : 'ascending') : 'none';
      const sort = element('button', { type: 'button', class: `sort ${direction}`, id: `sort-${id}` }, title);
      sort.addEventListener('click', () => {
        this.#sortBy(id);
      });
      if (hint !== undefined) sort.title = hint;
      return element('th', { scope: 'col', 'aria-sort': direction }, sort);
    });
    return [element('th', { scope: 'col' }, 'Model'), ...heads];
  }

  /** Ascending, then descending, then the run's own order. */
  #sortBy(column: string): void {
    const sort = this.#sort?.column === column ? this.#sort : undefined;
    this.#sort = sort?.descending ? undefined : { column, descending: sort !== undefined };
    if (this.#view) this.update(this.#view);
  }

  #move(event: KeyboardEvent): void {
    const line = event.target instanceof Element ? event.target.closest('tr') : null;
    if (line === null) return;
    const lines = [...this.#body.rows];
    const at = lines.indexOf(line);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
    const row = to === undefined ? undefined : this.#rowOf(lines[to]);
    if (row === undefined) return;
    event.preventDefault();
    this.actions.select(row);
    lines[to ?? at]?.querySelector('button')?.focus();
  }

  #rowOf(target: EventTarget | null | undefined): ModelRow | undefined {
    const id = target instanceof Element ? target.closest('tr')?.dataset.row : undefined;
    return this.#shown.rows.find((row) => row.id === id);
  }
}

function tableRow(row: ModelRow, columns: readonly Column[]): HTMLElement {
  const name = element('button', {
    type: 'button',
    class: 'row-name',
    id: `row-${row.id}`,
    'aria-label': modelName(row),
  });
  name.append(rowTitle(row));
  const swatch = row.metric === undefined ? `reference reference-${row.kind}` : `metric-${row.metric}`;
  const title = element('th', { scope: 'row' }, element('span', { class: `swatch ${swatch}` }), name);
  return element(
    'tr',
    { 'data-row': row.id, class: row.kind },
    title,
    ...columns.map((column) => element('td', {}, column.text(row) ?? NONE)),
  );
}
