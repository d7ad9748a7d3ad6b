import { element, setText } from './element.ts';

/** One of a few: radio buttons that look like one control. */
export class Segments<T extends string> {
  readonly element: HTMLElement;
  readonly #inputs = new Map<T, { readonly input: HTMLInputElement; readonly text: HTMLElement }>();
  #value: T;

  /** `name` is the page's own for the group, `label` is what it is called. */
  constructor(name: string, label: string, options: readonly (readonly [T, string])[], changed: () => void) {
    const [first] = options;
    if (first === undefined) throw new Error(`The choice ${name} has no option.`);
    this.#value = first[0];
    this.element = element('div', { class: 'segments', role: 'radiogroup', 'aria-label': label });
    for (const [value, title] of options) {
      const input = element('input', { type: 'radio', name, value });
      const text = element('span', {}, title);
      input.checked = value === this.#value;
      input.addEventListener('change', () => {
        this.#value = value;
        changed();
      });
      this.#inputs.set(value, { input, text });
      this.element.append(element('label', {}, input, text));
    }
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    this.#value = value;
    for (const [each, { input }] of this.#inputs) input.checked = each === value;
  }

  retitle(value: T, title: string): void {
    const option = this.#inputs.get(value);
    if (option) setText(option.text, title);
  }
}
