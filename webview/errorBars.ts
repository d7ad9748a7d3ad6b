import type { Plugin } from 'chart.js';

/** Half of the stroke at a bar's ends, in px. */
const HALF = 3;

/** Draws the deviation of each point that has one, in its line's colour, behind the lines. */
export const errorBars: Plugin<'line'> = {
  id: 'errorBars',
  beforeDatasetsDraw(chart) {
    const { ctx, chartArea, scales } = chart;
    const { y: accuracy } = scales;
    if (accuracy === undefined) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    ctx.lineWidth = 1;
    chart.data.datasets.forEach(({ data, borderColor }, i) => {
      if (typeof borderColor !== 'string' || !chart.isDatasetVisible(i)) return;
      const points = chart.getDatasetMeta(i).data;
      ctx.strokeStyle = borderColor;
      ctx.beginPath();
      data.forEach((point, j) => {
        const x = points[j]?.x;
        if (x === undefined || !hasDeviation(point)) return;
        const [low, high] = [point.y - point.deviation, point.y + point.deviation];
        for (const end of [low, high]) {
          ctx.moveTo(x - HALF, accuracy.getPixelForValue(end));
          ctx.lineTo(x + HALF, accuracy.getPixelForValue(end));
        }
        ctx.moveTo(x, accuracy.getPixelForValue(low));
        ctx.lineTo(x, accuracy.getPixelForValue(high));
      });
      ctx.stroke();
    });
    ctx.restore();
  },
};

function hasDeviation(point: unknown): point is { y: number; deviation: number } {
  return typeof point === 'object' && point !== null && 'deviation' in point;
}
