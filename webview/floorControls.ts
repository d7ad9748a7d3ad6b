import * as l10n from '@vscode/l10n';
import { button, element, setText } from './element.ts';
import { toFloor } from './floor.ts';
import { describeFloor } from './floorText.ts';
import { formatAccuracy } from './format.ts';
import type { ModelRow } from './modelRows.ts';
import type { Actions, View } from './section.ts';

/** The floor as a number to type, and the model that it leads to. */
export class FloorControls {
  readonly element: HTMLElement;
  readonly #input = element('input', { type: 'number', id: 'floor', min: '0', max: '1', step: '0.001' });
  readonly #sentence = element('p', { class: 'floor-answer', 'aria-live': 'polite' });
  readonly #select = button(l10n.t('Select'), () => {
    if (this.#smallest) this.actions.select(this.#smallest);
  });
  #smallest: ModelRow | undefined;
  #typing = false;

  constructor(private readonly actions: Actions) {
    const hint = l10n.t(
      'Drag the line in the chart or type a number; empty, it is a hundredth below uncompressed.',
    );
    this.#input.title = hint;
    this.#input.setAttribute('aria-description', hint);
    this.#input.addEventListener('input', () => {
      this.#typing = true;
    });
    this.#input.addEventListener('change', () => {
      this.#typing = false;
      const typed = this.#input.valueAsNumber;
      actions.setFloor(Number.isNaN(typed) ? undefined : toFloor(typed));
    });
    this.element = element(
      'div',
      { class: 'floor' },
      element('label', { for: 'floor' }, l10n.t('Accuracy floor')),
      this.#input,
      this.#sentence,
      this.#select,
    );
  }

  update({ rows, selected }: View, floor: number | undefined, smallest: ModelRow | undefined): void {
    this.#smallest = smallest;
    this.element.hidden = floor === undefined || rows.points.length === 0;
    if (floor === undefined) return;
    const value = formatAccuracy(floor);
    if (!this.#typing && this.#input.value !== value) this.#input.value = value;
    setText(this.#sentence, describeFloor(rows, floor, smallest));
    this.#select.hidden = smallest === undefined;
    const isSelected = selected !== undefined && selected.id === smallest?.id;
    // Not `disabled`, which would take the focus from whoever has just pressed it.
    this.#select.setAttribute('aria-disabled', String(isSelected));
    setText(this.#select, isSelected ? l10n.t('Selected') : l10n.t('Select'));
  }
}
