import * as l10n from '@vscode/l10n';
import type { PanelRun } from '../src/editor/panelProtocol.ts';
import { element, iconButton } from './element.ts';
import { runName } from './modelRows.ts';
import type { Actions } from './section.ts';

/** The runs compared with the panel's own, each with a button that takes it out again. */
export class ComparedRuns {
  readonly element = element('ul', { class: 'chips', 'aria-label': l10n.t('Compared runs') });
  #shown = '';

  constructor(private readonly actions: Actions) {}

  update(runs: readonly PanelRun[]): void {
    const shown = JSON.stringify(runs);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.element.hidden = runs.length === 0;
    this.element.replaceChildren(...runs.map((run) => this.#chip(run)));
  }

  #chip(run: PanelRun): HTMLElement {
    const name = runName(run);
    const remove = iconButton('close', l10n.t('Take {0} out of the comparison', name), () => {
      this.actions.post({ type: 'uncompare', run: run.key });
    });
    return element('li', { class: 'chip' }, element('span', {}, name), remove);
  }
}
