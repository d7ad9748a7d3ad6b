import * as l10n from '@vscode/l10n';
import type { ReadModel } from '../../src/editor/modelProtocol.ts';
import { element, setText } from '../element.ts';
import { formatBytes, formatCount } from '../format.ts';
import { Legend } from '../legend.ts';
import type { ModelSection } from './section.ts';
import { formatShare, layerOf, storageParts } from './storageParts.ts';
import { bar, scrollingTable } from './table.ts';

const colours = 6;

/** Where the bytes are: the whole model as one bar, and its weights. */
export class Layers implements ModelSection {
  readonly #figure = element('p', { class: 'figure' });
  readonly #stack = element('div', { class: 'stack', role: 'img' });
  readonly #legend = new Legend();
  readonly #table = element('div');
  readonly element = element(
    'section',
    { class: 'card', 'aria-labelledby': 'layers-title' },
    element('h2', { id: 'layers-title' }, l10n.t('Storage by layer')),
    this.#figure,
    this.#stack,
    this.#legend.element,
    this.#table,
  );

  update({ inspection }: ReadModel): void {
    const { layers, storageBytes, embeddingBytes } = inspection;
    const parts = storageParts(layers);
    const rest = parts.findIndex((part) => part.layer === undefined);
    const colourOf = (layer: string | undefined): string => {
      const place = parts.findIndex((part) => part.layer === layer);
      return `layer-${(place < 0 ? rest : place) % colours}`;
    };
    const nameOf = (layer: string | undefined): string => layer ?? l10n.t('the other layers');
    setText(
      this.#figure,
      l10n.t('{0} of {1} are the embedding', formatBytes(embeddingBytes), formatBytes(storageBytes)),
    );
    const texts = parts.map(({ layer, share }) => `${nameOf(layer)} ${formatShare(share)}`);
    this.#stack.setAttribute('aria-label', texts.join(', '));
    this.#stack.replaceChildren(
      ...parts.map(({ layer, share }, i) => {
        const piece = element('span', { class: `fill ${colourOf(layer)}`, title: texts[i] ?? '' });
        piece.style.flexGrow = String(share);
        return piece;
      }),
    );
    this.#legend.update(
      parts.map(({ layer }, i) => ({ mark: 'piece', colour: colourOf(layer), text: texts[i] ?? '' })),
    );
    const heads = [l10n.t('Weight'), l10n.t('Shape'), l10n.t('Parameters'), l10n.t('Bytes'), l10n.t('Share')];
    const rows = layers.map(({ name, shape, parameters, storageBytes: bytes, share }) => [
      name,
      shape.map(formatCount).join(' × '),
      formatCount(parameters),
      formatBytes(bytes),
      element(
        'span',
        { class: 'share' },
        bar(share, colourOf(layerOf(name))),
        element('span', {}, formatShare(share)),
      ),
    ]);
    this.#table.replaceChildren(scrollingTable(l10n.t('Weights of the model'), heads, rows));
  }
}
