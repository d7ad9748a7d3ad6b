import type { PageError } from '../src/editor/pageError.ts';
import { element, setText } from './element.ts';

/** What stands below an error's message: what to do about it, and where it lies. */
export class ErrorDetails {
  readonly #hint: HTMLElement;
  readonly #place: HTMLElement;
  readonly elements: readonly HTMLElement[];

  constructor(attributes: Readonly<Record<string, string>> = {}) {
    this.#hint = element('p', attributes);
    this.#place = element('p', attributes);
    this.elements = [this.#hint, this.#place];
    this.update(undefined);
  }

  update(error: PageError | undefined): void {
    for (const [line, text = ''] of [
      [this.#hint, error?.hint],
      [this.#place, error?.place],
    ] as const) {
      setText(line, text);
      line.hidden = text === '';
    }
  }
}
