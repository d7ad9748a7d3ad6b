import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Legend,
  Tooltip,
} from 'chart.js';
import { lossShown, type Chart as ReportChart } from '../../src/core/reproduction/blocks.ts';
import type { Row, Table } from '../../src/core/reproduction/summary.ts';
import './report.css';

Chart.register(LinearScale, LogarithmicScale, LineController, LineElement, PointElement, Legend, Tooltip);

// Okabe and Ito's colours, told apart without red and green, and shapes for a print in grey.
const colours = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#7f7f7f',
  '#8c564b',
  '#b8860b',
];
const shapes = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot', 'cross'] as const;

const charts = JSON.parse(document.getElementById('figures')?.textContent ?? '[]') as ReportChart[];
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
Chart.defaults.color = dark ? '#ddd' : '#333';
Chart.defaults.borderColor = dark ? '#444' : '#ddd';
Chart.defaults.animation = false;

/** What a chart draws of a row, and how its horizontal axis is read. */
interface Axes {
  readonly rows: (row: Row) => boolean;
  readonly x: (row: Row) => number;
  readonly y: (row: Row) => number;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xText: (x: number) => string;
  /** Below the highest point so far down; all of it where absent. */
  readonly deepest?: number;
}

const axes: Readonly<Record<ReportChart['shows'], Axes>> = {
  'test-over-bytes': {
    rows: () => true,
    x: (row) => row.embeddingBytes,
    y: (row) => row.test.mean,
    xTitle: 'bytes of the embedding',
    yTitle: 'test accuracy',
    xText: size,
    deepest: lossShown,
  },
  // Over how many times smaller, on a logarithmic scale, which spreads the reductions near 1.
  'validation-over-reduction': {
    rows: (row) => row.rank !== undefined && !/-\w*bit|-ternary|-words/.test(row.setting),
    x: (row) => row.smaller,
    y: (row) => row.validation.mean,
    xTitle: 'reduction R',
    yTitle: 'validation accuracy',
    xText: (smaller) => (1 - 1 / smaller).toFixed(smaller >= 50 ? 3 : 2),
  },
};

for (const canvas of document.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]')) {
  const chart = charts[Number(canvas.dataset.chart)];
  if (chart !== undefined) draw(canvas, chart.of, axes[chart.shows]);
}

/** A line for each series, and the uncompressed models' accuracies. */
function draw(canvas: HTMLCanvasElement, { rows }: Table, { rows: shown, x, y, ...axis }: Axes): void {
  const points = rows.filter((row) => row.kind === 'point' && shown(row));
  const series = [...new Set(points.map((row) => row.series))];
  const highest = Math.max(...rows.map(y));
  const places = [...points, ...rows.filter((row) => row.kind === 'baseline')].map(x);
  const ends = [Math.min(...places), Math.max(...places)];
  const reference = (row: Row, name: string, dash: number[]) => ({
    label: name,
    data: ends.map((place) => ({ x: place, y: y(row) })),
    borderColor: Chart.defaults.color as string,
    backgroundColor: 'transparent',
    borderDash: dash,
    borderWidth: 1,
    pointRadius: 0,
    pointStyle: 'line' as const,
  });
  const references = rows.flatMap((row) =>
    row.kind === 'baseline'
      ? [reference(row, 'uncompressed', [])]
      : row.kind === 'control'
        ? [reference(row, 'retrained control', [4, 3])]
        : [],
  );
  const lines = series.map((name, i) => ({
    label: name,
    data: points
      .filter((row) => row.series === name)
      .map((row) => ({ x: x(row), y: y(row) }))
      .sort((a, b) => a.x - b.x),
    borderColor: colours[i % colours.length] ?? '#000',
    backgroundColor: colours[i % colours.length] ?? '#000',
    pointStyle: shapes[i % shapes.length] ?? 'circle',
    borderWidth: 1.5,
    pointRadius: 4,
  }));
  new Chart(canvas, {
    type: 'line',
    data: { datasets: [...lines, ...references] },
    options: {
      maintainAspectRatio: false,
      scales: {
        x: {
          type: 'logarithmic',
          title: { display: true, text: axis.xTitle },
          ticks: { callback: (value) => axis.xText(Number(value)), maxRotation: 0, autoSkipPadding: 24 },
        },
        y: {
          title: { display: true, text: axis.yTitle },
          ...(axis.deepest && { min: highest - axis.deepest }),
        },
      },
      plugins: {
        legend: { position: 'bottom', labels: { usePointStyle: true } },
        tooltip: {
          callbacks: {
            title: (items) => axis.xText(items[0]?.parsed.x ?? 0),
          },
        },
      },
    },
  });
}

function size(bytes: number): string {
  return bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} kB`;
}
