import * as l10n from '@vscode/l10n';
import type { PageError } from '../src/editor/pageError.ts';
import { button, element, setText } from './element.ts';
import { ErrorDetails } from './errorDetails.ts';

/** What stands where an answer will be: what it waits for, that it is being computed, or why there is none. */
export class AnswerNotice {
  readonly #text = element('p', { role: 'status' });
  readonly #details = new ErrorDetails({ class: 'muted' });
  readonly #bar = element('div', { class: 'working', 'aria-hidden': 'true' });
  readonly #retry: HTMLElement;
  readonly element: HTMLElement;

  constructor(retry: () => void) {
    this.#retry = button(l10n.t('Retry'), retry);
    this.element = element(
      'div',
      { class: 'answer-notice' },
      this.#text,
      ...this.#details.elements,
      this.#bar,
      this.#retry,
    );
    this.hide();
  }

  hide(): void {
    this.element.hidden = true;
    setText(this.#text, '');
  }

  wait(text: string): void {
    this.#show({ message: text }, 'waiting');
  }

  work(text: string): void {
    this.#show({ message: text }, 'working');
  }

  fail(error: PageError): void {
    this.#show(error, 'failed');
  }

  #show(said: PageError, state: 'waiting' | 'working' | 'failed'): void {
    this.element.hidden = false;
    this.element.dataset.state = state;
    setText(this.#text, said.message);
    this.#details.update(said);
    this.#bar.hidden = state !== 'working';
    this.#retry.hidden = state !== 'failed';
  }
}
