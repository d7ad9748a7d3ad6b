import * as l10n from '@vscode/l10n';
import type { ReadModel } from '../../src/editor/modelProtocol.ts';
import { element } from '../element.ts';
import { formatBytes, formatChange, formatCount, formatPercent, NONE } from '../format.ts';
import { keptShares } from './keptShares.ts';
import type { ModelSection } from './section.ts';
import { bar, scrollingTable } from './table.ts';

/** What usual reductions would make of the model. */
export class Reductions implements ModelSection {
  readonly #table = element('div');
  readonly element = element(
    'section',
    { class: 'card', 'aria-labelledby': 'reductions-title' },
    element('h2', { id: 'reductions-title' }, l10n.t('What a reduction leaves')),
    element(
      'p',
      { class: 'muted' },
      l10n.t('The table becomes two factors of that rank, and the model is trained again.'),
    ),
    this.#table,
  );

  update({ inspection, reduced, spectrum }: ReadModel): void {
    this.element.hidden = reduced.length === 0;
    const kept = spectrum.state === 'done' ? keptShares(spectrum.report.singularValues) : [];
    const heads = [
      l10n.t('Reduction'),
      l10n.t('Rank'),
      l10n.t('Embedding'),
      l10n.t('Whole model'),
      l10n.t('Change'),
      l10n.t('Table kept'),
    ];
    const rows = reduced.map(({ reduction, rank, embeddingBytes, storageBytes }) => {
      const share = kept[rank - 1];
      return [
        `${Math.round(100 * reduction)}\u00a0%`,
        formatCount(rank),
        formatBytes(embeddingBytes),
        element(
          'span',
          { class: 'share' },
          bar(storageBytes / inspection.storageBytes, 'layer-0'),
          element('span', {}, formatBytes(storageBytes)),
        ),
        formatChange(storageBytes, inspection.storageBytes),
        share === undefined ? NONE : formatPercent(share),
      ];
    });
    this.#table.replaceChildren(scrollingTable(l10n.t('Reductions of the embedding'), heads, rows));
  }
}
