import type { Chart, Plugin } from 'chart.js';
import { toFloor } from './floor.ts';
import { formatAccuracy } from './format.ts';
import { withAlpha, type Theme } from './theme.ts';

/** How far from the line it can be taken hold of, and how far it then has to be moved to leave its place, in px. */
const REACH = 6;
const THRESHOLD = 3;
/** Of the line's tag over the vertical axis, in px. */
export const TAG = { padding: 3, height: 18 };

type AnyLineChart = Pick<Chart<'line'>, 'canvas' | 'chartArea' | 'scales'>;

/** The accuracy floor: a line across the chart that the pointer drags. */
export class FloorLine implements Plugin<'line'> {
  readonly id = 'floorLine';
  floor: number | undefined;
  theme: Theme | undefined;
  /** What the other lines' labels take up on the right, in px. */
  gutter = 0;
  #from: number | undefined;
  #dragged = false;

  /** `moved` hears of each new place, `settled` of the last one, or of `undefined` where it is to stay as it was. */
  constructor(
    private readonly moved: (floor: number) => void,
    private readonly settled: (floor: number | undefined) => void,
  ) {}

  /** Shades what is below, under the curves. */
  beforeDatasetsDraw({ ctx, chartArea, scales }: Chart<'line'>): void {
    const at = this.#place(scales);
    if (at === undefined || this.theme === undefined) return;
    const { left, top, bottom } = chartArea;
    const y = Math.min(bottom, Math.max(top, at));
    const width = chartArea.width - this.gutter;
    ctx.save();
    ctx.fillStyle = withAlpha(this.theme.floor, 0.07);
    ctx.fillRect(left, y, width, bottom - y);
    ctx.fillStyle = this.theme.floor;
    ctx.fillRect(left, y - 0.75, width, 1.5);
    ctx.restore();
  }

  /** Its figure, over the axis. */
  afterDatasetsDraw({ ctx, chartArea, scales }: Chart<'line'>): void {
    const y = this.#place(scales);
    if (y === undefined || this.floor === undefined || this.theme === undefined) return;
    const { floor, foreground, background, font } = this.theme;
    const text = formatAccuracy(this.floor);
    ctx.save();
    ctx.font = `${font.size}px ${font.family}`;
    const width = ctx.measureText(text).width + 2 * TAG.padding;
    const left = chartArea.left - width;
    const top = y - TAG.height / 2;
    ctx.fillStyle = background;
    ctx.fillRect(left, top, width, TAG.height);
    ctx.strokeStyle = floor;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(left, top, width, TAG.height);
    ctx.fillStyle = foreground;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'middle';
    ctx.fillText(text, left + TAG.padding, y);
    ctx.restore();
  }

  /** Lets the pointer drag the line on the chart that is on the page. */
  listen(chart: AnyLineChart): void {
    const { canvas } = chart;
    canvas.addEventListener('pointermove', (event) => {
      if (this.#from !== undefined) this.#drag(chart, event);
      else canvas.style.cursor = this.#reaches(chart, event) ? 'ns-resize' : '';
    });
    canvas.addEventListener('pointerdown', (event) => {
      this.#dragged = false;
      if (event.button !== 0 || !this.#reaches(chart, event)) return;
      this.#from = event.offsetY;
      canvas.setPointerCapture(event.pointerId);
      // No mouse moves meanwhile: they would bring up tooltips.
      event.preventDefault();
    });
    canvas.addEventListener('pointerup', (event) => {
      if (this.#from === undefined) return;
      this.#from = undefined;
      if (this.#dragged) this.settled(valueAt(chart, event.offsetY));
    });
    canvas.addEventListener('pointercancel', () => {
      this.#from = undefined;
      this.settled(undefined);
    });
    // The click that ends a drag chooses no point.
    canvas.addEventListener(
      'click',
      (event) => {
        if (this.#dragged) event.stopImmediatePropagation();
      },
      { capture: true },
    );
  }

  #drag(chart: AnyLineChart, { offsetY }: PointerEvent): void {
    this.#dragged ||= Math.abs(offsetY - (this.#from ?? offsetY)) >= THRESHOLD;
    if (this.#dragged) this.moved(valueAt(chart, offsetY));
  }

  #reaches({ scales, chartArea }: AnyLineChart, { offsetX, offsetY }: PointerEvent): boolean {
    const y = this.#place(scales);
    return y !== undefined && offsetX <= chartArea.right && Math.abs(offsetY - y) <= REACH;
  }

  #place({ y }: AnyLineChart['scales']): number | undefined {
    return this.floor === undefined ? undefined : y?.getPixelForValue(this.floor);
  }
}

function valueAt({ scales, chartArea }: AnyLineChart, offsetY: number): number {
  const { top, bottom } = chartArea;
  return toFloor(scales.y?.getValueForPixel(Math.min(bottom, Math.max(top, offsetY))) ?? 0);
}
