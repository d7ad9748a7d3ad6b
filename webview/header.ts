import * as l10n from '@vscode/l10n';
import type { PanelState, PanelStatus } from '../src/editor/panelProtocol.ts';
import { ComparedRuns } from './controlCompared.ts';
import { RunControls } from './controlRun.ts';
import { button, element, icon, setText } from './element.ts';
import { ErrorDetails } from './errorDetails.ts';
import { formatDuration } from './format.ts';
import { modelName } from './modelRows.ts';
import type { RunModel } from './runModel.ts';
import type { Actions, Section, View } from './section.ts';

const STATES: Readonly<Record<PanelState, { readonly text: string; readonly icon: string }>> = {
  queued: { text: l10n.t('Waiting'), icon: 'clock' },
  running: { text: l10n.t('Running'), icon: 'loading' },
  paused: { text: l10n.t('Paused'), icon: 'debug-pause' },
  done: { text: l10n.t('Done'), icon: 'pass' },
  failed: { text: l10n.t('Failed'), icon: 'error' },
  cancelled: { text: l10n.t('Cancelled'), icon: 'circle-slash' },
  interrupted: { text: l10n.t('Interrupted'), icon: 'warning' },
};

/** What runs, how far it is, and what can be done about it. */
export class Header implements Section {
  readonly #name = element('h1');
  readonly #icon = icon('blank');
  readonly #state = element('span', { class: 'state', role: 'status' });
  readonly #detail = element('span', { class: 'muted' });
  readonly #progress = element('progress', { 'aria-label': l10n.t('Epochs') });
  readonly #message = element('p');
  readonly #details = new ErrorDetails();
  readonly #error = element(
    'div',
    { class: 'notice error', role: 'alert' },
    this.#message,
    ...this.#details.elements,
  );
  readonly #warnings = element('ul', {
    class: 'notice warning',
    'aria-label': l10n.t('Notes on this run'),
  });
  readonly #controls: RunControls;
  readonly #compared: ComparedRuns;
  readonly element: HTMLElement;
  #shownState: PanelState | undefined;

  constructor(actions: Actions) {
    this.#controls = new RunControls(actions);
    this.#compared = new ComparedRuns(actions);
    const compare = (): void => {
      actions.post({ type: 'compare' });
    };
    const open = (): void => {
      actions.post({ type: 'open', target: 'recipe' });
    };
    const reveal = (): void => {
      actions.post({ type: 'reveal', target: 'run' });
    };
    this.element = element(
      'header',
      {},
      element(
        'div',
        { class: 'title' },
        this.#name,
        element(
          'div',
          { class: 'buttons' },
          this.#controls.element,
          button(l10n.t('Compare With…'), compare, 'secondary', 'git-compare'),
          button(l10n.t('Open Recipe'), open, 'secondary', 'go-to-file'),
          button(l10n.t('Reveal Run Folder'), reveal, 'secondary', 'folder-opened'),
        ),
      ),
      element('p', { class: 'status' }, this.#icon, this.#state, this.#detail),
      this.#progress,
      this.#compared.element,
      this.#error,
      this.#warnings,
    );
  }

  update({ model, compared }: View): void {
    const { status, run, warnings } = model;
    setText(this.#name, run.recipe);
    this.#showState(status.state);
    setText(this.#detail, describeProgress(model));
    this.#progress.max = Math.max(1, status.epochsTotal);
    this.#progress.value = status.state === 'done' ? this.#progress.max : status.epochsDone;
    this.#compared.update(compared);
    this.#showError(status);
    this.#warnings.hidden = warnings.length === 0;
    if (this.#warnings.childElementCount !== warnings.length)
      this.#warnings.replaceChildren(...warnings.map((text) => element('li', {}, text)));
  }

  #showState(state: PanelState): void {
    if (state === this.#shownState) return;
    this.#shownState = state;
    setText(this.#state, STATES[state].text);
    this.#icon.className = `codicon codicon-${STATES[state].icon} state-${state}`;
    this.element.dataset.state = state;
    this.#controls.update(state);
  }

  #showError({ error }: PanelStatus): void {
    this.#error.hidden = error === undefined;
    setText(this.#message, error?.message ?? '');
    this.#details.update(error);
  }
}

/** `epoch 12 of 60 · 3 min left · now Task, rank 9` */
function describeProgress({ status, latest, trials, planned }: RunModel): string {
  const { state, epochsDone, epochsTotal, remainingSeconds } = status;
  const parts: string[] = [];
  if (epochsTotal > 0) parts.push(l10n.t('epoch {0} of {1}', Math.min(epochsDone, epochsTotal), epochsTotal));
  if (state !== 'running') return parts.join(' · ');
  if (remainingSeconds !== undefined) parts.push(l10n.t('{0} left', formatDuration(remainingSeconds)));
  const trial = latest === undefined ? undefined : planned.get(latest);
  if (trial !== undefined && trials.get(trial.id)?.result === undefined)
    parts.push(l10n.t('now {0}', modelName(trial)));
  return parts.join(' · ');
}
