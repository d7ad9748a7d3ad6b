import type { ChartOptions } from 'chart.js';
import { axisLook, STILL, tooltipLook } from './chartBase.ts';
import type { Theme } from './theme.ts';

/** Other colours than the metrics have. */
export function traceColours(theme: Theme): { readonly loss: string; readonly rate: string } {
  return { loss: theme.palette[3] ?? theme.foreground, rate: theme.palette[2] ?? theme.foreground };
}

/** Two value axes over one axis of steps. */
export function traceOptions(theme: Theme, lastStep: number): ChartOptions<'line'> {
  const steps = axisLook(theme, 'Step');
  const loss = axisLook(theme, 'Loss');
  const rate = axisLook(theme, 'Learning rate');
  return {
    ...STILL,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        ...steps,
        type: 'linear',
        min: 0,
        max: Math.max(lastStep, 1),
        ticks: { ...steps.ticks, includeBounds: false, maxRotation: 0, maxTicksLimit: 8, precision: 0 },
      },
      loss: {
        ...loss,
        type: 'linear',
        position: 'left',
        beginAtZero: true,
        ticks: { ...loss.ticks, maxTicksLimit: 6 },
      },
      rate: {
        ...rate,
        type: 'linear',
        position: 'right',
        beginAtZero: true,
        // One grid is enough.
        grid: { display: false },
        ticks: { ...rate.ticks, maxTicksLimit: 6, callback: (value) => formatRate(Number(value)) },
      },
    },
    plugins: {
      tooltip: {
        ...tooltipLook<'line'>(theme),
        callbacks: {
          title: (items) => `Step ${items[0]?.parsed.x ?? ''}`,
          label: ({ dataset, parsed }) =>
            dataset.yAxisID === 'rate'
              ? `Learning rate ${formatRate(parsed.y ?? 0)}`
              : `Loss ${(parsed.y ?? 0).toFixed(4)}`,
        },
      },
    },
  };
}

export function formatRate(rate: number): string {
  if (rate === 0) return '0';
  return rate.toExponential(1).replace('.0e', 'e').replace('-', '−');
}
