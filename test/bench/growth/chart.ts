import type { Point } from './slope.ts';

export interface Panel {
  readonly title: string;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

const [panelWidth, height] = [420, 320];
const margin = { left: 56, right: 12, top: 30, bottom: 44 };
/** Okabe and Ito's, which the colour-blind tell apart. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'];
const style = `text { font: 12px system-ui, sans-serif; fill: #444 } .grid { stroke: #888; stroke-opacity: .25 }
.line { fill: none; stroke-width: 2 } @media (prefers-color-scheme: dark) { text { fill: #ccc } }`;

/** Panels side by side over one quantity, as an SVG; both axes logarithmic, straight lines are powers. */
export function logLogChart(xTitle: string, panels: readonly Panel[]): string {
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const width = panelWidth * panels.length;
  const full = height + 20;
  const drawn = panels.map(
    (panel, i) => `<g transform="translate(${i * panelWidth} 0)">${drawPanel(panel, xTitle, names)}</g>`,
  );
  const keys = names.map((name, i) => {
    const x = margin.left + 110 * i;
    return `<rect x="${x}" y="${full - 14}" width="10" height="10" fill="${colourOf(i)}"/>${text(x + 15, full - 5, name)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${full}" width="${width}" height="${full}">
<style>${style}</style>
${[...drawn, ...keys].join('\n')}
</svg>
`;
}

function drawPanel({ title, series }: Panel, xTitle: string, names: readonly string[]): string {
  const points = series.flatMap((one) => one.points);
  const x = scale(
    points.map((point) => point.x),
    margin.left,
    panelWidth - margin.right,
  );
  const y = scale(
    points.map((point) => point.y),
    height - margin.bottom,
    margin.top,
  );
  const grid = [
    ...x.ticks.map(
      (tick) =>
        `<path class="grid" d="M${x.at(tick)} ${margin.top}V${height - margin.bottom}"/>${text(x.at(tick), height - 26, shortNumber(tick), 'middle')}`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${margin.left} ${y.at(tick)}H${panelWidth - margin.right}"/>${text(margin.left - 6, y.at(tick) + 4, shortNumber(tick), 'end')}`,
    ),
  ];
  const lines = series.map(({ name, points: of }) => {
    const colour = colourOf(names.indexOf(name));
    const places = of.map((point) => [x.at(point.x), y.at(point.y)] as const);
    const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`);
    return `<polyline class="line" stroke="${colour}" points="${places.map((place) => place.join(',')).join(' ')}"/>${dots.join('')}`;
  });
  return [
    text(margin.left, 18, title),
    ...grid,
    ...lines,
    text((margin.left + panelWidth) / 2, height - 8, xTitle, 'middle'),
  ].join('\n');
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** At least a decade, so that what hardly grows looks so. Ticks at 1, 2 and 5 of each decade, or at the decades where there are many. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const most = Math.max(...values) * 1.15;
  const least = Math.min(Math.min(...values) / 1.15, most / 10);
  const decades = Array.from({ length: 16 }, (_, i) => i - 6).map((exponent) => 10 ** exponent);
  const factors = Math.log10(most / least) > 2.5 ? [1] : [1, 2, 5];
  const ticks = decades
    .flatMap((decade) => factors.map((factor) => factor * decade))
    .filter((tick) => tick >= least && tick <= most);
  const at = (value: number): number =>
    Math.round(10 * (from + ((to - from) * Math.log(value / least)) / Math.log(most / least))) / 10;
  return { ticks, at };
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? 'currentColor';
}

function shortNumber(value: number): string {
  return new Intl.NumberFormat('en', { notation: value >= 1000 ? 'compact' : 'standard' }).format(value);
}

function text(x: number, y: number, content: string, anchor = 'start'): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped}</text>`;
}
