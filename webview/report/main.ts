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

const tables = JSON.parse(document.getElementById('figures')?.textContent ?? '[]') as Table[];
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
Chart.defaults.color = dark ? '#ddd' : '#333';
Chart.defaults.borderColor = dark ? '#444' : '#ddd';
Chart.defaults.animation = false;

for (const canvas of document.querySelectorAll<HTMLCanvasElement>('canvas[data-chart]')) {
  const table = tables[Number(canvas.dataset.chart)];
  if (table !== undefined) draw(canvas, table);
}

/** Test accuracy over the bytes of the embedding: a line for each series, and the uncompressed models' accuracies. */
function draw(canvas: HTMLCanvasElement, { rows }: Table): void {
  const points = rows.filter(({ kind }) => kind === 'point');
  const series = [...new Set(points.map((row) => row.series))];
  const sizes = rows.map(({ embeddingBytes }) => embeddingBytes);
  const ends = [Math.min(...sizes), Math.max(...sizes)];
  const reference = (row: Row, name: string, dash: number[]) => ({
    label: name,
    data: ends.map((x) => ({ x, y: row.test.mean })),
    borderColor: Chart.defaults.color as string,
    backgroundColor: 'transparent',
    borderDash: dash,
    borderWidth: 1,
    pointRadius: 0,
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
      .sort((a, b) => a.embeddingBytes - b.embeddingBytes)
      .map((row) => ({ x: row.embeddingBytes, y: row.test.mean })),
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
          title: { display: true, text: 'bytes of the embedding' },
          ticks: { callback: (value) => size(Number(value)), maxRotation: 0, autoSkipPadding: 24 },
        },
        y: { title: { display: true, text: 'test accuracy' } },
      },
      plugins: {
        legend: { position: 'right', labels: { usePointStyle: true } },
        tooltip: {
          callbacks: {
            title: (items) => size(items[0]?.parsed.x ?? 0),
          },
        },
      },
    },
  });
}

function size(bytes: number): string {
  return bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} kB`;
}
