import { svgElement } from './svgElement.ts';
import { readTheme } from './theme.ts';

const MARGIN = 16;
const TITLE_HEIGHT = 28;
const LINE_HEIGHT = 20;
/** Between a mark and its text, and between entries. */
const GAPS = { mark: 6, entry: 16 };

/**
 * A picture that can stand alone: the drawn chart on the theme's background, below its heading and its legend, which
 * are read from the card around `canvas`.
 */
export function framed(chart: SVGSVGElement, canvas: HTMLCanvasElement): SVGSVGElement {
  const { foreground, background, font } = readTheme();
  const width = Number(chart.getAttribute('width'));
  const legend = legendOf(canvas, width);
  const top = MARGIN + TITLE_HEIGHT + legend.height;
  const size = { width: width + 2 * MARGIN, height: top + Number(chart.getAttribute('height')) + MARGIN };
  const picture = svgElement('svg', {
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    fill: foreground,
    'font-family': font.family,
    'font-size': font.size,
  });
  const title = svgElement('text', {
    x: MARGIN,
    y: MARGIN + font.size,
    'font-size': font.size + 2,
    'font-weight': 600,
  });
  title.textContent = titleOf(canvas);
  for (const [name, value] of Object.entries({ x: MARGIN, y: top })) chart.setAttribute(name, String(value));
  legend.element.setAttribute('transform', `translate(${MARGIN} ${MARGIN + TITLE_HEIGHT})`);
  picture.append(svgElement('rect', { ...size, fill: background }), title, legend.element, chart);
  return picture;
}

/** `Accuracy against rank, sst2-dan`: the heading nearest to the chart, and the run. */
function titleOf(canvas: Element): string {
  const label = canvas.closest('[aria-labelledby]')?.getAttribute('aria-labelledby') ?? '';
  const parts = [document.getElementById(label)?.textContent, document.querySelector('h1')?.textContent];
  return parts.filter(Boolean).join(', ');
}

/** The entries of the card's legend, set in lines of `width`. */
function legendOf(canvas: Element, width: number): { element: SVGElement; height: number } {
  const group = svgElement('g', {});
  let x = 0;
  let line = 0;
  const entries = canvas.closest('.card')?.querySelectorAll<HTMLElement>('.legend li') ?? [];
  for (const entry of entries) {
    const needed = entry.getBoundingClientRect().width;
    if (x > 0 && x + needed > width) {
      x = 0;
      line++;
    }
    group.append(...drawnEntry(entry, x, LINE_HEIGHT * line));
    x += needed + GAPS.entry;
  }
  return { element: group, height: entries.length === 0 ? 0 : LINE_HEIGHT * (line + 1) };
}

function drawnEntry(entry: HTMLElement, x: number, y: number): SVGElement[] {
  const drawn: SVGElement[] = [];
  let left = x;
  const mark = entry.querySelector('svg');
  if (mark) {
    const { width, height } = mark.getBoundingClientRect();
    const copy = svgElement('svg', {
      x: left,
      y: y + (LINE_HEIGHT - height) / 2,
      width,
      height,
      viewBox: mark.getAttribute('viewBox') ?? '',
    });
    // The looks come from the style sheet, which a file has not.
    for (const path of mark.querySelectorAll('path')) {
      const { fill, stroke, strokeWidth } = getComputedStyle(path);
      copy.append(
        svgElement('path', { d: path.getAttribute('d') ?? '', fill, stroke, 'stroke-width': strokeWidth }),
      );
    }
    drawn.push(copy);
    left += width + GAPS.mark;
  }
  const text = svgElement('text', { x: left, y: y + LINE_HEIGHT / 2, 'dominant-baseline': 'central' });
  text.textContent = entry.textContent;
  return [...drawn, text];
}
