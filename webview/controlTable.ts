import * as l10n from '@vscode/l10n';
import type { PageMessage } from '../src/editor/panelProtocol.ts';
import type { TrialResult } from '../src/core/sweep/trial.ts';
import { bestTrial } from './bestTrial.ts';
import { commaSeparated, tabSeparated } from './delimited.ts';
import { button, element, setText, type Button } from './element.ts';
import { modelName, type ModelRow } from './modelRows.ts';
import type { Actions } from './section.ts';
import { tableCells, type Column } from './tableColumns.ts';

/** The table as it is shown. */
export interface ShownTable {
  readonly rows: readonly ModelRow[];
  readonly columns: readonly Column[];
  readonly selected: ModelRow | undefined;
  /** Results of the panel's own run, whose checkpoints are there to be had. */
  readonly finished: readonly TrialResult[];
}

/** What can be done with the selected model, and with the whole table. */
export class TableControls {
  readonly element = element('div', { class: 'buttons' });
  /** Which checkpoint the buttons mean, where that is not plain. */
  readonly note = element('p', { class: 'muted table-note' });
  readonly #ofTrial: readonly Button[];
  readonly #ofRow: Button;
  readonly #ofTable: readonly Button[];
  #shown: ShownTable = { rows: [], columns: [], selected: undefined, finished: [] };
  #trial: TrialResult | undefined;

  constructor(actions: Actions) {
    const post = (message: PageMessage): void => {
      actions.post(message);
    };
    const withTrial = (act: (trial: string) => void) => (): void => {
      if (this.#trial) act(this.#trial.trial);
    };
    const exportTrial = withTrial((trial) => {
      post({ type: 'export', trial });
    });
    const reveal = withTrial((trial) => {
      post({ type: 'reveal', target: 'checkpoint', trial });
    });
    const copyRow = (): void => {
      const { selected, columns } = this.#shown;
      if (selected) post({ type: 'copy', text: tabSeparated(tableCells([selected], columns).slice(1)) });
    };
    const copyTable = (): void => {
      const { rows, columns } = this.#shown;
      post({ type: 'copy', text: tabSeparated(tableCells(rows, columns)) });
    };
    const save = (): void => {
      const { rows, columns } = this.#shown;
      const content = commaSeparated(tableCells(rows, columns));
      post({ type: 'save', file: { name: 'models', format: 'csv', content } });
    };
    this.#ofTrial = [
      button(l10n.t('Export…'), exportTrial, 'secondary', 'export'),
      button(l10n.t('Reveal Checkpoint'), reveal, 'secondary', 'folder-opened'),
    ];
    this.#ofRow = button(l10n.t('Copy Row'), copyRow, 'secondary', 'copy');
    this.#ofTable = [
      button(l10n.t('Copy Table'), copyTable, 'secondary', 'table'),
      button(l10n.t('Save as CSV'), save, 'secondary', 'save'),
    ];
    this.element.append(...this.#ofTrial, this.#ofRow, ...this.#ofTable);
  }

  update(shown: ShownTable): void {
    this.#shown = shown;
    const { rows, selected, finished } = shown;
    this.#trial = selected && bestTrial(selected, finished);
    for (const made of this.#ofTrial) made.disabled = this.#trial === undefined;
    this.#ofRow.disabled = selected === undefined;
    for (const made of this.#ofTable) made.disabled = rows.length === 0;
    const note = this.#explain(selected);
    this.note.hidden = note === '';
    setText(this.note, note);
  }

  #explain(selected: ModelRow | undefined): string {
    if (selected?.run)
      return l10n.t('{0} is of another run: its checkpoint is in that run’s own panel.', modelName(selected));
    if (selected === undefined || this.#trial === undefined || selected.seeds < 2) return '';
    return l10n.t(
      'Export and Reveal take seed {0}, the best of {1} on the validation set.',
      this.#trial.seed,
      selected.seeds,
    );
  }
}
