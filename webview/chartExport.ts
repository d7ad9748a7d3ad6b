import * as l10n from '@vscode/l10n';
import {
  BasicPlatform,
  Chart,
  type ChartConfiguration,
  type ChartOptions,
  type ChartType,
  type DefaultDataPoint,
} from 'chart.js';
import type { SavedFile } from '../src/editor/panelProtocol.ts';
import { button, element } from './element.ts';
import type { Actions } from './section.ts';
import { SvgContext } from './svgContext.ts';
import { framed } from './savedPicture.ts';

/** A picture's pixels for each of the page's. */
const SCALE = 2;

/**
 * Two buttons that save a chart as it stands, with its heading and its legend: the ones of the card that it is in.
 * They hide while the card's chart has no data. `name` is the file's, without an extension.
 */
export function saveButtons<T extends ChartType, D = DefaultDataPoint<T>, L = unknown>(
  name: string,
  chart: () => Chart<T, D, L>,
  actions: Actions,
): HTMLElement {
  const save = async (format: 'png' | 'svg'): Promise<void> => {
    // Which data it draws makes no difference from here on.
    const drawn = chart() as unknown as Chart;
    const svg = framed(vectorChart(drawn), drawn.canvas);
    const content = format === 'svg' ? new XMLSerializer().serializeToString(svg) : await toPng(svg);
    actions.post({ type: 'save', file: { name, format, content } satisfies SavedFile });
  };
  const png = button('PNG', () => void save('png'), 'quiet', 'save');
  const svg = button('SVG', () => void save('svg'), 'quiet', 'save');
  const describe = (made: HTMLElement, label: string): void => {
    made.title = label;
    made.setAttribute('aria-label', label);
  };
  describe(png, l10n.t('Save as PNG'));
  describe(svg, l10n.t('Save as SVG'));
  return element('div', { class: 'save', role: 'group', 'aria-label': l10n.t('Save this chart') }, png, svg);
}

/** The chart drawn once more, at its size, as lines and text. */
function vectorChart(chart: Chart): SVGSVGElement {
  const { width, height, config } = chart;
  const context = new SvgContext({ width, height });
  // What chart.js needs of a canvas where there is no page around it.
  const canvas = { width, height, getContext: () => context };
  context.canvas = canvas;
  const { type, data, options, plugins = [] } = config as ChartConfiguration;
  const still: ChartOptions = { ...options, animation: false, responsive: false, devicePixelRatio: 1 };
  delete still.onResize;
  // Zooming wants a canvas that can be touched. The types know no plugin that is off.
  Object.assign(still, { plugins: { ...still.plugins, zoom: false } });
  const copy = new Chart(canvas as unknown as HTMLCanvasElement, {
    type,
    plugins,
    data: {
      ...data,
      datasets: data.datasets.map((set, i) => ({
        ...set,
        hidden: !chart.isDatasetVisible(i),
        // A line that may change from piece to piece is drawn on the context itself, not as a Path2D, which is no SVG.
        segment: {},
      })),
    },
    options: still,
    platform: BasicPlatform,
  });
  const drawn = context.getSvg().cloneNode(true) as SVGSVGElement;
  // Clears what it has drawn.
  copy.destroy();
  return drawn;
}

/** Base64. */
async function toPng(svg: SVGSVGElement): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await image.decode();
  const canvas = element('canvas');
  canvas.width = SCALE * image.width;
  canvas.height = SCALE * image.height;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').replace(/^.*,/, '');
}
