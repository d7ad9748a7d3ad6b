import * as l10n from '@vscode/l10n';
import type { Axis } from './accuracyAxis.ts';
import type { Variant } from './accuracySeries.ts';
import { element } from './element.ts';
import type { View } from './section.ts';

/** What the accuracy chart shows: its horizontal axis, and which accuracies beside the one after retraining. */
export class AccuracyControls {
  readonly elements: readonly HTMLElement[];
  readonly #axes: ReadonlyMap<Axis, HTMLInputElement>;
  readonly #before: Toggle;
  readonly #test: Toggle;

  constructor(setAxis: (axis: Axis) => void, changed: () => void) {
    const radio = (axis: Axis): [Axis, HTMLInputElement] => {
      const input = element('input', { type: 'radio', name: 'axis', value: axis, class: 'visually-hidden' });
      input.addEventListener('change', () => {
        setAxis(axis);
      });
      return [axis, input];
    };
    this.#axes = new Map([radio('rank'), radio('bytes')]);
    const texts: Readonly<Record<Axis, string>> = { rank: l10n.t('Rank'), bytes: l10n.t('Size') };
    const choice = element(
      'div',
      { class: 'axis', role: 'radiogroup', 'aria-label': l10n.t('Horizontal axis') },
      ...[...this.#axes].map(([axis, input]) => element('label', {}, input, texts[axis])),
    );
    this.#before = toggle(l10n.t('Before retraining'), false, changed);
    this.#test = toggle(l10n.t('Test (report)'), true, changed);
    this.elements = [choice, this.#before.label, this.#test.label];
  }

  update({ axis, rows }: View): void {
    for (const [each, input] of this.#axes) input.checked = each === axis;
    this.#before.label.hidden = rows.points.length === 0;
    this.#test.label.hidden = !rows.points.some((row) => row.test);
  }

  variants(): ReadonlySet<Variant> {
    const variants = new Set<Variant>(['after']);
    if (this.#before.input.checked) variants.add('before');
    if (this.#test.input.checked) variants.add('test');
    return variants;
  }
}

interface Toggle {
  readonly input: HTMLInputElement;
  readonly label: HTMLLabelElement;
}

function toggle(text: string, checked: boolean, changed: () => void): Toggle {
  const input = element('input', { type: 'checkbox' });
  input.checked = checked;
  input.addEventListener('change', changed);
  return { input, label: element('label', { class: 'toggle' }, input, text) };
}
