import type { PanelState, PanelStatus } from '../src/editor/panelProtocol.ts';
import { button, drawing, element, setText, type Button } from './element.ts';
import { formatDuration } from './format.ts';
import { modelName } from './modelRows.ts';
import type { RunModel } from './runModel.ts';
import type { Actions, Section, View } from './section.ts';

const STATES: Readonly<Record<PanelState, { readonly text: string; readonly icon: string }>> = {
  queued: { text: 'Waiting', icon: 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 4.5V8l2.5 1.5' },
  running: { text: 'Running', icon: 'M8 2a6 6 0 1 0 6 6' },
  paused: { text: 'Paused', icon: 'M5.5 3.5V12.5M10.5 3.5V12.5' },
  done: { text: 'Done', icon: 'M3 8.5L6.5 12L13 4.5' },
  failed: { text: 'Failed', icon: 'M4 4L12 12M12 4L4 12' },
  cancelled: { text: 'Cancelled', icon: 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M4 4L12 12' },
  interrupted: { text: 'Interrupted', icon: 'M8 2L14.5 13.5H1.5zM8 6.5V10M8 11.5V12' },
};

const RESUMABLE: ReadonlySet<PanelState> = new Set(['cancelled', 'interrupted', 'failed']);

/** What runs, how far it is, and what can be done about it. */
export class Header implements Section {
  readonly #name = element('h1');
  readonly #icon = element('span', { class: 'state-icon' });
  readonly #state = element('span', { class: 'state', role: 'status' });
  readonly #detail = element('span', { class: 'muted' });
  readonly #progress = element('progress', { 'aria-label': 'Epochs' });
  readonly #message = element('p');
  readonly #hint = element('p');
  readonly #error = element('div', { class: 'notice error', role: 'alert' }, this.#message, this.#hint);
  readonly #warnings = element('ul', { class: 'notice warning', 'aria-label': 'Notes on this run' });
  readonly #cancel: Button;
  readonly #resume: Button;
  readonly element: HTMLElement;
  #shownState: PanelState | undefined;

  constructor(actions: Actions) {
    this.#cancel = button('Cancel', () => {
      this.#ask(this.#cancel, 'Cancelling…');
      actions.post({ type: 'cancel' });
    });
    this.#resume = button(
      'Resume',
      () => {
        this.#ask(this.#resume, 'Resuming…');
        actions.post({ type: 'resume' });
      },
      'primary',
    );
    const open = button('Open Recipe', () => {
      actions.post({ type: 'open', target: 'recipe' });
    });
    const reveal = button('Reveal Run Folder', () => {
      actions.post({ type: 'reveal', target: 'run' });
    });
    this.element = element(
      'header',
      {},
      element(
        'div',
        { class: 'title' },
        this.#name,
        element('div', { class: 'buttons' }, this.#resume, this.#cancel, open, reveal),
      ),
      element('p', { class: 'status' }, this.#icon, this.#state, this.#detail),
      this.#progress,
      this.#error,
      this.#warnings,
    );
  }

  update({ model }: View): void {
    const { status, run, warnings } = model;
    setText(this.#name, run.recipe);
    this.#showState(status.state);
    setText(this.#detail, describeProgress(model));
    this.#progress.max = Math.max(1, status.epochsTotal);
    this.#progress.value = status.state === 'done' ? this.#progress.max : status.epochsDone;
    this.#showError(status);
    this.#warnings.hidden = warnings.length === 0;
    if (this.#warnings.childElementCount !== warnings.length)
      this.#warnings.replaceChildren(...warnings.map((text) => element('li', {}, text)));
  }

  #showState(state: PanelState): void {
    if (state === this.#shownState) return;
    this.#shownState = state;
    setText(this.#state, STATES[state].text);
    this.#icon.className = `state-icon state-${state}`;
    this.#icon.replaceChildren(drawing('', '0 0 16 16', STATES[state].icon));
    this.element.dataset.state = state;
    this.#cancel.hidden = state !== 'running' && state !== 'queued';
    this.#resume.hidden = !RESUMABLE.has(state);
    this.#cancel.disabled = this.#resume.disabled = false;
    setText(this.#cancel, 'Cancel');
    setText(this.#resume, 'Resume');
  }

  /** Until the state changes, the button says what was asked. */
  #ask(pressed: Button, text: string): void {
    pressed.disabled = true;
    setText(pressed, text);
  }

  #showError({ error }: PanelStatus): void {
    this.#error.hidden = error === undefined;
    setText(this.#message, error?.message ?? '');
    setText(this.#hint, error?.hint ?? '');
  }
}

/** `epoch 12 of 60 · 3 min left · now Task, rank 9` */
function describeProgress({ status, latest, trials, planned }: RunModel): string {
  const { state, epochsDone, epochsTotal, remainingSeconds } = status;
  const parts: string[] = [];
  if (epochsTotal > 0) parts.push(`epoch ${Math.min(epochsDone, epochsTotal)} of ${epochsTotal}`);
  if (state !== 'running') return parts.join(' · ');
  if (remainingSeconds !== undefined) parts.push(`${formatDuration(remainingSeconds)} left`);
  const trial = latest === undefined ? undefined : planned.get(latest);
  if (trial !== undefined && trials.get(trial.id)?.result === undefined)
    parts.push(`now ${modelName(trial)}`);
  return parts.join(' · ');
}
