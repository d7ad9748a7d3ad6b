import * as l10n from '@vscode/l10n';
import type { Axis } from './accuracyAxis.ts';
import type { Variant } from './accuracySeries.ts';
import { element } from './element.ts';
import type { View } from './section.ts';
import { Segments } from './segments.ts';

/** What the accuracy chart shows: its horizontal axis, and which accuracies beside the one after retraining. */
export class AccuracyControls {
  readonly elements: readonly HTMLElement[];
  readonly #axis: Segments<Axis>;
  readonly #before: Toggle;
  readonly #test: Toggle;

  constructor(setAxis: (axis: Axis) => void, changed: () => void) {
    this.#axis = new Segments<Axis>(
      'axis',
      l10n.t('Horizontal axis'),
      [
        ['embedding', l10n.t('Embedding')],
        ['bytes', l10n.t('Whole Model')],
        ['rank', l10n.t('Rank')],
      ],
      () => {
        setAxis(this.#axis.value);
      },
    );
    this.#before = toggle(l10n.t('Before retraining'), false, changed);
    this.#test = toggle(l10n.t('Test (report)'), true, changed);
    this.elements = [this.#axis.element, this.#before.label, this.#test.label];
  }

  update({ axis, rows }: View): void {
    this.#axis.value = axis;
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
