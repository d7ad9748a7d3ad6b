import * as l10n from '@vscode/l10n';
import { Chart, type ChartOptions } from 'chart.js';
import type { ReducedModel } from '../../src/editor/reducedModels.ts';
import type { ModelPageMessage, ReadModel, SpectrumState } from '../../src/editor/modelProtocol.ts';
import { axisLook, ChartBox, STILL, tooltipLook } from '../chartBase.ts';
import { button, element, setText, type Button } from '../element.ts';
import { ErrorDetails } from '../errorDetails.ts';
import { formatCount, formatPercent } from '../format.ts';
import { Legend } from '../legend.ts';
import type { Theme } from '../theme.ts';
import { keptShares, rankKeeping } from './keptShares.ts';
import type { ModelSection } from './section.ts';

interface RankPoint {
  readonly x: number;
  readonly y: number;
}

/** What each rank keeps of the embedding's table. */
export class Spectrum implements ModelSection {
  readonly #figure = element('p', { class: 'figure' });
  readonly #status = element('p', { class: 'muted', role: 'status' });
  readonly #details = new ErrorDetails({ class: 'muted' });
  readonly #progress = element('progress', { 'aria-label': l10n.t('Computing the spectrum') });
  readonly #retry: Button;
  readonly #legend = new Legend();
  readonly #box = new ChartBox('spectrum');
  readonly #drawn = element('div', {}, this.#figure, this.#legend.element, this.#box.element);
  readonly #chart: Chart<'line', RankPoint[]>;
  readonly element: HTMLElement;
  #reduced: readonly ReducedModel[] = [];

  constructor(post: (message: ModelPageMessage) => void) {
    const again = (): void => {
      post({ type: 'reload' });
    };
    this.#retry = button(l10n.t('Try Again'), again, 'secondary', 'refresh');
    this.element = element(
      'section',
      { class: 'card wide', 'aria-labelledby': 'spectrum-title' },
      element('h2', { id: 'spectrum-title' }, l10n.t('Spectrum of the embedding')),
      this.#status,
      ...this.#details.elements,
      this.#progress,
      this.#retry,
      this.#drawn,
    );
    this.#chart = new Chart<'line', RankPoint[]>(this.#box.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: STILL,
    });
  }

  update({ spectrum, reduced }: ReadModel, theme: Theme): void {
    this.#reduced = reduced;
    this.element.hidden = spectrum.state === 'factorized';
    this.#progress.hidden = spectrum.state !== 'computing';
    this.#retry.hidden = spectrum.state !== 'failed';
    this.#drawn.hidden = spectrum.state !== 'done';
    setText(this.#status, statusOf(spectrum));
    this.#details.update(spectrum.state === 'failed' ? spectrum.error : undefined);
    if (spectrum.state === 'done') this.#draw(keptShares(spectrum.report.singularValues), theme);
  }

  #draw(kept: readonly number[], theme: Theme): void {
    const figure = describe(kept);
    setText(this.#figure, figure);
    this.#box.describe(figure, undefined);
    this.#legend.update([
      { mark: 'line', colour: 'layer-0', text: l10n.t('Share of the squared entries') },
      { mark: 'piece', colour: 'layer-1', text: l10n.t('The reductions listed above') },
    ]);
    const [line = theme.foreground, dots = theme.foreground] = theme.palette;
    const point = (rank: number): RankPoint => ({ x: rank, y: kept[rank - 1] ?? 0 });
    const ranks = [...new Set(this.#reduced.map(({ rank }) => rank))].filter((rank) => rank <= kept.length);
    this.#chart.data.datasets = [
      {
        data: kept.map((_, i) => point(i + 1)),
        borderColor: line,
        backgroundColor: line,
        borderWidth: 2,
        pointRadius: kept.length === 1 ? 3 : 0,
        pointHoverRadius: 3,
        order: 1,
      },
      {
        data: ranks.sort((a, b) => a - b).map(point),
        showLine: false,
        borderColor: theme.background,
        backgroundColor: dots,
        borderWidth: 1.5,
        pointStyle: 'rect',
        pointRadius: 6,
        pointHoverRadius: 7,
        order: 0,
      },
    ];
    this.#chart.options = this.#options(kept.length, theme);
    this.#chart.update('none');
  }

  #options(ranks: number, theme: Theme): ChartOptions<'line'> {
    const rank = axisLook(theme, l10n.t('Rank'));
    const share = axisLook(theme, l10n.t('Kept'));
    return {
      ...STILL,
      interaction: { mode: 'x', intersect: false },
      scales: {
        x: {
          ...rank,
          type: 'linear',
          min: 0,
          max: ranks,
          ticks: { ...rank.ticks, precision: 0, includeBounds: false, maxRotation: 0, autoSkipPadding: 16 },
        },
        y: {
          ...share,
          min: 0,
          max: 1,
          ticks: {
            ...share.ticks,
            maxTicksLimit: 6,
            callback: (value) => `${Math.round(100 * Number(value))}\u00a0%`,
          },
        },
      },
      plugins: {
        tooltip: {
          ...tooltipLook<'line'>(theme),
          displayColors: false,
          // The line and a mark on it are one rank.
          filter: ({ dataIndex }, i, items) => i === 0 || items[0]?.dataIndex !== dataIndex,
          callbacks: {
            title: () => '',
            label: ({ parsed: { x, y } }) => this.#label(x ?? 0, y ?? 0),
          },
        },
      },
    };
  }

  #label(rank: number, share: number): string {
    const keeps = l10n.t('Rank {0} keeps {1}', formatCount(rank), formatPercent(share));
    const reductions = this.#reduced.filter((reduced) => reduced.rank === rank);
    if (reductions.length === 0) return keeps;
    const names = reductions.map(({ reduction }) => `${Math.round(100 * reduction)}\u00a0%`).join(', ');
    return l10n.t('{0} (reduction {1})', keeps, names);
  }
}

function statusOf(spectrum: SpectrumState): string {
  switch (spectrum.state) {
    case 'computing':
      return l10n.t('Computing…');
    case 'untrusted':
      return l10n.t('Trust this workspace to have the spectrum computed: that starts a process.');
    case 'failed':
      return spectrum.error.message;
    case 'done':
      return l10n.t('What the best approximation of each rank keeps of the table, before retraining.');
    case 'factorized':
      return '';
  }
}

/** `Rank 21 keeps 90 %, rank 27 keeps 99 % of the table` */
function describe(kept: readonly number[]): string {
  return l10n.t(
    'Of {0} ranks, {1} keep half of the table, {2} keep 90 %, {3} keep 99 %',
    formatCount(kept.length),
    ...[0.5, 0.9, 0.99].map((share) => formatCount(rankKeeping(share, kept) ?? 0)),
  );
}
