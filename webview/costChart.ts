import * as l10n from '@vscode/l10n';
import { Chart, type ChartOptions } from 'chart.js';
import { axisLook, ChartBox, STILL, tooltipLook } from './chartBase.ts';
import { saveButtons } from './chartExport.ts';
import { element, setText } from './element.ts';
import { formatBytes, formatChange, formatFlops, withoutZeros } from './format.ts';
import { layerStacks, type Cost, type LayerStacks } from './layerStacks.ts';
import { Legend } from './legend.ts';
import { modelName, type ModelRow } from './modelRows.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';
import type { Theme } from './theme.ts';

/** Storage and FLOPs by layer, of the selected model against the uncompressed one. */
export class CostCharts implements Section {
  readonly element: HTMLElement;
  #view: View | undefined;
  readonly #model = element('p', { class: 'muted' });
  readonly #legend = new Legend();
  readonly #storage: CostChart;
  readonly #flops: CostChart;

  readonly #empty = element(
    'p',
    { class: 'muted' },
    l10n.t('Known once the uncompressed model has been measured.'),
  );
  readonly #charts: HTMLElement;

  constructor(actions: Actions) {
    this.#storage = new CostChart('storageBytes', l10n.t('Storage by layer'), formatBytes, actions);
    this.#flops = new CostChart(
      'flopsPerSentence',
      l10n.t('FLOPs a sentence by layer'),
      formatFlops,
      actions,
    );
    this.#charts = element(
      'div',
      {},
      this.#legend.element,
      element('div', { class: 'costs' }, this.#storage.element, this.#flops.element),
    );
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'cost-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'cost-title' }, l10n.t('Cost by layer')),
        this.#model,
      ),
      this.#empty,
      this.#charts,
    );
  }

  update(view: View): void {
    const unchanged = sameFigures(this.#view, view);
    this.#view = view;
    if (unchanged) return;
    const { rows, selected, theme } = view;
    setText(this.#model, describeModel(selected));
    const storage = layerStacks(rows, selected, 'storageBytes');
    const flops = layerStacks(rows, selected, 'flopsPerSentence');
    this.#empty.hidden = storage.bars.length > 0;
    this.#charts.hidden = storage.bars.length === 0;
    // One colour a layer in both charts.
    const layers = [...new Set([...storage.stacks, ...flops.stacks].map((stack) => stack.layer))];
    this.#legend.update(
      layers.map((layer, i) => ({
        mark: 'piece',
        colour: `layer-${i % theme.palette.length}`,
        text: layer,
      })),
    );
    const colours = new Map(
      layers.map((layer, i) => [layer, theme.palette[i % theme.palette.length] ?? theme.foreground]),
    );
    this.#storage.update(storage, colours, theme);
    this.#flops.update(flops, colours, theme);
  }
}

function describeModel(selected: ModelRow | undefined): string {
  if (selected === undefined) return '';
  if (selected.kind === 'point') return l10n.t('{0} against uncompressed', modelName(selected));
  return selected.run === undefined ? '' : modelName(selected);
}

class CostChart {
  readonly element: HTMLElement;
  readonly #figure = element('p', { class: 'figure' });
  readonly #box = new ChartBox('cost');
  readonly #chart: Chart<'bar', number[], string>;

  constructor(
    cost: Cost,
    private readonly title: string,
    private readonly format: (value: number) => string,
    actions: Actions,
  ) {
    this.element = element(
      'div',
      { class: 'cost-part', role: 'group', 'aria-labelledby': `${cost}-title` },
      element(
        'div',
        { class: 'card-head' },
        element('h3', { id: `${cost}-title` }, title),
        saveButtons(cost === 'storageBytes' ? 'storage' : 'flops', () => this.#chart, actions),
      ),
      this.#figure,
      this.#box.element,
    );
    this.#chart = new Chart<'bar', number[], string>(this.#box.canvas, {
      type: 'bar',
      data: { datasets: [] },
      options: STILL,
    });
  }

  update({ bars, stacks }: LayerStacks, colours: ReadonlyMap<string, string>, theme: Theme): void {
    setText(this.#figure, this.#summary(bars));
    this.#box.describe(this.#describe({ bars, stacks }), undefined);
    this.#chart.data = {
      labels: bars.map((bar) => bar.name),
      datasets: stacks.map(({ layer, values }) => ({
        label: layer,
        data: [...values],
        backgroundColor: colours.get(layer) ?? theme.foreground,
        // The gap keeps neighbours apart where their colours alone would not.
        borderColor: theme.background,
        borderWidth: { left: 0, right: 1, top: 0, bottom: 0 },
        borderSkipped: false,
        maxBarThickness: 26,
      })),
    };
    this.#chart.options = this.#options(theme);
    this.#chart.update('none');
  }

  #summary(bars: LayerStacks['bars']): string {
    const [before, after] = bars;
    if (before === undefined) return '';
    if (after === undefined) return this.format(before.total);
    return `${this.format(before.total)} → ${this.format(after.total)} (${formatChange(after.total, before.total)})`;
  }

  #describe({ bars, stacks }: LayerStacks): string {
    const models = bars.map(({ name, total }, i) => {
      const parts = stacks
        .filter((stack) => (stack.values[i] ?? 0) > 0)
        .map((stack) => `${stack.layer} ${this.format(stack.values[i] ?? 0)}`);
      return l10n.t('{0}: {1}, of which {2}.', name, this.format(total), parts.join(', '));
    });
    return `${this.title}. ${models.join(' ')}`.trim();
  }

  #options(theme: Theme): ChartOptions<'bar'> {
    const value = axisLook(theme, '');
    const name = axisLook(theme, '');
    return {
      ...STILL,
      indexAxis: 'y',
      interaction: { mode: 'nearest', axis: 'xy', intersect: true },
      scales: {
        x: {
          ...value,
          stacked: true,
          ticks: {
            ...value.ticks,
            maxTicksLimit: 5,
            maxRotation: 0,
            autoSkipPadding: 16,
            callback: (v) => withoutZeros(this.format(Number(v))),
          },
        },
        y: {
          ...name,
          stacked: true,
          grid: { display: false },
          ticks: { ...name.ticks, color: theme.foreground },
        },
      },
      plugins: {
        tooltip: {
          ...tooltipLook<'bar'>(theme),
          callbacks: { label: ({ dataset, raw }) => `${dataset.label ?? ''} ${this.format(Number(raw))}` },
        },
      },
    };
  }
}
