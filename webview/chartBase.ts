import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
  type ChartType,
  type TooltipOptions,
} from 'chart.js';
import annotation from 'chartjs-plugin-annotation';
import { element } from './element.ts';
import type { Theme } from './theme.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
  annotation,
);

/** A canvas in a box that gives it its size, and the sentence that stands there while there is nothing to draw. */
export class ChartBox {
  readonly canvas = element('canvas', { role: 'img' });
  readonly #empty = element('p', { class: 'empty' });
  readonly element: HTMLElement;

  constructor(className: string) {
    this.element = element('div', { class: `chart ${className}` }, this.canvas, this.#empty);
  }

  /** Names the chart; `empty` instead of a chart where there is nothing to draw. */
  describe(label: string, empty: string | undefined): void {
    if (this.canvas.getAttribute('aria-label') !== label) this.canvas.setAttribute('aria-label', label);
    // Not `hidden`: the chart would take the size of a canvas that has none.
    this.canvas.classList.toggle('without-data', empty !== undefined);
    this.#empty.hidden = empty === undefined;
    if (empty !== undefined && this.#empty.textContent !== empty) this.#empty.textContent = empty;
  }
}

/** Live data and reduced motion want the same: no animation. */
export const STILL = { animation: false, responsive: true, maintainAspectRatio: false } as const;

export function axisLook(
  theme: Theme,
  title: string,
): {
  border: { color: string };
  grid: { color: string; drawTicks: boolean };
  ticks: { color: string; font: Theme['font']; padding: number };
  title: { display: boolean; text: string; color: string; font: Theme['font'] };
} {
  return {
    border: { color: theme.grid },
    grid: { color: theme.grid, drawTicks: false },
    ticks: { color: theme.muted, font: theme.font, padding: 6 },
    title: { display: title !== '', text: title, color: theme.muted, font: theme.font },
  };
}

export function tooltipLook<T extends ChartType>(theme: Theme): Partial<TooltipOptions<T>> {
  return {
    backgroundColor: theme.tooltipBackground,
    borderColor: theme.border,
    borderWidth: 1,
    titleColor: theme.foreground,
    bodyColor: theme.foreground,
    footerColor: theme.muted,
    titleFont: { ...theme.font, weight: 'bold' },
    bodyFont: theme.font,
    footerFont: { ...theme.font, weight: 'normal' },
    cornerRadius: 3,
    padding: 8,
    boxPadding: 4,
    caretSize: 0,
    usePointStyle: true,
  };
}
