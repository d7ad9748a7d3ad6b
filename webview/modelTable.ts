import * as l10n from '@vscode/l10n';
import { settingName } from '../src/editor/pointName.ts';
import { TableControls } from './controlTable.ts';
import { element, setText } from './element.ts';
import { NONE } from './format.ts';
import { curveMark } from './legend.ts';
import { runName, type ModelRow, type ModelRows } from './modelRows.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';
import { sortRows, tableColumns, type Column } from './tableColumns.ts';

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
  readonly #controls: TableControls;
  #sort: Sort | undefined;
  #view: View | undefined;
  #drawn: { readonly rows: ModelRows; readonly sort: Sort | undefined } | undefined;
  #rows: readonly ModelRow[] = [];
  #chosen: string | undefined;

  constructor(private readonly actions: Actions) {
    this.#controls = new TableControls(actions);
    this.#scroll = element(
      'div',
      { class: 'table-scroll' },
      element('table', { 'aria-labelledby': 'table-title' }, this.#head, this.#body),
    );
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'table-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'table-title' }, l10n.t('Models')),
        this.#controls.element,
      ),
      this.#controls.note,
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
    const unchanged = sameFigures(this.#view, view);
    this.#view = view;
    // Steps change nothing here, and a table that is not rebuilt keeps focus and scroll position.
    if (!unchanged) this.#draw(view);
  }

  #draw({ model, rows, selected, chosen }: View): void {
    const finished = model.finished();
    const all = allRows(rows);
    const columns = tableColumns({
      latency: all.some((row) => row.latency),
      test: all.some((row) => row.test),
      seeds:
        all.some((row) => row.seeds > 1) ||
        new Set([...model.planned.values()].map((trial) => trial.seed)).size > 1,
      search: model.searchOf('models') !== undefined,
      ...(rows.compared.length > 0 && { run: model.run }),
    });
    const drawn = this.#drawn;
    if (drawn?.rows !== rows || drawn.sort !== this.#sort) {
      this.#drawn = { rows, sort: this.#sort };
      this.#rows = this.#sorted(rows, columns);
      const focused = document.activeElement?.id;
      this.#head.replaceChildren(element('tr', {}, ...columns.map((column) => this.#headOf(column))));
      this.#body.replaceChildren(...this.#rows.map((row) => tableRow(row, columns, rows.series)));
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    }
    this.#controls.update({ rows: this.#rows, columns, selected, finished });
    this.#scroll.hidden = this.#rows.length === 0;
    this.#empty.hidden = this.#rows.length > 0;
    setText(
      this.#empty,
      model.ended
        ? l10n.t('The run ended before its first model was done.')
        : l10n.t('Each model appears here when it has been trained.'),
    );
    const line = this.#mark(selected);
    // What the page selects by itself leaves the table at its start.
    if (line && chosen && chosen.id !== this.#chosen) this.#show(line);
    this.#chosen = chosen?.id;
  }

  /** The selected row is marked; it, or the first one, is where the tab key enters. */
  #mark(selected: ModelRow | undefined): HTMLElement | undefined {
    const entry = selected ?? this.#rows[0];
    let shown: HTMLElement | undefined;
    for (const line of this.#body.rows) {
      const chosen = line.dataset.row === selected?.id;
      line.classList.toggle('selected', chosen);
      const name = line.querySelector('button');
      name?.setAttribute('aria-pressed', String(chosen));
      if (name) name.tabIndex = line.dataset.row === entry?.id ? 0 : -1;
      if (chosen) shown = line;
    }
    return shown;
  }

  /** Scrolls within the table alone: the page stays where a chart has been clicked. */
  #show(line: HTMLElement): void {
    const box = this.#scroll;
    const hiddenAbove = box.scrollTop + this.#head.offsetHeight - line.offsetTop;
    const hiddenBelow = line.offsetTop + line.offsetHeight - box.scrollTop - box.clientHeight;
    if (hiddenAbove > 0) box.scrollTop -= hiddenAbove;
    else if (hiddenBelow > 0) box.scrollTop += hiddenBelow;
  }

  /** What the run started from stays on top. */
  #sorted(rows: ModelRows, columns: readonly Column[]): ModelRow[] {
    const sort = this.#sort;
    const column = columns.find(({ id }) => id === sort?.column);
    if (sort === undefined || column === undefined) return allRows(rows);
    const { baseline, control, points, compared } = rows;
    return [...present(baseline, control), ...sortRows([...points, ...compared], column, sort.descending)];
  }

  #headOf({ id, title, name }: Column): HTMLElement {
    const direction =
      this.#sort?.column === id ? (this.#sort.descending ? 'descending' : 'ascending') : 'none';
    const sort = element('button', { type: 'button', class: `sort ${direction}`, id: `sort-${id}` }, title);
    if (name !== title) sort.title = name;
    sort.addEventListener('click', () => {
      this.#sortBy(id);
    });
    return element('th', { scope: 'col', class: id, 'aria-sort': direction }, sort);
  }

  /** Ascending, then descending, then the run's own order. */
  #sortBy(column: string): void {
    const sort = this.#sort?.column === column ? this.#sort : undefined;
    this.#sort = sort?.descending ? undefined : { column, descending: sort !== undefined };
    if (this.#view) this.#draw(this.#view);
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
    return this.#rows.find((row) => row.id === id);
  }
}

function allRows({ baseline, control, points, compared }: ModelRows): ModelRow[] {
  return [...present(baseline, control), ...points, ...compared];
}

function present(...rows: readonly (ModelRow | undefined)[]): ModelRow[] {
  return rows.filter((row) => row !== undefined);
}

function tableRow(row: ModelRow, columns: readonly Column[], series: ModelRows['series']): HTMLElement {
  const [title, ...figures] = columns;
  const shown = title?.text(row) ?? NONE;
  // Whoever hears a row's name alone is told which point of the curve, and of which run, it is.
  const told = [...(row.run ? [runName(row.run)] : []), shown, settingName(row)].filter(
    (part) => part !== '',
  );
  const name = element(
    'button',
    { type: 'button', class: 'row-name', id: `row-${row.id}`, 'aria-label': told.join(', ') },
    shown,
  );
  const look = series.get(row.series ?? '')?.look;
  const swatch = look
    ? element(
        'span',
        { class: `colour-${look.colour}` },
        curveMark({ ...look, isHollow: row.run !== undefined }),
      )
    : element('span', { class: `swatch reference reference-${row.kind}` });
  return element(
    'tr',
    { 'data-row': row.id, class: row.run ? 'compared' : row.kind },
    element('th', { scope: 'row' }, swatch, name),
    ...figures.map((column) => {
      const text = column.text(row) ?? NONE;
      // A long one is cut short.
      return element('td', { class: column.id, ...(column.id === 'run' && { title: text }) }, text);
    }),
  );
}
