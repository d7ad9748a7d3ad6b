import { drawing, element } from './element.ts';

export type Mark =
  | 'line'
  | 'dashed'
  | 'hollow'
  | 'solid'
  | 'cross'
  | 'piece'
  | 'stepped'
  | 'deviation'
  | 'triangle'
  | 'square'
  | 'diamond';

/** A 24 x 12 picture of how a series is drawn. */
const MARKS: Readonly<Record<Mark, readonly string[]>> = {
  line: ['M1 6H23'],
  dashed: ['M1 6H6M9.5 6H14.5M18 6H23'],
  solid: ['M1 6H23', 'M12 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z'],
  hollow: ['M1 6H7M17 6H23', 'M12 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z'],
  cross: ['M8.5 2.5L15.5 9.5M15.5 2.5L8.5 9.5'],
  stepped: ['M1 10.5H8.5V6H16V1.5H23'],
  deviation: ['M8.5 1.5H15.5M12 1.5V10.5M8.5 10.5H15.5'],
  triangle: ['M1 6H5M19 6H23', 'M12 1.5L16.5 10H7.5z'],
  square: ['M1 6H5M19 6H23', 'M8.5 2.5h7v7h-7z'],
  diamond: ['M1 6H5M19 6H23', 'M12 1L17 6L12 11L7 6z'],
  piece: ['M7 1h10v10H7z'],
};

export interface LegendEntry {
  readonly mark: Mark;
  /** A class of the style sheet that gives the colour. */
  readonly colour: string;
  readonly text: string;
}

/** What each series is; rebuilt only when it changes. */
export class Legend {
  readonly element = element('ul', { class: 'legend' });
  #shown = '';

  update(entries: readonly LegendEntry[]): void {
    const wanted = JSON.stringify(entries);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.element.replaceChildren(
      ...entries.map(({ mark, colour, text }) =>
        element(
          'li',
          { class: colour },
          drawing(`mark mark-${mark}`, '0 0 24 12', ...MARKS[mark]),
          element('span', {}, text),
        ),
      ),
    );
  }
}
