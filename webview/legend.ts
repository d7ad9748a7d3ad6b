import { drawing, element } from './element.ts';
import type { Dash, Shape } from './seriesLook.ts';

/** A 24 x 12 picture of what stands in charts beside the curves. */
const MARKS = {
  line: ['M1 6H23'],
  dashed: ['M1 6H6M9.5 6H14.5M18 6H23'],
  solid: ['M1 6H23', 'M12 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z'],
  hollow: ['M1 6H7M17 6H23', 'M12 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z'],
  cross: ['M8.5 2.5L15.5 9.5M15.5 2.5L8.5 9.5'],
  stepped: ['M1 10.5H8.5V6H16V1.5H23'],
  deviation: ['M8.5 1.5H15.5M12 1.5V10.5M8.5 10.5H15.5'],
  piece: ['M7 1h10v10H7z'],
} as const;

/** How a curve is drawn. */
export interface CurveMark {
  readonly shape: Shape;
  readonly dash: Dash;
  readonly isHollow: boolean;
}

export interface LegendEntry {
  readonly mark: keyof typeof MARKS | CurveMark;
  /** A class of the style sheet that gives the colour. */
  readonly colour: string;
  readonly text: string;
  /** What a click takes out of the chart or puts back; without it the entry only explains. */
  readonly toggle?: { readonly id: string; readonly isShown: boolean };
}

/** A curve's mark by itself, as it stands before a row that is its point. */
export function curveMark({ shape, dash, isHollow }: CurveMark): SVGSVGElement {
  const fill = shape.isOpen || isHollow ? 'mark-open' : 'mark-filled';
  return drawing(`mark ${fill}`, '0 0 24 12', dash.path, shape.path);
}

/** What each series is; rebuilt only when it changes. */
export class Legend {
  readonly element = element('ul', { class: 'legend' });
  #shown = '';

  constructor(private readonly toggled?: (id: string, isShown: boolean) => void) {}

  update(entries: readonly LegendEntry[]): void {
    const wanted = JSON.stringify(entries);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    const focused = this.element.contains(document.activeElement) ? document.activeElement?.id : undefined;
    this.element.replaceChildren(...entries.map((entry) => this.#item(entry)));
    if (focused) document.getElementById(focused)?.focus();
  }

  #item({ mark, colour, text, toggle }: LegendEntry): HTMLElement {
    const picture =
      typeof mark === 'string' ? drawing(`mark mark-${mark}`, '0 0 24 12', ...MARKS[mark]) : curveMark(mark);
    const content = [picture, element('span', {}, text)];
    if (toggle === undefined) return element('li', { class: colour }, ...content);
    const { id, isShown } = toggle;
    const made = element(
      'button',
      { type: 'button', id: `legend-${id}`, 'aria-pressed': String(isShown) },
      ...content,
    );
    made.addEventListener('click', () => this.toggled?.(id, !isShown));
    return element('li', { class: colour }, made);
  }
}
