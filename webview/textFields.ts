import * as l10n from '@vscode/l10n';
import { element } from './element.ts';

/** Where the texts of a sentence are typed: in one field, or in one for each input of a model that takes several. */
export class TextFields {
  readonly element = element('div', { class: 'try-fields' });
  readonly #enter: () => void;
  #names: readonly string[] | undefined;
  #fields: readonly HTMLInputElement[] = [];

  /** @param enter is called where Enter is pressed in a field */
  constructor(enter: () => void) {
    this.#enter = enter;
    this.#make();
  }

  /** @param names the model's inputs, where it takes several texts */
  name(names: readonly string[] | undefined): void {
    if (String(names) === String(this.#names)) return;
    this.#names = names;
    this.#make();
  }

  get texts(): readonly string[] {
    return this.#fields.map(({ value }) => value.trim());
  }

  set texts(texts: readonly string[]) {
    this.#fields.forEach((field, i) => (field.value = texts[i] ?? ''));
  }

  /** The first one that is empty, or the first. */
  focus(): void {
    (this.#fields.find(({ value }) => value.trim() === '') ?? this.#fields[0])?.focus();
  }

  #make(): void {
    const labels = this.#names?.map((name) => l10n.t('Text for {0}', name));
    this.#fields = (labels ?? [l10n.t('Sentence to classify')]).map((label, i) =>
      this.#field(i, label, labels === undefined ? l10n.t('Type a sentence and press Enter') : label),
    );
    this.element.replaceChildren(...this.#fields);
  }

  #field(place: number, label: string, placeholder: string): HTMLInputElement {
    const field = element('input', {
      type: 'text',
      id: place === 0 ? 'try-text' : `try-text-${place + 1}`,
      maxlength: '2000',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder,
      'aria-label': label,
    });
    field.addEventListener('keydown', (event) => {
      // While letters are being composed, Enter ends that.
      if (event.key === 'Enter' && !event.isComposing) this.#enter();
    });
    return field;
  }
}
