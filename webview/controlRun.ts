import * as l10n from '@vscode/l10n';
import type { PageMessage, PanelState } from '../src/editor/panelProtocol.ts';
import { button, element, setText, type Button } from './element.ts';
import type { Actions } from './section.ts';

interface Control {
  readonly button: Button;
  readonly label: string;
  readonly states: ReadonlySet<PanelState>;
}

/** Pauses, cancels and resumes the run: the buttons that its state allows. */
export class RunControls {
  readonly element = element('div', { class: 'buttons', role: 'group', 'aria-label': l10n.t('Run') });
  readonly #controls: readonly Control[];
  #state: PanelState | undefined;

  constructor(private readonly actions: Actions) {
    const resumable = new Set<PanelState>(['paused', 'cancelled', 'interrupted', 'failed']);
    this.#controls = [
      this.#control('resume', 'debug-start', l10n.t('Resume'), l10n.t('Resuming…'), resumable),
      this.#control('pause', 'debug-pause', l10n.t('Pause'), l10n.t('Pausing…'), new Set(['running'])),
      this.#control(
        'cancel',
        'debug-stop',
        l10n.t('Cancel'),
        l10n.t('Cancelling…'),
        new Set(['queued', 'running', 'paused']),
      ),
    ];
    this.element.append(...this.#controls.map((control) => control.button));
  }

  update(state: PanelState): void {
    if (state === this.#state) return;
    this.#state = state;
    // The pressed button may go; its place in the page stays with whoever pressed it.
    const focused = this.element.contains(document.activeElement);
    for (const { button: shown, label, states } of this.#controls) {
      shown.hidden = !states.has(state);
      setText(shown, label);
      shown.removeAttribute('aria-disabled');
    }
    this.element.hidden = this.#controls.every((control) => control.button.hidden);
    if (focused && document.activeElement?.matches('[hidden], body'))
      this.#controls.find((control) => !control.button.hidden)?.button.focus();
  }

  #control(
    type: PageMessage['type'] & ('resume' | 'pause' | 'cancel'),
    icon: string,
    label: string,
    asked: string,
    states: ReadonlySet<PanelState>,
  ): Control {
    const pressed = (): void => {
      if (made.getAttribute('aria-disabled') === 'true') return;
      this.actions.post({ type });
      // Until the state changes it says what was asked, and keeps the focus, which a disabled one would lose.
      made.setAttribute('aria-disabled', 'true');
      setText(made, asked);
    };
    const made = button(label, pressed, type === 'resume' ? 'primary' : 'secondary', icon);
    return { button: made, label, states };
  }
}
