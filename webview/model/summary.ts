import * as l10n from '@vscode/l10n';
import type { ReadModel } from '../../src/editor/modelProtocol.ts';
import { element } from '../element.ts';
import { formatBytes, formatCount, formatPercent } from '../format.ts';
import { describeBody, describeEmbedding, describeInputs, describeText, shortList } from './describeModel.ts';
import type { ModelSection } from './section.ts';

/** What the model is, in a few figures. */
export class Summary implements ModelSection {
  readonly #figures = element('dl', { class: 'figures' });
  readonly #facts = element('dl', { class: 'facts' });
  readonly element = element(
    'section',
    { class: 'card wide', 'aria-labelledby': 'summary-title' },
    element('h2', { id: 'summary-title', class: 'visually-hidden' }, l10n.t('Summary')),
    this.#figures,
    this.#facts,
  );

  update({ inspection }: ReadModel): void {
    const { spec, parameters, storageBytes, embeddingShare, folding, vocabulary, labels, text } = inspection;
    const { countsPadding } = inspection;
    this.#figures.replaceChildren(
      ...entry(l10n.t('Size'), formatBytes(storageBytes)),
      ...entry(l10n.t('Parameters'), formatCount(parameters)),
      ...entry(l10n.t('Embedding’s share'), formatPercent(embeddingShare)),
      ...entry(
        l10n.t('Vocabulary'),
        vocabulary === undefined ? l10n.t('none beside it') : l10n.t('{0} words', formatCount(vocabulary)),
      ),
      ...entry(l10n.t('Classes'), formatCount(spec.classes)),
    );
    const facts = [
      entry(l10n.t('Embedding'), describeEmbedding(spec)),
      entry(l10n.t('Body'), describeBody(spec)),
      entry(l10n.t('Head'), spec.head),
      entry(
        l10n.t('Folding'),
        folding.exact
          ? l10n.t('exact: the factor B can go into the next layer, with the same outputs')
          : folding.why,
      ),
    ];
    if (labels !== undefined) facts.push(entry(l10n.t('Labels'), shortList(labels)));
    const texts = describeInputs(spec);
    if (texts !== undefined) facts.push(entry(l10n.t('Texts'), texts));
    facts.push(
      entry(
        l10n.t('Text'),
        text === undefined ? l10n.t('No settings beside the model') : describeText(text, !countsPadding),
      ),
    );
    if (countsPadding) facts.push(entry(l10n.t('Padding'), l10n.t('counts as a token')));
    this.#facts.replaceChildren(...facts.flat());
  }
}

/** A term with its description. They are wrapped, as HTML allows, to lie in one cell of a grid. */
function entry(name: string, value: string): HTMLElement[] {
  return [element('div', {}, element('dt', {}, name), element('dd', {}, value))];
}
